"""A trade: what it does to the order, the position and the money."""

from __future__ import annotations

from decimal import Decimal

from orders.engine import brackets, positions
from orders.engine.events import MoneyMoved, OrderFilled
from orders.engine.money import plain, round_average, round_money
from orders.engine.order import Order
from orders.engine.rates import rate
from orders.engine.states import Step
from orders.engine.turn import Turn
from orders.engine.values import ZERO, Instrument, Quote

REALISED = "realised P/L"
COMMISSION = "commission"


def fill(turn: Turn, order: Order, qty: Decimal, price: Decimal, quote: Quote | None) -> None:
    """Fills some of an order; `quote` is None for a dealer's fill."""
    instrument = turn.instrument_of(order)
    into = rate(turn.market, instrument.currency, turn.book.currency)
    closed = positions.trade(turn.book, instrument.id, order.side.sign * qty, price, turn.now)
    gross = round_money(closed * instrument.lot_size * into, turn.book.currency)
    fee = round_money(commission(instrument, qty, price) * into, turn.book.currency)
    _mark(turn, order, qty, price)
    turn.tell(_told(order, qty, price, fee, gross, quote))
    move_money(turn, REALISED, gross, order)
    move_money(turn, COMMISSION, -fee, order)
    if position := turn.book.positions.get(instrument.id):
        position.fee += fee
    brackets.after_fill(turn, order, qty, quote)


def _mark(turn: Turn, order: Order, qty: Decimal, price: Decimal) -> None:
    before = (order.avg_price or ZERO) * order.filled_qty
    order.filled_qty += qty
    order.avg_price = round_average((before + qty * price) / order.filled_qty)
    order.fills += 1
    turn.step(order, Step.FILL if order.remaining == 0 else Step.FILL_PART)


def _told(order: Order, qty: Decimal, price: Decimal, fee: Decimal, gross: Decimal, quote: Quote | None) -> OrderFilled:
    details = (("qty", plain(qty)), ("price", plain(price)))
    return OrderFilled(order.id, order.state, details, order.fills, qty, price, fee, gross, quote)


def commission(instrument: Instrument, qty: Decimal, price: Decimal) -> Decimal:
    """In the instrument's currency, unrounded."""
    terms = instrument.commission
    return terms.per_lot * qty + terms.percent / 100 * qty * instrument.lot_size * price + terms.fixed


def move_money(turn: Turn, kind: str, amount: Decimal, order: Order | None = None, note: str = "") -> None:
    """One ledger entry; nothing for an amount of zero."""
    if amount == 0:
        return
    book = turn.book
    book.balance += amount
    order_id, number = (order.id, order.fills) if order else (None, None)
    turn.tell(MoneyMoved(kind, amount, book.balance, order_id, number, note))
