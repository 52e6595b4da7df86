"""Netting: one position per instrument. Adding averages, reducing realises, crossing zero closes and opens."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from orders.engine.money import round_average
from orders.engine.order import Book, Position
from orders.engine.values import ZERO, Side


def opening_part(held: Decimal, side: Side, qty: Decimal) -> Decimal:
    """The lots of an order that would open or enlarge a position, the order counted alone."""
    against = -held * side.sign
    return qty - against if qty > against > 0 else qty if against <= 0 else ZERO


def trade(book: Book, instrument_id: int, signed: Decimal, price: Decimal, now: datetime) -> Decimal:
    """Puts a fill of signed lots into the book; returns what closed of it: lots × price difference, signed."""
    book.move(instrument_id)
    position = book.positions.get(instrument_id)
    if position is None:
        book.positions[instrument_id] = Position(instrument_id, signed, round_average(price), now)
        return ZERO
    if (position.qty > 0) == (signed > 0):
        _enlarge(position, signed, price)
        return ZERO
    return _reduce(book, position, signed, price, now)


def _enlarge(position: Position, signed: Decimal, price: Decimal) -> None:
    total = position.qty + signed
    position.avg_price = round_average((position.qty * position.avg_price + signed * price) / total)
    position.qty = total


def _reduce(book: Book, position: Position, signed: Decimal, price: Decimal, now: datetime) -> Decimal:
    closed = max(signed, -position.qty) if signed < 0 else min(signed, -position.qty)
    realised = -closed * (price - position.avg_price)
    position.qty += closed
    if position.qty == 0:
        del book.positions[position.instrument_id]
        if signed != closed:
            rest = signed - closed
            book.positions[position.instrument_id] = Position(position.instrument_id, rest, round_average(price), now)
    return realised
