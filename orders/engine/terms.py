"""What a message and the terms of its instrument decide between them, without account, market or clock face."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from orders.engine.commands import Place
from orders.engine.money import LIMIT, exact, plain
from orders.engine.refusals import refusal
from orders.engine.validity import suits
from orders.engine.values import (
    Guard,
    Instrument,
    OrderType,
    Refusal,
    StopLossType,
    TakeProfitType,
    Validity,
)

PRICED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
STOPPED = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
IN_TICKS = frozenset({StopLossType.TICKS, StopLossType.TRAILING, TakeProfitType.TICKS})
ABSOLUTE = frozenset({StopLossType.ABSOLUTE, TakeProfitType.ABSOLUTE})
WHOLE_PERCENT = Decimal(100)  # a stop loss is nearer than the whole price
MOST_PERCENT = Decimal(1_000_000)


@exact
def faults_of_place(place: Place, instrument: Instrument, now: datetime) -> list[Refusal]:
    """Every reason why this order could never be placed, whoever sends it: HTTP 400."""
    faults = list(faults_of_shape(place))
    if place.qty is not None and place.cash_qty is None:
        faults += faults_of_qty(place.qty, instrument)
    if place.cash_qty is not None and place.cash_qty <= 0:
        faults.append(refusal("not_positive", "must be more than 0", "cashOrderQty"))
    elif place.cash_qty is not None:
        faults += faults_of_size(place.cash_qty, "cashOrderQty")
    faults += faults_of_price(place.price, instrument, "price")
    faults += faults_of_price(place.stop_price, instrument, "stopPrice")
    faults += faults_of_ticks(place.trail_ticks, instrument, "trStopOffset")
    faults += faults_of_guard(place.stop_loss, instrument, "stopLoss")
    faults += faults_of_guard(place.take_profit, instrument, "takeProfit")
    faults += faults_of_validity(place.type, place.validity, place.expire_at, now)
    return faults


def faults_of_shape(place: Place) -> Iterator[Refusal]:
    """Fields that the order's type needs, or may not have."""
    if place.qty is None and place.cash_qty is None:
        yield refusal("required", "is required", "qty")
    if place.type in PRICED and place.price is None:
        yield refusal("required", f"is required for a {place.type} order", "price")
    yield from _only_for(place.type in STOPPED, place.stop_price, place.type, "stopPrice")
    yield from _only_for(place.type is OrderType.TRAILING_STOP, place.trail_ticks, place.type, "trStopOffset")


def _only_for(needed: bool, value: Decimal | None, type_: OrderType, field: str) -> Iterator[Refusal]:
    if needed and value is None:
        yield refusal("required", f"is required for a {type_} order", field)
    elif value is not None and not needed:
        yield refusal("not_for_type", f"makes no sense for a {type_} order", field)


def faults_of_qty(qty: Decimal, instrument: Instrument) -> Iterator[Refusal]:
    if qty < instrument.min_lot:
        yield refusal("qty_minimum", f"must be at least {plain(instrument.min_lot)} lots", "qty")
    if qty > instrument.max_lot:
        yield refusal("qty_maximum", f"must be at most {plain(instrument.max_lot)} lots", "qty")
    if qty % instrument.lot_step:
        yield refusal("qty_step", f"must be a multiple of {plain(instrument.lot_step)}", "qty")
    yield from faults_of_size(qty, "qty")


def faults_of_size(number: Decimal, field: str) -> Iterator[Refusal]:
    """What is too large for the books."""
    if abs(number) >= LIMIT:
        yield refusal("out_of_range", f"must be less than {plain(LIMIT)}", field)


def fits_the_books(place: Place) -> bool:
    numbers = (place.qty, place.cash_qty, place.price, place.stop_price, place.trail_ticks)
    return all(number is None or abs(number) < LIMIT for number in numbers)


def faults_of_price(price: Decimal | None, instrument: Instrument, field: str) -> Iterator[Refusal]:
    if price is None:
        return
    if price <= 0:
        yield refusal("not_positive", "must be more than 0", field)
    elif price >= LIMIT:
        yield from faults_of_size(price, field)
    elif price % (tick := instrument.tick_at(price)):
        yield refusal("price_tick", f"must be a multiple of the tick {plain(tick)}", field)


def faults_of_ticks(ticks: Decimal | None, instrument: Instrument, field: str) -> Iterator[Refusal]:
    if ticks is None:
        return
    if ticks <= 0:
        yield refusal("not_positive", "must be more than 0", field)
    elif ticks % 1:
        yield refusal("ticks_whole", "must be a whole number of ticks", field)
    elif ticks * max(Decimal(1), instrument.tick_size, *(size for _, size in instrument.tick_ranges)) >= LIMIT:
        yield refusal("out_of_range", "is further away than any price", field)


def faults_of_guard(guard: Guard | None, instrument: Instrument, field: str) -> Iterator[Refusal]:
    if guard is None:
        return
    if guard.type in ABSOLUTE:
        yield from faults_of_price(guard.value, instrument, field)
    elif guard.type in IN_TICKS:
        yield from faults_of_ticks(guard.value, instrument, field)
    elif guard.value <= 0:
        yield refusal("not_positive", "must be more than 0", field)
    elif guard.type is StopLossType.PERCENT and guard.value >= WHOLE_PERCENT:
        yield refusal("out_of_range", "must be less than 100 %: that is the whole price", field)
    elif guard.value > MOST_PERCENT:
        yield refusal("out_of_range", f"must be at most {plain(MOST_PERCENT)} %", field)


def faults_of_validity(
    type_: OrderType, validity: Validity, expire_at: datetime | None, now: datetime
) -> Iterator[Refusal]:
    if not suits(validity, type_):
        yield refusal("validity_type", f"{validity} makes no sense for a {type_} order: it waits by nature", "validity")
    if validity is Validity.GTD and expire_at is None:
        yield refusal("expire_date_required", "is required for GTD", "expireDate")
    if validity is not Validity.GTD and expire_at is not None:
        yield refusal("expire_date_unexpected", f"goes with GTD only, not with {validity}", "expireDate")
    if expire_at is not None and expire_at <= now:
        yield refusal("expire_date_past", f"must be in the future; it is {now:%Y-%m-%d %H:%M:%S} UTC now", "expireDate")
