"""The Care desk: a dealer fills an order, all or part of it, or sends it back with a reason."""

from __future__ import annotations

from collections.abc import Iterator

from orders.engine import endings, risk
from orders.engine.bars import margin_short
from orders.engine.commands import DealerFill, DealerReject
from orders.engine.desk import unfinished
from orders.engine.fills import fill as fill_order
from orders.engine.halts import halt_on
from orders.engine.hours import trades_at
from orders.engine.money import plain
from orders.engine.order import Order
from orders.engine.positions import opening_part
from orders.engine.refusals import RefusedError, refusal
from orders.engine.terms import faults_of_price
from orders.engine.turn import Turn
from orders.engine.values import InstrumentStatus, OrderType, Refusal, Side, State


def fill(turn: Turn, command: DealerFill) -> None:
    order = care_order(turn, command.order_id)
    if faults := [*_faults_of_deal(turn, order, command)] or [*_faults_of_opening(turn, order, command)]:
        raise RefusedError(faults)
    fill_order(turn, order, command.qty, command.price, None)


def reject(turn: Turn, command: DealerReject) -> None:
    """What has filled stays filled: then only the rest is cancelled."""
    order = care_order(turn, command.order_id)
    if order.state is State.PARTIALLY_FILLED:
        endings.cancel(turn, order, command.reason)
    else:
        endings.reject(turn, order, command.reason)


def care_order(turn: Turn, order_id: int) -> Order:
    order = turn.order_named(order_id)
    if order.type is not OrderType.CARE:
        raise RefusedError([refusal("not_care", f"order {order.id} is a {order.type} order, not Care", "orderId")])
    return unfinished(turn, order)


def _faults_of_deal(turn: Turn, order: Order, command: DealerFill) -> Iterator[Refusal]:
    instrument = turn.instrument_of(order)
    if command.qty <= 0 or command.qty % instrument.lot_step:
        yield refusal("dealer_qty", f"must be a multiple of {plain(instrument.lot_step)}, above 0", "qty")
    elif command.qty > order.remaining:
        yield refusal("dealer_qty", f"must be at most what remains, {plain(order.remaining)} lots", "qty")
    yield from faults_of_price(command.price, instrument, "price")
    if order.price is not None and order.side.sign * (order.price - command.price) < 0:
        yield refusal("dealer_price", f"must not be worse than the limit {plain(order.price)}", "price")
    if instrument.status is InstrumentStatus.CLOSED:
        yield refusal("instrument_closed", f"{instrument.symbol} is closed for trading", "symbol")
    elif not trades_at(instrument, turn.market, turn.now):
        yield refusal("out_of_session", "trading out of session is forbidden")


def _faults_of_opening(turn: Turn, order: Order, command: DealerFill) -> Iterator[Refusal]:
    opening = opening_part(turn.held(order.instrument_id), order.side, command.qty)
    if not opening:
        return
    instrument = turn.instrument_of(order)
    for barrier in (halt_on(turn, instrument), risk.locked(turn.book)):
        if barrier is not None:
            yield barrier
    if order.side is Side.SELL and not instrument.short_allowed:
        yield refusal("short_not_allowed", f"{instrument.symbol} cannot be sold short")
    yield from risk.positions_number(turn, order.instrument_id)
    if short := margin_short(turn, order, opening, command.qty - opening, command.price):
        yield refusal("margin", short)
