"""What keeps a resting order from opening when its price has come: asked at the fill, since things have changed."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from orders.engine import margin, risk
from orders.engine.halts import halt_on
from orders.engine.market import Market
from orders.engine.money import round_money
from orders.engine.order import Book, Order
from orders.engine.positions import opening_part
from orders.engine.turn import Turn
from orders.engine.values import ZERO, Refusal, Side


class Bar(NamedTuple):
    """The lots that may fill all the same. With a reason the rest is cancelled, without one it waits."""

    allowed: Decimal
    reason: str = ""


def bar_to_fill(turn: Turn, order: Order, qty: Decimal, price: Decimal, working: Order | None = None) -> Bar | None:
    """`working` is what blocks margin in the book while `order` is only what a modification would make of it."""
    held = turn.held(order.instrument_id)
    if order.leg is not None or opening_part(held, order.side, order.remaining) == 0:
        return None
    if halt(turn, order):
        return Bar(ZERO)
    opening = opening_part(held, order.side, qty)
    reason = _reason(turn, order, opening, qty - opening, price, working) if opening else ""
    return Bar(qty - opening, reason) if reason else None


def halt(turn: Turn, order: Order) -> Refusal | None:
    """What lets nothing open for now."""
    return halt_on(turn, turn.instrument_of(order)) or risk.locked(turn.book)


def _reason(turn: Turn, order: Order, opening: Decimal, closing: Decimal, price: Decimal, working: Order | None) -> str:
    instrument = turn.instrument_of(order)
    if order.side is Side.SELL and not instrument.short_allowed:
        return f"{instrument.symbol} cannot be sold short"
    for fault in risk.positions_number(turn, order.instrument_id):
        return fault.text
    return margin_short(turn, order, opening, closing, price, working)


def margin_short(
    turn: Turn, order: Order, opening: Decimal, closing: Decimal, price: Decimal, working: Order | None = None
) -> str:
    """The margin that opening now would lack; what the order blocks itself, and what closing sets free, counts."""
    book, market = turn.book, turn.market
    required = round_money(margin.margin_of(order, opening, price, book, market), book.currency)
    own = margin.block_of(working, book, market) if working else _blocked_for(order, opening, book, market)
    freed = margin.freed_by(order.instrument_id, closing, book, market)
    available = margin.figures(book, market).available + round_money(own + freed, book.currency)
    if required <= available:
        return ""
    return margin.shortage(required, available, book.currency)


def _blocked_for(order: Order, lots: Decimal, book: Book, market: Market) -> Decimal:
    reference = margin.blocking_price(order, market)
    return margin.margin_of(order, lots, reference, book, market) if reference is not None else ZERO
