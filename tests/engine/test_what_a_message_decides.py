"""What message and instrument decide between them, before any account is asked."""

from __future__ import annotations

import decimal
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from orders.engine.commands import Place
from orders.engine.refusals import KINDS, MALFORMED, kind_of, refusal
from orders.engine.terms import faults_of_place
from orders.engine.values import Guard, OrderType, Side, StopLossType, TakeProfitType, Validity
from tests.engine.desk import BTC, MONDAY, Desk, instrument

D = Decimal
LIMIT = Place(1, 1, OrderType.LIMIT, Side.BUY, qty=D("0.1"), price=D(60000))
STOP = Place(1, 1, OrderType.STOP, Side.BUY, qty=D("0.1"), stop_price=D(65000))
TRAILING = Place(1, 1, OrderType.TRAILING_STOP, Side.BUY, qty=D("0.1"), trail_ticks=D(5))


@pytest.mark.parametrize(
    ("place", "changes", "field", "code"),
    [
        (LIMIT, {"qty": D("0.1005")}, "qty", "qty_step"),
        (LIMIT, {"qty": D(0)}, "qty", "qty_minimum"),
        (LIMIT, {"qty": D("100.001")}, "qty", "qty_maximum"),
        (LIMIT, {"qty": None}, "qty", "required"),
        (LIMIT, {"cash_qty": D(0)}, "cashOrderQty", "not_positive"),
        (LIMIT, {"price": None}, "price", "required"),
        (LIMIT, {"price": D("60000.005")}, "price", "price_tick"),
        (LIMIT, {"price": D("-0.01")}, "price", "not_positive"),
        (LIMIT, {"stop_price": D(1)}, "stopPrice", "not_for_type"),
        (LIMIT, {"trail_ticks": D(1)}, "trStopOffset", "not_for_type"),
        (STOP, {"stop_price": None}, "stopPrice", "required"),
        (STOP, {"stop_price": D("0.001")}, "stopPrice", "price_tick"),
        (STOP, {"type": OrderType.STOP_LIMIT}, "price", "required"),
        (STOP, {"validity": Validity.FOK}, "validity", "validity_type"),
        (TRAILING, {"trail_ticks": None}, "trStopOffset", "required"),
        (TRAILING, {"trail_ticks": D("1.5")}, "trStopOffset", "ticks_whole"),
        (TRAILING, {"trail_ticks": D(0)}, "trStopOffset", "not_positive"),
        (LIMIT, {"validity": Validity.GTD}, "expireDate", "expire_date_required"),
        (LIMIT, {"expire_at": MONDAY + timedelta(1)}, "expireDate", "expire_date_unexpected"),
        (LIMIT, {"validity": Validity.GTD, "expire_at": MONDAY}, "expireDate", "expire_date_past"),
        (LIMIT, {"stop_loss": Guard(D("1.001"), StopLossType.ABSOLUTE)}, "stopLoss", "price_tick"),
        (LIMIT, {"stop_loss": Guard(D("1.5"), StopLossType.TICKS)}, "stopLoss", "ticks_whole"),
        (LIMIT, {"stop_loss": Guard(D("1.5"), StopLossType.TRAILING)}, "stopLoss", "ticks_whole"),
        (LIMIT, {"stop_loss": Guard(D(0), StopLossType.PERCENT)}, "stopLoss", "not_positive"),
        (LIMIT, {"take_profit": Guard(D("1.001"), TakeProfitType.ABSOLUTE)}, "takeProfit", "price_tick"),
        (LIMIT, {"take_profit": Guard(D("1.5"), TakeProfitType.TICKS)}, "takeProfit", "ticks_whole"),
        (LIMIT, {"take_profit": Guard(D(-1), TakeProfitType.PERCENT)}, "takeProfit", "not_positive"),
        (LIMIT, {"stop_loss": Guard(D(100), StopLossType.PERCENT)}, "stopLoss", "out_of_range"),
        (LIMIT, {"stop_loss": Guard(D("1E17"), StopLossType.TICKS)}, "stopLoss", "out_of_range"),
        (LIMIT, {"stop_loss": Guard(D("1E17"), StopLossType.TRAILING)}, "stopLoss", "out_of_range"),
        (LIMIT, {"take_profit": Guard(D(1_000_001), TakeProfitType.PERCENT)}, "takeProfit", "out_of_range"),
        (LIMIT, {"take_profit": Guard(D("1E15"), TakeProfitType.ABSOLUTE)}, "takeProfit", "out_of_range"),
    ],
)
def test_a_fault_names_its_field_and_is_found_by_the_engine_too(
    place: Place, changes: dict[str, Any], field: str, code: str
) -> None:
    asked = replace(place, **changes)
    (fault,) = faults_of_place(asked, BTC, MONDAY)
    assert (fault.field, fault.code) == (field, code)
    assert kind_of(code) == MALFORMED
    desk = Desk()
    desk.run(asked, refused=code)
    assert desk.order(1).state == "rejected"


@pytest.mark.parametrize(
    "place",
    [
        LIMIT,
        STOP,
        TRAILING,
        replace(LIMIT, qty=D("0.001")),
        replace(LIMIT, qty=D(100)),
        replace(LIMIT, qty=D("0.1005"), cash_qty=D(5)),
        replace(LIMIT, validity=Validity.GTD, expire_at=MONDAY + timedelta(microseconds=1)),
        replace(LIMIT, stop_loss=Guard(D("1.5"), StopLossType.PERCENT)),
        replace(LIMIT, take_profit=Guard(D("0.001"), TakeProfitType.PERCENT)),
        replace(LIMIT, type=OrderType.CARE),
        replace(LIMIT, type=OrderType.CARE, price=None),
    ],
)
def test_what_is_well_formed(place: Place) -> None:
    assert faults_of_place(place, BTC, MONDAY) == []


def test_all_faults_are_told_at_once_saying_what_would_be_right() -> None:
    asked = replace(LIMIT, qty=D("100.0005"), price=D("1.001"), stop_price=D("0.001"))
    faults = {f"{fault.field}: {fault.text}" for fault in faults_of_place(asked, BTC, MONDAY)}
    assert faults == {
        "qty: must be at most 100 lots",
        "qty: must be a multiple of 0.001",
        "price: must be a multiple of the tick 0.01",
        "stopPrice: makes no sense for a Limit order",
        "stopPrice: must be a multiple of the tick 0.01",
    }


@pytest.mark.parametrize(("price", "ok"), [("99.5", True), ("100", True), ("100.5", False), ("101", True)])
def test_the_tick_may_depend_on_the_price(price: str, ok: bool) -> None:
    ranges = ((D(0), D("0.5")), (D(100), D(1)))
    ranged = instrument(20, "RANGED", tick_size="0.01", tick_ranges=ranges)
    faults = faults_of_place(replace(LIMIT, price=D(price)), ranged, MONDAY)
    assert [fault.code for fault in faults] == ([] if ok else ["price_tick"])


def test_below_the_first_range_the_common_tick_holds() -> None:
    ranged = instrument(20, "RANGED", tick_size="0.01", tick_ranges=((D(10), D("0.5")),))
    assert ranged.tick_at(D("9.99")) == D("0.01")
    assert ranged.tick_at(D(10)) == D("0.5")


def test_no_decimal_context_of_the_caller_matters() -> None:
    with decimal.localcontext(prec=2):
        assert faults_of_place(replace(LIMIT, price=D("64250.01")), BTC, MONDAY) == []


def test_an_unknown_instrument_is_refused_without_an_order() -> None:
    desk = Desk()
    desk.run(replace(LIMIT, instrument_id=99), refused="symbol_unknown")
    assert desk.book.orders == {}


def test_a_code_that_is_not_in_the_list_is_a_bug() -> None:
    with pytest.raises(KeyError):
        refusal("no_such_code", "text")
    assert set(KINDS.values()) == {"malformed", "forbidden", "unknown", "final", "refused"}
