"""The short commands: cancelling, quotes, expiries, money, halts, risk rules."""

from __future__ import annotations

from collections.abc import Iterator

from orders.engine import endings, fills, margin, matching, risk
from orders.engine.commands import Cancel, Expire, Halt, MoveMoney, SeeQuote, SetRisk
from orders.engine.events import AccountChanged
from orders.engine.money import in_words, plain, unit_of
from orders.engine.order import Order
from orders.engine.refusals import RefusedError, refusal
from orders.engine.terms import faults_of_size
from orders.engine.turn import Turn
from orders.engine.values import ZERO, Refusal

# Which way the money of a kind goes; an adjustment goes either way.
SIGNS = {"deposit": 1, "withdrawal": -1}


def cancel(turn: Turn, command: Cancel) -> None:
    order = unfinished(turn, turn.order_named(command.order_id, command.client_order_id))
    endings.cancel(turn, order)


def unfinished(turn: Turn, order: Order) -> Order:
    """The order, unless it is final or its time is up."""
    endings.expire_if_due(turn, order)
    if order.state.is_final:
        raise RefusedError([refusal("order_final", f"order {order.id} is {order.state} already", "orderId")])
    return order


def see_quote(turn: Turn, command: SeeQuote) -> None:
    quote = command.quote
    known = turn.market.quote(quote.instrument_id)
    if known is None or known.seq < quote.seq:
        turn.market.quotes[quote.instrument_id] = quote
    turn.moment = quote.at
    matching.see(turn, quote)


def expire(turn: Turn, command: Expire) -> None:
    order = turn.book.orders.get(command.order_id)
    if order is not None:
        endings.expire_if_due(turn, order)


def move_money(turn: Turn, command: MoveMoney) -> None:
    faults = list(_faults_of_money(turn, command))
    if faults:
        raise RefusedError(faults)
    risk.shift_start(turn.book, command.amount)
    fills.move_money(turn, command.kind, command.amount, note=command.note)


def _faults_of_money(turn: Turn, command: MoveMoney) -> Iterator[Refusal]:
    currency, amount = turn.book.currency, command.amount
    yield from faults_of_size(amount, "amount")
    if amount % unit_of(currency):
        yield refusal("amount_digits", f"must be a multiple of {plain(unit_of(currency))} {currency}", "amount")
    if amount * SIGNS.get(command.kind, 0) < 0 or not amount:
        yield refusal("not_positive", f"must be more than 0 for a {command.kind}", "amount")
    if command.kind == "withdrawal":
        available = margin.figures(turn.book, turn.market).available
        if -amount > max(available, ZERO):
            yield refusal("withdrawal", f"available is {in_words(available, currency)}", "amount")


def halt(turn: Turn, command: Halt) -> None:
    if turn.book.halted != command.on:
        turn.book.halted = command.on
        turn.tell(AccountChanged("halted" if command.on else "resumed"))


def set_risk(turn: Turn, command: SetRisk) -> None:
    """A loss limit that was reached is judged anew by the new rules."""
    turn.book.risk = dict(command.rules)
    turn.book.day.pop("locked", None)
    turn.book.day.pop("lockedWhy", None)
    turn.tell(AccountChanged("risk rules set", tuple((rule, plain(value)) for rule, value in command.rules)))
