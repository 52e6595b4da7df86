"""A new order: sized, judged, written down, and shown to the market."""

from __future__ import annotations

from orders.engine import admission, brackets, endings, matching, risk, sizing
from orders.engine.commands import Place
from orders.engine.events import CommandRefused, OrderPlaced
from orders.engine.hours import contract_end, hours_of
from orders.engine.money import plain
from orders.engine.offers import trailed_stop
from orders.engine.order import Order
from orders.engine.rates import NoRateError
from orders.engine.refusals import RefusedError, refusal
from orders.engine.states import Step
from orders.engine.terms import faults_of_place, fits_the_books
from orders.engine.turn import Turn
from orders.engine.validity import expiry, rule_of
from orders.engine.values import ZERO, Instrument, Leg, OrderType, Refusal, State


def place(turn: Turn, asked: Place) -> None:
    instrument = turn.market.instruments.get(asked.instrument_id)
    if instrument is None:
        raise RefusedError([refusal("symbol_unknown", "there is no such instrument", "symbol")])
    if not fits_the_books(asked):  # not even as a rejected order
        raise RefusedError(faults_of_place(asked, instrument, turn.now))
    order = draft(turn, asked, instrument)
    if faults := _faults(turn, asked, order, instrument):
        _reject(turn, order, faults)
        return
    risk.count_order(turn.book)
    enter(turn, order)
    _add_legs(turn, order, asked)
    matching.arrive(turn, order, admitted=True)
    cancel_rest(turn, order)


def draft(turn: Turn, asked: Place, instrument: Instrument) -> Order:
    hours = hours_of(instrument, turn.market)
    return Order(
        id=asked.order_id,
        instrument_id=asked.instrument_id,
        type=asked.type,
        side=asked.side,
        qty=asked.qty if asked.qty is not None and asked.cash_qty is None else ZERO,
        validity=asked.validity,
        state=State.PENDING,
        created_at=turn.now,
        price=asked.price,
        stop_price=asked.stop_price,
        trail_ticks=asked.trail_ticks,
        expire_at=expiry(asked.validity, hours, turn.now, asked.expire_at, contract_end(instrument, hours)),
        stop_loss=asked.stop_loss,
        take_profit=asked.take_profit,
        client_order_id=asked.client_order_id,
        user_comment=asked.user_comment,
    )


def _faults(turn: Turn, asked: Place, order: Order, instrument: Instrument) -> list[Refusal]:
    """What the message decides first; only a well-formed order is sized, and only a sized one is judged."""
    if taken := _name_taken(turn, order):
        return [taken]
    if faults := faults_of_place(asked, instrument, turn.now):
        return faults
    try:
        if asked.cash_qty is not None:
            order.qty = sizing.lots_for(asked, instrument, turn.book, turn.market)
    except RefusedError as refused:
        return list(refused.refusals)
    except NoRateError as missing:
        return [refusal("no_rate", str(missing))]
    start_trailing(turn, order, instrument)
    return admission.faults(turn, order)


def _name_taken(turn: Turn, order: Order) -> Refusal | None:
    name = order.client_order_id
    if not name:
        return None
    for other in turn.book.unfinished():
        if other.client_order_id == name:
            order.client_order_id = ""  # the name stays with the open order
            return refusal("client_order_id_taken", f'"{name}" is open order {other.id} already', "clientOrderId")
    return None


def start_trailing(turn: Turn, order: Order, instrument: Instrument) -> None:
    quote = turn.market.quote(order.instrument_id) if order.type is OrderType.TRAILING_STOP else None
    if quote is not None:
        order.stop_price = trailed_stop(order, quote, instrument)


def _reject(turn: Turn, order: Order, faults: list[Refusal]) -> None:
    """A refused order stays in the books, with its reason."""
    turn.book.add(order)
    endings.reject(turn, order, "; ".join(fault.text for fault in faults))
    turn.tell(CommandRefused(tuple(faults)))


def enter(turn: Turn, order: Order) -> None:
    turn.step(order, Step.ACCEPT)
    turn.book.add(order)
    turn.note(OrderPlaced, order, *facts_of(order))


def _add_legs(turn: Turn, order: Order, asked: Place) -> None:
    for leg, leg_id in ((Leg.STOP_LOSS, asked.stop_loss_id), (Leg.TAKE_PROFIT, asked.take_profit_id)):
        guard = brackets.guard_of(order, leg)
        if guard is not None:
            add_leg(turn, brackets.sleeping_leg(order, leg, leg_id, guard))


def add_leg(turn: Turn, leg: Order) -> None:
    instrument = turn.instrument_of(leg)
    leg.created_at = turn.now
    leg.expire_at = contract_end(instrument, hours_of(instrument, turn.market))
    turn.step(leg, Step.SLEEP)
    turn.book.add(leg)
    turn.note(OrderPlaced, leg, *facts_of(leg))


def cancel_rest(turn: Turn, order: Order) -> None:
    """An order that may not rest ends here."""
    if not order.state.is_final and not rule_of(order.validity).may_rest:
        endings.cancel(turn, order, f"{order.validity}: what does not fill at once is cancelled")


def facts_of(order: Order) -> list[tuple[str, str]]:
    numbers = (
        ("qty", order.qty),
        ("price", order.price),
        ("stopPrice", order.stop_price),
        ("trStopOffset", order.trail_ticks),
    )
    facts: list[tuple[str, str]] = [("type", order.type), ("side", order.side)]
    return facts + [(name, plain(number)) for name, number in numbers if number is not None]
