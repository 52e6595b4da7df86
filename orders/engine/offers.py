"""What an order finds in a quote. One reading for both sides: the side's sign turns prices around."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from orders.engine.hours import trades_at
from orders.engine.market import Market
from orders.engine.money import round_down
from orders.engine.order import Order
from orders.engine.values import Instrument, InstrumentStatus, Quote


def can_fill(instrument: Instrument, market: Market, quote: Quote, moment: datetime) -> bool:
    """Whether a quote can fill anything: the instrument trades at this moment, and the quote is fresh."""
    if instrument.status is InstrumentStatus.CLOSED or not trades_at(instrument, market, moment):
        return False
    return is_fresh(instrument, quote, moment)


def is_fresh(instrument: Instrument, quote: Quote, moment: datetime) -> bool:
    longest = instrument.max_quote_age_seconds
    return longest is None or moment - quote.time <= timedelta(seconds=longest)


def trailed_stop(order: Order, quote: Quote, instrument: Instrument) -> Decimal:
    """Where a trailing stop stands by this quote alone: its ticks from the side that it would hit."""
    assert order.trail_ticks is not None
    hit = quote.hit_by(order.side)
    return hit + order.side.sign * order.trail_ticks * instrument.tick_at(hit)


def reached(order: Order, quote: Quote) -> bool:
    """Whether the market is at the stop or through it."""
    assert order.stop_price is not None
    return order.side.sign * (quote.hit_by(order.side) - order.stop_price) >= 0


def price_for(order: Order, quote: Quote, arriving: bool) -> Decimal | None:
    """The price that an order would fill at: the quote's on arrival, its own limit when it rested."""
    hit = quote.hit_by(order.side)
    if order.price is None:
        return hit
    if order.side.sign * (order.price - hit) < 0:
        return None
    return hit if arriving else order.price


def on_offer(order: Order, quote: Quote, instrument: Instrument) -> Decimal:
    """The lots that an order finds: all it needs, or what the quote's size holds."""
    size = quote.size_for(order.side)
    if size is None or size >= order.remaining:
        return order.remaining
    return round_down(size, instrument.lot_step)
