"""Stop loss and take profit: they sleep until their order fills, guard what has filled, and never close more."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from orders.engine import endings
from orders.engine.events import OrderResized, OrderWoken
from orders.engine.money import LIMIT, plain, round_to_tick
from orders.engine.offers import trailed_stop
from orders.engine.order import BY_AGE, Order
from orders.engine.refusals import refusal
from orders.engine.states import Step
from orders.engine.terms import ABSOLUTE, faults_of_size
from orders.engine.turn import Turn
from orders.engine.values import (
    ZERO,
    Guard,
    Instrument,
    Leg,
    OrderType,
    Quote,
    Refusal,
    State,
    StopLossType,
    TakeProfitType,
    Validity,
)
from orders.engine.wakes import LISTENING

NAMES = {Leg.STOP_LOSS: "SL", Leg.TAKE_PROFIT: "TP"}
CODES = {Leg.STOP_LOSS: "stop_loss_side", Leg.TAKE_PROFIT: "take_profit_side"}


def guard_of(parent: Order, leg: Leg) -> Guard | None:
    return parent.stop_loss if leg is Leg.STOP_LOSS else parent.take_profit


def faults(order: Order, entry: Decimal | None, instrument: Instrument) -> Iterator[Refusal]:
    """Levels on the wrong side of the entry, beyond zero, or beyond all prices."""
    for leg in Leg:
        guard = guard_of(order, leg)
        if guard is None or guard.type is StopLossType.TRAILING or entry is None:
            continue
        level = _level(guard, leg, order, entry, instrument)
        if _away(leg, order) * (level - entry) <= 0 or level <= 0:
            where = "below" if _away(leg, order) < 0 else "above"
            text = f"{NAMES[leg]} price is not valid for the order: a {order.side} at {plain(entry)} needs it {where}"
            yield refusal(CODES[leg], f"{text}, and above 0" if level <= 0 else text, leg.value)
        yield from faults_of_size(level, leg.value)


def sleeping_leg(parent: Order, leg: Leg, leg_id: int | None, guard: Guard) -> Order:
    """A leg as it is born: of the other side, showing its parent's quantity while it sleeps."""
    if leg_id is None:
        raise ValueError(f"no id was born for the {leg.value} of order {parent.id}")
    order = Order(
        id=leg_id,
        instrument_id=parent.instrument_id,
        type=OrderType.LIMIT if leg is Leg.TAKE_PROFIT else OrderType.STOP,
        side=parent.side.opposite,
        qty=parent.qty,
        validity=Validity.GTC,
        state=State.PENDING,
        created_at=parent.created_at,
        parent_id=parent.id,
        leg=leg,
    )
    set_guard(order, guard)
    return order


def set_guard(leg: Order, guard: Guard) -> None:
    """What a sleeping leg shows: an absolute level now, any other once there is a fill to count from."""
    level = guard.value if guard.type in ABSOLUTE else None
    if leg.leg is Leg.TAKE_PROFIT:
        leg.price = level
        return
    trails = guard.type is StopLossType.TRAILING
    leg.type = OrderType.TRAILING_STOP if trails else OrderType.STOP
    leg.trail_ticks = guard.value if trails else None
    leg.stop_price = level


def after_fill(turn: Turn, order: Order, qty: Decimal, quote: Quote | None) -> None:
    if order.leg is not None:
        _share_fill(turn, order, qty)
    elif order.stop_loss is not None or order.take_profit is not None:
        for leg in turn.book.legs_of(order.id):
            guard_more(turn, order, leg, qty, quote)
    fit(turn, order.instrument_id)


def guard_more(turn: Turn, parent: Order, leg: Order, qty: Decimal, quote: Quote | None) -> None:
    """Wakes a leg for what has filled, or lets it grow; unless its own time is up."""
    if endings.expire_if_late(turn, leg):
        return
    quote = quote or turn.market.quote(parent.instrument_id)
    sleeping = leg.state is State.INACTIVE
    leg.qty = (leg.filled_qty if sleeping else leg.qty) + qty
    place_level(turn, parent, leg, quote)
    if sleeping:
        turn.step(leg, Step.WAKE)
    turn.touch(leg)
    level = leg.price if leg.leg is Leg.TAKE_PROFIT else leg.stop_price
    details = (("qty", plain(leg.qty)), ("price", plain(level or ZERO)))
    turn.note(OrderWoken if sleeping else OrderResized, leg, *details)
    if quote is not None:
        turn.woken.append((leg, quote))


def place_level(turn: Turn, parent: Order, leg: Order, quote: Quote | None) -> None:
    """Puts a leg where its guard says, counted from what the parent filled at on average."""
    assert leg.leg is not None
    guard = guard_of(parent, leg.leg)
    entry = parent.avg_price
    if guard is None or entry is None or leg.triggered:
        return
    instrument = turn.instrument_of(leg)
    if guard.type is not StopLossType.TRAILING:
        level = _possible(_level(guard, leg.leg, parent, entry, instrument), instrument)
        leg.price, leg.stop_price = (level, None) if leg.leg is Leg.TAKE_PROFIT else (None, level)
    elif leg.stop_price is None:
        start = trailed_stop(leg, quote, instrument) if quote else _below(leg, entry, instrument)
        leg.stop_price = _possible(start, instrument)


def _possible(level: Decimal, instrument: Instrument) -> Decimal:
    """The nearest price there can be: an average far from the expected entry may put a level beyond them all."""
    lowest, highest = instrument.tick_at(ZERO), instrument.tick_at(LIMIT)
    return min(max(level, lowest), LIMIT // highest * highest)


def _level(guard: Guard, leg: Leg, parent: Order, entry: Decimal, instrument: Instrument) -> Decimal:
    if guard.type in ABSOLUTE:
        return guard.value
    if guard.type in (StopLossType.PERCENT, TakeProfitType.PERCENT):
        distance = entry * guard.value / 100
    else:
        distance = guard.value * instrument.tick_at(entry)
    level = entry + _away(leg, parent) * distance
    return round_to_tick(level, instrument.tick_at(level))


def _away(leg: Leg, parent: Order) -> int:
    """1 where the level lies above the entry, -1 below."""
    return parent.side.sign if leg is Leg.TAKE_PROFIT else -parent.side.sign


def _below(leg: Order, entry: Decimal, instrument: Instrument) -> Decimal:
    """A trailing leg's start where there is no quote at all: a dealer's fill is all that is known."""
    assert leg.trail_ticks is not None
    return entry + leg.side.sign * leg.trail_ticks * instrument.tick_at(entry)


def _share_fill(turn: Turn, leg: Order, qty: Decimal) -> None:
    """One cancels the other: what one closed is no longer the other's to close."""
    assert leg.parent_id is not None
    for sibling in turn.book.legs_of(leg.parent_id):
        if sibling.id != leg.id and sibling.state in LISTENING:
            _shrink(turn, sibling, sibling.remaining - qty, f"order {leg.id} closed the position")
    parent = turn.book.orders.get(leg.parent_id)
    if leg.state is State.FILLED and parent is not None and not parent.state.is_final:
        endings.cancel(turn, parent, f"its {NAMES[leg.leg]} closed what had filled" if leg.leg else "")


def fit(turn: Turn, instrument_id: int) -> None:
    """No leg may close more than the position that is left."""
    held = turn.held(instrument_id)
    legs = [leg for leg in turn.book.unfinished() if leg.leg is not None and leg.instrument_id == instrument_id]
    for leg in sorted(legs, key=BY_AGE):
        closable = abs(held) if leg.side.sign * held < 0 else ZERO
        if leg.state in LISTENING and leg.remaining > closable:
            _shrink(turn, leg, closable, "the position is closed")


def _shrink(turn: Turn, leg: Order, remaining: Decimal, why: str) -> None:
    if remaining > 0:
        leg.qty = leg.filled_qty + remaining
        turn.touch(leg)
        turn.note(OrderResized, leg, ("qty", plain(leg.qty)))
        return
    parent = turn.book.orders.get(leg.parent_id) if leg.parent_id is not None else None
    if parent is None or parent.state.is_final:
        endings.cancel(turn, leg, why)
    else:
        _sleep_again(turn, leg, parent)


def _sleep_again(turn: Turn, leg: Order, parent: Order) -> None:
    """Nothing is left to guard, but the parent may still fill: the leg shows its parent's quantity again."""
    assert leg.leg is not None
    leg.triggered = False
    leg.qty = parent.qty
    guard = guard_of(parent, leg.leg)
    if guard is not None:
        set_guard(leg, guard)
    turn.step(leg, Step.SLEEP)
    turn.note(OrderResized, leg, ("qty", plain(leg.qty)))
