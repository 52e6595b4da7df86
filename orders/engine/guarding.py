"""Modifying stop loss and take profit: through their order while it works, or as the orders that they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from orders.engine import brackets, endings, margin, matching, placing
from orders.engine.commands import KEEP, Keep, Modify
from orders.engine.events import OrderModified, OrderResized
from orders.engine.money import plain
from orders.engine.order import Order
from orders.engine.refusals import RefusedError, refusal
from orders.engine.terms import faults_of_guard
from orders.engine.turn import Turn
from orders.engine.values import (
    ZERO,
    Guard,
    Instrument,
    Leg,
    OrderType,
    Refusal,
    State,
    StopLossType,
    TakeProfitType,
)
from orders.engine.wakes import LISTENING

TYPES: dict[Leg, type[StopLossType] | type[TakeProfitType]] = {
    Leg.STOP_LOSS: StopLossType,
    Leg.TAKE_PROFIT: TakeProfitType,
}
ATTRIBUTES = {Leg.STOP_LOSS: "stop_loss", Leg.TAKE_PROFIT: "take_profit"}

PUBLIC = {name: leg.value for leg, name in ATTRIBUTES.items()}


def asks(asked: Modify) -> bool:
    return any(getattr(asked, name) is not KEEP for leg in Leg for name in (ATTRIBUTES[leg], f"{ATTRIBUTES[leg]}_type"))


def wish(asked: Modify, leg: Leg) -> Guard | Keep | None:
    """The guard that is asked for; KEEP leaves it, None removes it. Without a type it is a price."""
    value = getattr(asked, ATTRIBUTES[leg])
    if value is KEEP or value is None:
        return None if value is None else KEEP
    type_ = getattr(asked, f"{ATTRIBUTES[leg]}_type")
    return Guard(value, TYPES[leg]("absolute" if type_ is KEEP else type_))


def changes(asked: Modify) -> dict[str, Guard | None]:
    wishes = ((ATTRIBUTES[leg], wish(asked, leg)) for leg in Leg)
    return {name: guard for name, guard in wishes if not isinstance(guard, Keep)}


def faults_of_message(order: Order, asked: Modify, instrument: Instrument) -> Iterator[Refusal]:
    for leg in Leg:
        guard, has_type = wish(asked, leg), getattr(asked, f"{ATTRIBUTES[leg]}_type") is not KEEP
        if has_type and not isinstance(guard, Guard):
            yield refusal("guard_type_alone", f"goes with {leg.value} only", f"{leg.value}Type")
        if order.leg is not None and guard is not KEEP:
            yield refusal("not_for_type", "makes no sense for a stop loss or take profit", leg.value)
        if isinstance(guard, Guard):
            yield from faults_of_guard(guard, instrument, leg.value)


def refuse_if_legs_live(turn: Turn, order: Order, asked: Modify) -> None:
    """The guards of a filled order are orders of their own by now."""
    if order.state is not State.FILLED:
        return
    living = {leg.leg: leg for leg in turn.book.legs_of(order.id)}
    faults = [_is_order(order, living[leg]) for leg in Leg if leg in living and wish(asked, leg) is not KEEP]
    if faults:
        raise RefusedError(faults)


def _is_order(order: Order, leg: Order) -> Refusal:
    assert leg.leg is not None
    text = f"order {order.id} is filled; its {leg.leg.value} is order {leg.id}: modify or cancel that one"
    return refusal("guard_is_order", text, leg.leg.value)


def faults_of_leg(turn: Turn, leg: Order, draft: Order, changed: dict[str, Any]) -> Iterator[Refusal]:
    """A leg modified by its own id: its quantity follows what it guards, and a sleeping one keeps to its side."""
    closable = abs(turn.held(leg.instrument_id))
    if "qty" in changed and leg.state is State.INACTIVE:
        yield refusal("leg_qty", "follows its order's quantity until that fills", "qty")
    elif "qty" in changed and draft.remaining > closable:
        yield refusal("leg_qty", f"must not exceed the position, {plain(leg.filled_qty + closable)} lots", "qty")
    parent = turn.book.orders.get(leg.parent_id) if leg.parent_id is not None else None
    if parent is not None and leg.state is State.INACTIVE and leg.leg is not None:
        guarded = replace(parent)
        setattr(guarded, ATTRIBUTES[leg.leg], _own_guard(draft))
        for fault in brackets.faults(guarded, margin.reference_price(parent, turn.market), turn.instrument_of(leg)):
            if fault.field == leg.leg.value:
                yield refusal(fault.code, fault.text, "price" if leg.leg is Leg.TAKE_PROFIT else "stopPrice")


def _own_guard(leg: Order) -> Guard | None:
    """A leg's levels, as the guard of its order."""
    if leg.leg is Leg.TAKE_PROFIT:
        return Guard(leg.price, TakeProfitType.ABSOLUTE) if leg.price is not None else None
    if leg.type is OrderType.TRAILING_STOP:
        return Guard(leg.trail_ticks or ZERO, StopLossType.TRAILING)
    return Guard(leg.stop_price, StopLossType.ABSOLUTE) if leg.stop_price is not None else None


def apply(turn: Turn, order: Order, asked: Modify, changed: dict[str, Any]) -> None:
    """Carries changes over: from an order to its legs, from a leg to its order's guard."""
    if order.leg is not None:
        if changed.keys() & {"price", "stop_price", "trail_ticks"}:
            _tell_parent(turn, order)
        return
    ids = {Leg.STOP_LOSS: asked.stop_loss_id, Leg.TAKE_PROFIT: asked.take_profit_id}
    for kind in Leg:
        leg = next((leg for leg in turn.book.legs_of(order.id) if leg.leg is kind), None)
        if ATTRIBUTES[kind] in changed:
            _change_leg(turn, order, kind, leg, ids[kind])
        elif leg is not None and leg.state is State.INACTIVE and "qty" in changed:
            leg.qty = order.qty
            turn.touch(leg)
            turn.note(OrderResized, leg, ("qty", plain(leg.qty)))


def _tell_parent(turn: Turn, leg: Order) -> None:
    parent = turn.book.orders.get(leg.parent_id) if leg.parent_id is not None else None
    if parent is not None and not parent.state.is_final and leg.leg is not None:
        setattr(parent, ATTRIBUTES[leg.leg], _own_guard(leg))
        turn.touch(parent)


def _change_leg(turn: Turn, order: Order, kind: Leg, leg: Order | None, new_id: int | None) -> None:
    guard = brackets.guard_of(order, kind)
    if guard is None:
        if leg is not None:
            endings.cancel(turn, leg, f"removed from order {order.id}")
    elif leg is None:
        _add_leg(turn, order, kind, guard, new_id)
    elif not leg.triggered:
        brackets.set_guard(leg, guard)
        if leg.state in LISTENING:
            brackets.place_level(turn, order, leg, turn.market.quote(order.instrument_id))
        turn.touch(leg)
        turn.note(OrderModified, leg, *placing.facts_of(leg))
        if leg.state in LISTENING:
            matching.arrive(turn, leg, admitted=True)


def _add_leg(turn: Turn, order: Order, kind: Leg, guard: Guard, new_id: int | None) -> None:
    leg = brackets.sleeping_leg(order, kind, new_id, guard)
    placing.add_leg(turn, leg)
    if order.filled_qty:
        brackets.guard_more(turn, order, leg, order.filled_qty, None)
        brackets.fit(turn, order.instrument_id)


def details(order: Order, changed: dict[str, Any]) -> list[tuple[str, str]]:
    asked = ((leg.value, changed[ATTRIBUTES[leg]]) for leg in Leg if ATTRIBUTES[leg] in changed)
    return [(name, f"{plain(guard.value)} {guard.type}" if guard else "removed") for name, guard in asked]
