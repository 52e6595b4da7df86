"""A working order's fields as a form shows them, and the modification that a changed form means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from orders.decimals import plain
from orders.engine.commands import KEEP, Keep, Modify
from orders.engine.terms import STOPPED, faults_of_price, faults_of_qty, faults_of_ticks, faults_of_validity
from orders.engine.values import OrderType, Refusal, StopLossType, TakeProfitType, Validity
from orders.instruments import terms_of
from orders.models import Order
from orders.ticket import HAS_PRICE
from orders.written import Written

FIELDS: Final = ("qty", "price", "stopPrice", "trStopOffset", "validity", "expireDate", "stopLoss", "takeProfit")


def has(order: Order) -> dict[str, bool]:
    """Which fields this order has. A stop loss or take profit has none of its own guards; its quantity follows."""
    type_ = OrderType(order.type)
    return {
        "price": type_ in HAS_PRICE,
        "stopPrice": type_ in STOPPED and not order.triggered,
        "trStopOffset": type_ is OrderType.TRAILING_STOP and not order.triggered,
        "guards": not order.leg,
    }


def values_of(order: Order) -> dict[str, str]:
    """As the form begins."""
    numbers = {"qty": order.qty, "price": order.price, "stopPrice": order.stop_price, "trStopOffset": order.trail_ticks}
    values = {name: plain(value) for name, value in numbers.items() if value is not None}
    values["validity"] = order.validity
    if order.expire_at and order.validity == Validity.GTD:
        values["expireDate"] = f"{timezone.localtime(order.expire_at):%Y-%m-%dT%H:%M}"
    for name, asked in (("stopLoss", order.stop_loss), ("takeProfit", order.take_profit)):
        if asked:
            values |= {name: plain(Decimal(str(asked["value"]))), f"{name}Type": str(asked.get("type", "absolute"))}
    return values


def modify_of(order: Order, written: Written, now: datetime) -> Modify | None:
    """What differs from the order as it is; None when that is nothing, or cannot be read."""
    shown, before = has(order), values_of(order)
    changes: dict[str, Any] = {"qty": changed(written, before, "qty")}
    for name, attribute in (("price", "price"), ("stopPrice", "stop_price"), ("trStopOffset", "trail_ticks")):
        changes[attribute] = changed(written, before, name) if shown[name] else KEEP
    changes |= changed_time(order, written, before)
    if shown["guards"]:
        changes |= changed_guard(written, before, "stopLoss", "stop_loss", StopLossType)
        changes |= changed_guard(written, before, "takeProfit", "take_profit", TakeProfitType)
    changes = {name: value for name, value in changes.items() if not isinstance(value, Keep)}
    if not written.faults:
        written.refuse(faults_of(order, changes, now))
    if not changes and not written.faults:
        written.fault("", "nothing to change")
    return None if written.faults else Modify(order.pk, **changes)


def changed(written: Written, before: dict[str, str], name: str) -> Decimal | Keep:
    if name not in written.values:
        return KEEP
    number = written.number(name)
    if number is None:
        if before.get(name) and name not in written.faults:
            written.fault(name, "is required")
        return KEEP
    return KEEP if plain(number) == before.get(name) else number


def changed_time(order: Order, written: Written, before: dict[str, str]) -> dict[str, Any]:
    validity = written.word("validity", Validity, Validity(order.validity))
    found: dict[str, Any] = {}
    if validity != order.validity:
        found["validity"] = validity
    if validity is Validity.GTD and written.text("expireDate") != before.get("expireDate", ""):
        found["expire_at"] = written.moment("expireDate") or KEEP
    return found


def changed_guard(
    written: Written,
    before: dict[str, str],
    name: str,
    attribute: str,
    types: type[StopLossType] | type[TakeProfitType],
) -> dict[str, Any]:
    """An emptied field removes it."""
    if name not in written.values:
        return {}
    if not written.text(name):
        return {attribute: None} if name in before else {}
    guard = written.guard(name, types)
    if guard is None or (plain(guard.value), str(guard.type)) == (before.get(name), before.get(f"{name}Type")):
        return {}
    return {attribute: guard.value, f"{attribute}_type": str(guard.type)}


def faults_of(order: Order, changes: dict[str, Any], now: datetime) -> list[Refusal]:
    """The engine's own checks of what the message and the instrument decide."""
    terms = terms_of([order.instrument_id])[order.instrument_id]
    faults: list[Refusal] = []
    checks: dict[str, Callable[[Any], Any]] = {
        "qty": lambda qty: faults_of_qty(qty, terms),
        "price": lambda price: faults_of_price(price, terms, "price"),
        "stop_price": lambda price: faults_of_price(price, terms, "stopPrice"),
        "trail_ticks": lambda ticks: faults_of_ticks(ticks, terms, "trStopOffset"),
    }
    for name, check in checks.items():
        if name in changes:
            faults += check(changes[name])
    if "validity" in changes or "expire_at" in changes:
        validity = changes.get("validity", Validity(order.validity))
        until = changes.get("expire_at", order.expire_at if validity is Validity.GTD else None)
        faults += faults_of_validity(OrderType(order.type), validity, until, now)
    return faults
