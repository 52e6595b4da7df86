"""What became of one order, event by event, with its stop loss and take profit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from accounts.models import User
from orders.models import Fill, Order, OrderEvent
from orders.templatetags.numbers import lots, money, price

TITLES: Final = {
    "placed": "Created",
    "modified": "Modified",
    "triggered": "Triggered",
    "trailed": "Stop followed the market",
    "woken": "Began to work",
    "resized": "Resized",
    "cancelled": "Cancelled",
    "expired": "Expired",
    "rejected": "Rejected",
    "filled": "Filled",
}
LEGS: Final = {"stopLoss": "Stop loss", "takeProfit": "Take profit"}
# The state word that the stylesheet knows for an event.
LOOKS: Final = {"filled": "filled", "woken": "working", "triggered": "working", "rejected": "refused"}


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    look: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class OrderStory:
    order: Order
    moments: list[Moment]


def story_of_order(user: User, order_id: int) -> OrderStory | None:
    """The story of the user's own order; somebody else's order has none."""
    order = Order.objects.filter(pk=order_id, account__user=user).select_related("instrument", "account").first()
    if order is None:
        return None
    legs = Order.objects.filter(parent_id=order.pk).select_related("instrument")
    family = {one.pk: one for one in (order, *legs)}
    fills = Fill.objects.filter(order__in=family).order_by("order", "number")
    return OrderStory(order, moments_of(order, family, fills))


def moments_of(order: Order, family: dict[int, Order], fills: Iterable[Fill]) -> list[Moment]:
    trades: dict[int, list[Fill]] = {}
    for fill in fills:
        trades.setdefault(fill.order_id, []).append(fill)
    events = OrderEvent.objects.filter(order_id__in=family).order_by("id")
    return [moment_of(event, family[event.order_id], order, trades) for event in events if event.order_id in family]


def moment_of(event: OrderEvent, of: Order, main: Order, trades: dict[int, list[Fill]]) -> Moment:
    kind = event.kind.lower().removeprefix("order").strip("_ ")
    who = "" if of.pk == main.pk else f"{LEGS.get(of.leg, 'Order')} #{of.pk}: "
    fill = trades[of.pk].pop(0) if kind == "filled" and trades.get(of.pk) else None
    if fill:
        title = f"Filled {lots(fill.qty, of.instrument)} @ {price(fill.price, of.instrument)}"
        text = fill_words(fill, main.account.currency)
    else:
        title, text = TITLES.get(kind, event.kind), event_words(kind, event.details, of)
    return Moment(event.at, LOOKS.get(kind, kind), who + (title[0].lower() + title[1:] if who else title), text)


def fill_words(fill: Fill, currency: str) -> str:
    words = []
    if fill.quote_bid is not None and fill.quote_ask is not None:
        instrument = fill.instrument
        words.append(f"Quote {price(fill.quote_bid, instrument)} / {price(fill.quote_ask, instrument)}.")
    words.append(f"Fee {money(fill.fee, currency)} {currency}.")
    return " ".join(words)


def event_words(kind: str, details: dict[str, Any], of: Order) -> str:
    if kind == "placed":
        return f"{of.type}, {of.side.capitalize()} {lots(of.qty, of.instrument)}, {of.validity}"
    return ", ".join(f"{spaced(name)} {value}" for name, value in details.items())


def spaced(name: str) -> str:
    """ "stopPrice" as "stop price"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()
