"""The account's figures: what it is worth, what is tied up, and what is left."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from orders.engine.market import Market
from orders.engine.money import exact, in_words, round_money
from orders.engine.offers import can_fill
from orders.engine.order import Book, Order, Position, Tie
from orders.engine.positions import opening_part
from orders.engine.rates import rate
from orders.engine.tied import sums_of
from orders.engine.values import ZERO, OrderType, Side


class Worth(NamedTuple):
    """Open P/L and used margin, each rounded once."""

    open_pl: Decimal
    equity: Decimal
    used_margin: Decimal


class Figures(NamedTuple):
    """Amounts in account currency. `equity` is the projected balance."""

    balance: Decimal
    open_pl: Decimal
    equity: Decimal
    used_margin: Decimal
    blocked_margin: Decimal
    available: Decimal


@exact
def figures(book: Book, market: Market) -> Figures:
    """Raises NoRateError when a position's currency cannot be converted."""
    worth = worth_of(book, market)
    blocked = blocked_margin(book, market)
    available = worth.equity - worth.used_margin - blocked
    return Figures(book.balance, worth.open_pl, worth.equity, worth.used_margin, blocked, available)


def worth_of(book: Book, market: Market) -> Worth:
    open_pl = used = ZERO
    for position in book.positions.values():
        open_pl += open_pl_of(position, book, market)
        used += used_by(position, book, market)
    open_pl = round_money(open_pl, book.currency)
    return Worth(open_pl, book.balance + open_pl, round_money(used, book.currency))


def open_pl_of(position: Position, book: Book, market: Market) -> Decimal:
    """Marks a long at the bid and a short at the ask; unrounded."""
    quote = market.quote(position.instrument_id)
    if quote is None:
        return ZERO
    instrument = market.instrument(position.instrument_id)
    points = (quote.bid if position.qty > 0 else quote.ask) - position.avg_price
    return position.qty * instrument.lot_size * points * rate(market, instrument.currency, book.currency)


def used_by(position: Position, book: Book, market: Market) -> Decimal:
    """The margin of a position at its average open price, unrounded."""
    return _margin(position.instrument_id, abs(position.qty), position.avg_price, book, market)


def blocked_margin(book: Book, market: Market) -> Decimal:
    blocked = ZERO
    for (instrument_id, side), amount in sorted(sums_of(book).items(), key=_by_instrument):
        quote = market.quote(instrument_id) if amount and side else None
        price = Decimal(1) if side is None else quote.hit_by(side) if quote else ZERO
        if amount and price:
            blocked += _margin(instrument_id, amount, price, book, market)
    return round_money(blocked, book.currency)


def _by_instrument(tied: tuple[Tie, Decimal]) -> tuple[int, str]:
    """The same sequence always: where a rate is not exact, its last digit depends on it."""
    (instrument_id, side), _ = tied
    return instrument_id, side or ""


def block_of(order: Order, book: Book, market: Market) -> Decimal:
    """The margin that what remains of an order ties up, unrounded."""
    if order.leg is not None:
        return ZERO
    position = book.positions.get(order.instrument_id)
    opening = opening_part(position.qty, order.side, order.remaining) if position else order.remaining
    price = blocking_price(order, market) if opening else None
    return margin_of(order, opening, price, book, market) if price is not None else ZERO


def margin_of(order: Order, lots: Decimal, price: Decimal, book: Book, market: Market) -> Decimal:
    """The margin of opening some of an order's lots at a price, in account currency, unrounded."""
    return _margin(order.instrument_id, lots, price, book, market)


def _margin(instrument_id: int, lots: Decimal, price: Decimal, book: Book, market: Market) -> Decimal:
    instrument = market.instrument(instrument_id)
    amount = lots * instrument.lot_size * price
    return amount * instrument.margin_rate * rate(market, instrument.currency, book.currency)


def reference_price(order: Order, market: Market) -> Decimal | None:
    """The price that an order is judged by: its own, else its stop, else the quote it would hit."""
    if order.price is not None or order.stop_price is not None:
        return order.price if order.price is not None else order.stop_price
    quote = market.quote(order.instrument_id)
    return quote.hit_by(order.side) if quote else None


def entry_price(order: Order, market: Market, moment: datetime) -> Decimal | None:
    """The dearest price that an order can open at: a sell whose limit is below the bid fills at the bid."""
    price, quote = reference_price(order, market), market.quote(order.instrument_id)
    waits = order.stop_price is not None and not order.triggered
    if quote is None or order.price is None or order.side is Side.BUY or order.type is OrderType.CARE or waits:
        return price
    fills = can_fill(market.instrument(order.instrument_id), market, quote, moment)
    return max(order.price, quote.bid) if fills else price


def blocking_price(order: Order, market: Market) -> Decimal | None:
    """The price that an order blocks margin at; a Care order without a price blocks none."""
    unpriced_care = order.type is OrderType.CARE and order.price is None
    return None if unpriced_care else reference_price(order, market)


def freed_by(instrument_id: int, closing: Decimal, book: Book, market: Market) -> Decimal:
    """The margin that closing some lots of a position sets free, unrounded."""
    position = book.positions.get(instrument_id)
    if position is None or not closing:
        return ZERO
    return _margin(instrument_id, closing, position.avg_price, book, market)


def check_rate(instrument_id: int, book: Book, market: Market) -> None:
    """Raises NoRateError when an instrument's money cannot be converted into the account's."""
    rate(market, market.instrument(instrument_id).currency, book.currency)


def shortage(required: Decimal, available: Decimal, currency: str) -> str:
    return f"not enough margin: required {in_words(required, currency)}, available {in_words(available, currency)}"
