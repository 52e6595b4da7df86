"""An order meets a quote: it trails, triggers, and fills."""

from __future__ import annotations

from decimal import Decimal

from orders.engine import bars, endings
from orders.engine.events import OrderTrailed, OrderTriggered
from orders.engine.fills import fill
from orders.engine.money import plain
from orders.engine.offers import can_fill, on_offer, price_for, reached, trailed_stop
from orders.engine.order import BY_AGE, Order
from orders.engine.turn import Turn
from orders.engine.values import OrderType, Quote, Side
from orders.engine.wakes import LISTENING, concerns


def see(turn: Turn, quote: Quote) -> None:
    """Shows a quote to every order that it concerns and that has not seen it, oldest first."""
    instrument = turn.market.instrument(quote.instrument_id)
    orders = [order for order in turn.book.unfinished() if order.instrument_id == instrument.id]
    for order in sorted((order for order in orders if order.state in LISTENING), key=BY_AGE):
        if order.seen_seq >= quote.seq or not concerns(order, quote, instrument):
            continue
        if order.expire_at is not None and quote.at >= order.expire_at:
            endings.expire(turn, order)
        else:
            match(turn, order, quote)


def arrive(turn: Turn, order: Order, admitted: bool) -> None:
    """Shows the present quote to an order that is new, or re-enters the market as if it were."""
    quote = turn.market.quote(order.instrument_id)
    if quote is not None:
        order.seen_seq = quote.seq
        match(turn, order, quote, arriving=True, admitted=admitted)


def run_woken(turn: Turn) -> None:
    """A leg sees the quote that woke it, so that a gap through a stop loss closes at once."""
    while turn.woken:
        leg, quote = turn.woken.pop(0)
        if leg.state in LISTENING and leg.seen_seq < quote.seq:
            match(turn, leg, quote, arriving=True)


def match(turn: Turn, order: Order, quote: Quote, arriving: bool = False, admitted: bool = False) -> None:
    """Does what this quote allows.

    `arriving`: the order did not rest before it; `admitted`: whether it may open was settled just now.
    """
    instrument = turn.instrument_of(order)
    if order.type is OrderType.CARE or not can_fill(instrument, turn.market, quote, turn.moment):
        return
    order.seen_seq = max(order.seen_seq, quote.seq)
    turn.touch(order)
    if order.stop_price is not None and not order.triggered:
        _trail(turn, order, quote)
        if not reached(order, quote):
            return
        order.triggered = arriving = True
        turn.note(OrderTriggered, order, ("stopPrice", plain(order.stop_price)), _hit(order, quote))
    price = price_for(order, quote, arriving)
    if price is not None:
        _take(turn, order, quote, price, admitted)


def _trail(turn: Turn, order: Order, quote: Quote) -> None:
    """The stop follows the market in the order's favour, never back."""
    if order.trail_ticks is None or order.stop_price is None:
        return
    followed = trailed_stop(order, quote, turn.instrument_of(order))
    if order.side.sign * (order.stop_price - followed) > 0:
        order.stop_price = followed
        turn.note(OrderTrailed, order, ("stopPrice", plain(followed)), _hit(order, quote))


def _take(turn: Turn, order: Order, quote: Quote, price: Decimal, admitted: bool) -> None:
    qty = on_offer(order, quote, turn.instrument_of(order))
    bar = None if admitted else bars.bar_to_fill(turn, order, qty, price)
    if bar is not None:
        qty = bar.allowed
    if qty > 0:
        fill(turn, order, qty, price, quote)
    if bar is not None and bar.reason and not order.state.is_final:
        endings.cancel(turn, order, bar.reason)


def _hit(order: Order, quote: Quote) -> tuple[str, str]:
    return ("ask" if order.side is Side.BUY else "bid", plain(quote.hit_by(order.side)))
