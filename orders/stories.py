"""What became of one order, event by event, with its stop loss and take profit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from accounts.models import User
from orders.models import Fill, Order, OrderEvent
from orders.templatetags.numbers import lots, money, price
from orders.templatetags.orders import EVENT_WORDS, STATE_LOOKS, happened

Trade = tuple[int, int, Decimal, Decimal]
MOST: Final = 200
LEGS: Final = {"stopLoss": "Stop loss", "takeProfit": "Take profit"}
# The look of an event where its state's would say less.
LOOKS: Final = {"placed": "created", "rejected": "refused"}


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
    fills = Fill.objects.filter(order__in=family).select_related("instrument")
    return OrderStory(order, moments_of(order, family, fills))


def moments_of(order: Order, family: dict[int, Order], fills: Iterable[Fill]) -> list[Moment]:
    trades = {(fill.order_id, fill.seq, fill.qty, fill.price): fill for fill in fills}
    events = OrderEvent.objects.filter(order_id__in=family).order_by("id")[:MOST]
    return [moment_of(event, family[event.order_id or 0], order, trades) for event in events]


def moment_of(event: OrderEvent, of: Order, main: Order, trades: dict[Trade, Fill]) -> Moment:
    facts = "; ".join(f"{name} {value}".strip() for name, value in happened(event, of))
    title = f"{EVENT_WORDS.get(event.kind, event.kind)}"
    if event.kind == "filled":
        title, facts = f"{title} {facts}", fee_words(event, main.account.currency, trades)
    elif event.kind == "placed":
        facts = f"{of.type}, {of.side.capitalize()} {lots(of.qty, of.instrument)}, {of.validity}"
    if of.pk != main.pk:
        title = f"{LEGS.get(of.leg, 'Order')} #{of.pk}: {title[0].lower()}{title[1:]}"
    return Moment(event.at, LOOKS.get(event.kind, STATE_LOOKS.get(event.state, event.state)), title, facts)


def fee_words(event: OrderEvent, currency: str, trades: dict[Trade, Fill]) -> str:
    """The quote that a trade was made at, and what it cost."""
    qty, price_text = (Decimal(str(event.details.get(name, 0))) for name in ("qty", "price"))
    fill = trades.get((event.order_id or 0, event.seq, qty, price_text))
    if fill is None:
        return ""
    fee = f"Fee {money(fill.fee, currency)} {currency}."
    if fill.quote_bid is None or fill.quote_ask is None:
        return f"By a dealer. {fee}"
    instrument = fill.instrument
    return f"Quote {price(fill.quote_bid, instrument)} / {price(fill.quote_ask, instrument)}. {fee}"
