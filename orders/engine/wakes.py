"""The trigger index: from which price on the next quote concerns an order or a position."""

from __future__ import annotations

from decimal import Decimal

from orders.engine.money import PRICE_UNIT, exact
from orders.engine.order import Book, Order
from orders.engine.values import ZERO, Instrument, OrderType, Quote, State

Levels = tuple[Decimal | None, Decimal | None]

NEVER: Levels = (None, None)
ALWAYS: Levels = (None, ZERO)  # every price is at or above it
LISTENING = frozenset({State.WORKING, State.PARTIALLY_FILLED})


@exact
def levels(order: Order, book: Book, instrument: Instrument) -> Levels:
    """The prices at or below, and at or above, which a quote concerns the order.

    They are on the side that it would hit: the ask for a buy, the bid for a sell.
    """
    return _levels(order, instrument)


def concerns(order: Order, quote: Quote, instrument: Instrument) -> bool:
    below, above = _levels(order, instrument)
    price = quote.hit_by(order.side)
    return (below is not None and price <= below) or (above is not None and price >= above)


def _levels(order: Order, instrument: Instrument) -> Levels:
    if order.state not in LISTENING or order.type is OrderType.CARE:
        return NEVER
    if order.stop_price is not None and not order.triggered:
        return _stop_levels(order, instrument)
    if order.price is not None:
        return _at_or_beyond(order.price, -order.side.sign)
    return ALWAYS


def _stop_levels(order: Order, instrument: Instrument) -> Levels:
    assert order.stop_price is not None
    trigger = _at_or_beyond(order.stop_price, order.side.sign)
    if order.trail_ticks is None:
        return trigger
    return trigger[0] or _trails_from(order, instrument), trigger[1] or _trails_from(order, instrument)


def _trails_from(order: Order, instrument: Instrument) -> Decimal:
    """Where the stop begins to follow: by the smallest tick, so never too late."""
    assert order.stop_price is not None
    assert order.trail_ticks is not None
    tick = min([instrument.tick_size, *(size for _, size in instrument.tick_ranges)])
    return order.stop_price - order.side.sign * (order.trail_ticks * tick + PRICE_UNIT)


def _at_or_beyond(price: Decimal, direction: int) -> Levels:
    return (None, price) if direction > 0 else (price, None)
