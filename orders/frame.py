"""What stands around every panel: menus, account, figures, the last event."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from accounts.chosen import chosen_account, own_accounts
from accounts.models import TradingAccount
from accounts.signed_in import SignedInRequest
from orders.models import Fill, Order, OrderEvent
from orders.valuation import Worth, worth_of


@dataclass(frozen=True, slots=True)
class Place:
    """A panel one can go to: `g` and its key, a line in a menu, perhaps a button in the rail."""

    view: str
    name: str
    icon: str
    key: str = ""
    menu: str = "Accounts"
    rail: str = ""  # its name in the rail; empty: only in the menu
    spare: bool = False  # on a phone it is found under More
    last: bool = False  # at the foot of the rail

    @property
    def href(self) -> str:
        return reverse(self.view)


PLACES = (
    Place("orders:accounts", "Accounts", "account", "a", rail="Accounts", spare=True),
    Place("orders:positions", "Positions", "positions", "p", rail="Positions"),
    Place("orders:working", "Working orders", "orders", "o", rail="Orders"),
    Place("orders:history", "Orders history", "clock", "h"),
    Place("orders:filled", "Filled orders", "done", "f"),
    Place("orders:ledger", "Ledger", "products", "l"),
    Place("accounts:products", "Products", "products", "b", rail="Products", spare=True),
    Place("webhooks:panel", "Webhooks", "webhook", "w", rail="Webhooks"),
    Place("orders:desk", "Desk", "desk", "d", menu="Market", rail="Desk"),
    Place("orders:instruments", "Instruments", "search", "i", menu="Market"),
    Place("orders:events", "Event log", "events", "e", menu="", rail="Events", spare=True),
    Place("accounts:security", "Security", "shield", "s", menu=""),
    Place("webhooks:docs", "Webhook reference", "help", "r", menu="", rail="Help", spare=True, last=True),
)


@dataclass(frozen=True, slots=True)
class LastEvent:
    """The newest event of an order of the account; of an execution with its trade."""

    event: OrderEvent
    order: Order
    fill: Fill | None


class Frame:
    """Read only where the template asks, so that a fragment pays for nothing of it."""

    def __init__(self, request: SignedInRequest) -> None:
        self.request = request

    @cached_property
    def places(self) -> list[Place]:
        return [place for place in PLACES if exists(place.view)]

    @property
    def rail(self) -> list[Place]:
        """The Desk first, whatever the order of the menus."""
        return sorted((place for place in self.places if place.rail), key=lambda place: place.menu != "Market")

    @cached_property
    def here(self) -> str:
        match = self.request.resolver_match
        return match.view_name if match else ""

    @property
    def now(self) -> str:
        """The server's clock in seconds: what changes after it is news to the page."""
        return f"{time.time():.3f}"

    @property
    def sign_up(self) -> bool:
        return settings.SIGN_UP

    @property
    def theme(self) -> str:
        return self.request.session.get("theme", "dark")

    @property
    def accounts(self) -> list[TradingAccount]:
        return own_accounts(self.request)

    @property
    def account(self) -> TradingAccount | None:
        return chosen_account(self.request)

    @cached_property
    def worth(self) -> Worth | None:
        return next(iter(worth_of([self.account])), None) if self.account else None

    @property
    def live_holdings(self) -> str:
        """What the page needs to follow the projected balance by itself: [[instrument, side hit, open, point], ...]."""
        held = self.worth.holdings if self.worth else []
        known = [(h, float(h.point)) for h in held if h.point is not None and h.current is not None]
        return json.dumps([[h.instrument.pk, h.hits, float(h.position.avg_price), point] for h, point in known])

    @cached_property
    def last_event(self) -> LastEvent | None:
        events = OrderEvent.objects.filter(account=self.account, order_id__isnull=False)
        event = events.order_by("-id").first() if self.account else None
        if event is None or event.order_id is None:
            return None
        order = Order.objects.select_related("instrument").get(pk=event.order_id)
        fills = Fill.objects.filter(order=order, seq=event.seq).order_by("number")
        return LastEvent(event, order, fills.last() if event.kind == "filled" else None)


def exists(view: str) -> bool:
    try:
        return bool(reverse(view))
    except NoReverseMatch:
        return False


def frame(request: SignedInRequest) -> dict[str, SimpleLazyObject]:
    """Context processor."""
    return {"frame": SimpleLazyObject(lambda: Frame(request))}
