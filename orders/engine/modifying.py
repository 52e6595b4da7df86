"""Changing a working order: all of it happens, or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from orders.engine import admission, brackets, endings, entering, guarding, margin, matching, placing, risk
from orders.engine.commands import KEEP, Modify
from orders.engine.desk import unfinished
from orders.engine.events import OrderModified
from orders.engine.hours import contract_end, hours_of
from orders.engine.money import plain
from orders.engine.offers import trailed_stop
from orders.engine.order import Order
from orders.engine.refusals import RefusedError, refusal
from orders.engine.states import Step
from orders.engine.terms import (
    PRICED,
    STOPPED,
    faults_of_price,
    faults_of_qty,
    faults_of_ticks,
    faults_of_validity,
)
from orders.engine.turn import Turn
from orders.engine.validity import expiry, rule_of, suits
from orders.engine.values import Instrument, OrderType, Refusal, State, Validity
from orders.engine.wakes import LISTENING

# Field of the order -> its public name, and the types that have it.
FIELDS: dict[str, tuple[str, frozenset[OrderType]]] = {
    "price": ("price", PRICED | {OrderType.CARE}),
    "stop_price": ("stopPrice", STOPPED),
    "qty": ("qty", frozenset(OrderType)),
    "validity": ("validity", frozenset(OrderType)),
    "expire_at": ("expireDate", frozenset(OrderType)),
    "trail_ticks": ("trStopOffset", frozenset({OrderType.TRAILING_STOP})),
    "user_comment": ("userComment", frozenset({OrderType.CARE})),
}
MOVES_ENTRY = frozenset({"price", "stop_price", "trail_ticks", "stop_loss", "take_profit"})
IDENTITY = (("side", "side"), ("type", "type"), ("instrument_id", "symbol"))


def modify(turn: Turn, asked: Modify) -> None:
    order = turn.order_named(asked.order_id, asked.client_order_id)
    guarding.refuse_if_legs_live(turn, order, asked)
    unfinished(turn, order)
    instrument = turn.instrument_of(order)
    wanted = {name: value for name in FIELDS if (value := getattr(asked, name)) is not KEEP}
    _refuse_any(_faults_of_message(turn, order, asked, wanted, instrument))
    changes = {name: value for name, value in wanted.items() if value != getattr(order, name)}
    changes |= guarding.changes(asked)
    draft = _draft(turn, order, changes, instrument)
    _refuse_any(_faults_of_state(turn, order, draft, changes))
    risk.count_order(turn.book)
    _apply(turn, order, draft, changes)
    guarding.apply(turn, order, asked, changes)
    if entering.enters(order, changes) and not entering.has_taken(turn, order, changes):
        matching.arrive(turn, order, admitted=rule_of(order.validity).all_at_once)
    placing.cancel_rest(turn, order)


def _refuse_any(faults: Iterator[Refusal]) -> None:
    if found := list(faults):
        raise RefusedError(found)


# --- What the message and the instrument decide ----------------------------------------------------------


def _faults_of_message(
    turn: Turn, order: Order, asked: Modify, wanted: dict[str, Any], instrument: Instrument
) -> Iterator[Refusal]:
    yield from _faults_of_identity(turn, order, asked)
    if not wanted and not guarding.asks(asked):
        yield refusal("nothing_to_change", "nothing to change: send at least one field with its new value")
    for name in wanted:
        public, types = FIELDS[name]
        if order.type not in types:
            yield refusal("not_for_type", f"makes no sense for a {order.type} order", public)
    if "qty" in wanted and (wanted["qty"] != order.filled_qty or not order.filled_qty):
        yield from faults_of_qty(wanted["qty"], instrument)
    yield from faults_of_price(wanted.get("price"), instrument, "price")
    yield from faults_of_price(wanted.get("stop_price"), instrument, "stopPrice")
    yield from faults_of_ticks(wanted.get("trail_ticks"), instrument, "trStopOffset")
    yield from _faults_of_time(turn, order, wanted)
    yield from guarding.faults_of_message(order, asked, instrument)


def _faults_of_identity(turn: Turn, order: Order, asked: Modify) -> Iterator[Refusal]:
    for name, public in IDENTITY:
        value, own = getattr(asked, name), getattr(order, name)
        if value is not KEEP and value != own:
            is_ = turn.instrument_of(order).symbol if public == "symbol" else own
            yield refusal("order_differs", f"cannot be modified: order {order.id} has {is_}", public)


def _faults_of_time(turn: Turn, order: Order, wanted: dict[str, Any]) -> Iterator[Refusal]:
    validity = wanted.get("validity", order.validity)
    if order.leg is not None and suits(validity, order.type) and not rule_of(validity).may_rest:
        yield refusal("validity_type", f"{validity} makes no sense for a stop loss or take profit", "validity")
    stays_gtd = validity is Validity.GTD is order.validity
    expire_at = wanted.get("expire_at", order.expire_at if stays_gtd else None)
    if "validity" in wanted or "expire_at" in wanted:
        yield from faults_of_validity(order.type, validity, expire_at, turn.now)


# --- What the order, the account, the market and the clock decide ----------------------------------------


def _draft(turn: Turn, order: Order, changes: dict[str, Any], instrument: Instrument) -> Order:
    """The order as it would be."""
    draft = replace(order, **changes)
    quote = turn.market.quote(order.instrument_id) if "trail_ticks" in changes else None
    if quote is not None and not order.triggered and order.state in LISTENING:
        draft.stop_price = trailed_stop(draft, quote, instrument)
    if changes.keys() & {"validity", "expire_at"}:
        hours = hours_of(instrument, turn.market)
        asked = draft.expire_at if draft.validity is Validity.GTD else None
        draft.expire_at = expiry(draft.validity, hours, turn.now, asked, contract_end(instrument, hours))
    return draft


def _faults_of_state(turn: Turn, order: Order, draft: Order, changes: dict[str, Any]) -> Iterator[Refusal]:
    if order.triggered:
        yield from _faults_of_triggered(order, changes)
    if draft.qty < order.filled_qty:
        yield refusal("qty_below_filled", f"must be at least what is filled, {plain(order.filled_qty)} lots", "qty")
    if order.leg is not None:
        yield from guarding.faults_of_leg(turn, order, draft, changes)
    yield from admission.faults_of_opening(turn, draft, order)
    yield from entering.faults(turn, order, draft, changes)
    if changes.keys() & MOVES_ENTRY:
        entry = margin.reference_price(draft, turn.market)
        yield from brackets.faults(draft, entry, turn.instrument_of(order))


def _faults_of_triggered(order: Order, changes: dict[str, Any]) -> Iterator[Refusal]:
    if order.type is OrderType.STOP_LIMIT:
        settled, why = changes.keys() - {"price"}, "only its limit price can be changed"
    else:
        settled, why = changes.keys() & {"stop_price", "trail_ticks"}, "its stop cannot be moved any more"
    names = {name: public for name, (public, _) in FIELDS.items()} | guarding.PUBLIC
    for name in (name for name in changes if name in settled):
        yield refusal("triggered", f"order {order.id} has triggered: {why}", names[name])


def _apply(turn: Turn, order: Order, draft: Order, changes: dict[str, Any]) -> None:
    details = [_detail(name, getattr(order, name), getattr(draft, name)) for name in changes if name in FIELDS]
    for name in {*changes, "stop_price", "expire_at"}:
        setattr(order, name, getattr(draft, name))
    turn.touch(order)
    if order.remaining == 0 and order.state is State.PARTIALLY_FILLED:
        turn.step(order, Step.FILL)
    turn.note(OrderModified, order, *details, *guarding.details(order, changes))
    if order.state is State.FILLED:
        endings.release_sleepers(turn, order)


def _detail(name: str, old: object, new: object) -> tuple[str, str]:
    return FIELDS[name][0], f"{_written(old)} → {_written(new)}"


def _written(value: object) -> str:
    return plain(value) if isinstance(value, Decimal) else "none" if value is None else str(value)
