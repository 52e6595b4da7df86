"""Modifying: all of it happens, or none; the order keeps its id and re-enters the market as if it were new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from orders.engine.values import OrderType, Side, Validity
from tests.engine.desk import MONDAY, Desk

D = Decimal


def resting(desk: Desk, **fields: Any) -> int:
    return desk.place("BTCUSDT", "buy", "0.1", **({"type": "Limit", "price": "64000"} | fields))


def test_price_and_quantity_change_and_the_history_says_from_what_to_what() -> None:
    desk = Desk()
    order = resting(desk)
    desk.modify(order, price="63000", qty="0.2", state="working")
    assert (desk.order(order).price, desk.order(order).qty) == (D(63000), D("0.2"))
    assert str(desk.figures.blocked_margin) == "12600.00"
    assert dict(desk.told[0].details) == {"price": "64000 → 63000", "qty": "0.1 → 0.2"}


def test_a_limit_moved_through_the_quote_fills_at_the_quote() -> None:
    desk = Desk()
    order = resting(desk)
    desk.modify(order, price="64300", state="filled", at="64250.5")


def test_a_moved_stop_triggers_at_its_new_level_only() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Stop", stopPrice="64500")
    desk.modify(order, stop_price="64800")
    desk.quote("BTCUSDT", "64599.50", "64600")
    assert desk.order(order).state == "working"
    desk.quote("BTCUSDT", "64799.50", "64800")
    assert desk.fills(order) == [("0.1", "64800")]


def test_a_stop_moved_through_the_market_is_refused() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Stop", stopPrice="64500")
    desk.modify(order, stop_price="64250.50", refused="stop_through")
    assert desk.order(order).stop_price == D(64500)


def test_all_changes_happen_or_none() -> None:
    desk = Desk()
    order = resting(desk)
    desk.modify(order, price="63000", stop_price="62000", refused="not_for_type", says="stopPrice makes no sense")
    desk.modify(order, price="63000", qty="0.1005", refused="qty_step")
    desk.modify(order, price="63000", qty="2", refused="margin")
    assert (desk.order(order).price, desk.order(order).qty) == (D(64000), D("0.1"))
    assert desk.history(order) == ["placed"]


@pytest.mark.parametrize(
    ("fields", "change", "public"),
    [
        ({}, {"stop_price": "1"}, "stopPrice"),
        ({}, {"trail_ticks": "1"}, "trStopOffset"),
        ({}, {"user_comment": "hi"}, "userComment"),
        ({"type": "Stop", "stopPrice": "65000", "price": None}, {"price": "65000"}, "price"),
        ({"type": "Trailing stop", "trStopOffset": "9", "price": None}, {"stop_price": "9"}, "stopPrice"),
        ({"type": "Care"}, {"stop_price": "9"}, "stopPrice"),
    ],
    ids=str,
)
def test_what_makes_no_sense_for_the_type(fields: dict[str, Any], change: dict[str, Any], public: str) -> None:
    desk = Desk()
    given = {"type": "Limit", "price": "64000"} | fields
    order = desk.place("BTCUSDT", "buy", "0.1", **{k: v for k, v in given.items() if v is not None})
    desk.modify(order, **change, refused="not_for_type", says=public)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"qty": "0"}, "qty_minimum"),
        ({"qty": "0.0005"}, "qty_minimum"),
        ({"qty": "101"}, "qty_maximum"),
        ({"price": "64000.005"}, "price_tick"),
        ({"price": "0"}, "not_positive"),
        ({"stop_loss": "63000.001"}, "price_tick"),
        ({"take_profit": "0", "take_profit_type": "offset in %"}, "not_positive"),
        ({"stop_loss": "1.5", "stop_loss_type": "tr. offset"}, "ticks_whole"),
        ({}, "nothing_to_change"),
        ({"stop_loss_type": "absolute"}, "guard_type_alone"),
        ({"stop_loss": None, "stop_loss_type": "absolute"}, "guard_type_alone"),
        ({"validity": Validity.GTD}, "expire_date_required"),
        ({"expire_at": MONDAY + timedelta(hours=1)}, "expire_date_unexpected"),
        ({"validity": Validity.GTD, "expire_at": MONDAY}, "expire_date_past"),
        ({"side": Side.SELL}, "order_differs"),
        ({"type": OrderType.STOP, "price": "1"}, "order_differs"),
        ({"instrument_id": 5, "price": "1"}, "order_differs"),
    ],
    ids=str,
)
def test_what_the_message_decides(change: dict[str, Any], code: str) -> None:
    desk = Desk()
    order = resting(desk)
    desk.modify(order, **change, refused=code, state="working")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"side": Side.SELL}, "side cannot be modified: order 1001 has buy"),
        ({"type": OrderType.STOP}, "type cannot be modified: order 1001 has Limit"),
        ({"instrument_id": 5}, "symbol cannot be modified: order 1001 has BTCUSDT"),
    ],
)
def test_what_cannot_be_modified_is_named_with_what_the_order_has(change: dict[str, Any], says: str) -> None:
    desk = Desk()
    desk.modify(resting(desk), **change, refused="order_differs", says=says)


def test_naming_the_order_s_own_side_type_and_symbol_is_fine() -> None:
    desk = Desk()
    order = resting(desk)
    desk.modify(order, side=Side.BUY, type=OrderType.LIMIT, instrument_id=1, price="63000")


def test_an_equal_value_is_no_new_entry() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("5", "5"))
    order = desk.place("SPY", "buy", "8", "Limit", price="590.02", filled="5")
    desk.modify(order, price="590.02", filled="5")


def test_a_trailing_stop_can_be_given_another_offset_only() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "sell", "0.1", "Trailing stop", trStopOffset="100")
    desk.modify(order, trail_ticks="50.5", refused="ticks_whole")
    desk.modify(order, trail_ticks="0", refused="not_positive")
    desk.modify(order, trail_ticks="50")
    assert desk.order(order).stop_price == D("64249.50")
    assert dict(desk.told[0].details) == {"trStopOffset": "100 → 50"}


def test_quantity_is_the_new_total() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("100", "100"))
    order = desk.place("SPY", "buy", "150")
    desk.modify(order, qty="99", refused="qty_below_filled", says="at least what is filled, 100 lots")
    desk.modify(order, qty="101", state="partially filled")
    desk.modify(order, qty="100", state="filled")
    assert desk.history(order)[-1] == "modified"
    assert len(desk.book.unfinished()) == 0


def test_validity_can_become_gtd_and_back() -> None:
    desk = Desk()
    order = resting(desk, validity="GTC")
    at = MONDAY + timedelta(hours=1)
    desk.modify(order, validity=Validity.GTD, expire_at=at)
    assert (desk.order(order).validity, desk.order(order).expire_at) == ("GTD", at)
    desk.modify(order, expire_at=at + timedelta(hours=1))
    assert desk.order(order).expire_at == at + timedelta(hours=1)
    desk.modify(order, validity=Validity.GTD)
    assert desk.order(order).expire_at == at + timedelta(hours=1)
    desk.modify(order, validity=Validity.DAY)
    assert desk.order(order).expire_at == datetime(2026, 1, 6, tzinfo=UTC)
    desk.modify(order, validity=Validity.GTC)
    assert desk.order(order).expire_at is None


def test_becoming_ioc_takes_what_there_is_and_ends() -> None:
    desk = Desk()
    desk.modify(resting(desk), validity=Validity.IOC, state="cancelled", filled="0")
    desk.modify(resting(desk), validity=Validity.IOC, price="65000", state="filled")


def test_becoming_fok_is_refused_where_it_cannot_fill() -> None:
    desk = Desk()
    order = resting(desk)
    desk.modify(order, validity=Validity.FOK, refused="fok", state="working")
    desk.modify(order, validity=Validity.FOK, price="65000", state="filled")


def test_a_stop_cannot_become_ioc() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Stop", stopPrice="64500")
    desk.modify(order, validity=Validity.IOC, refused="validity_type", state="working")


def test_after_its_trigger_only_the_limit_of_a_stop_limit_moves() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Stop limit", stopPrice="64500", price="64550")
    desk.quote("BTCUSDT", "64699.50", "64700")
    desk.modify(order, stop_price="64900", refused="triggered")
    desk.modify(order, price="64600", state="working")
    desk.modify(order, price="64700", state="filled", at="64700")


def test_a_triggered_trailing_stop_trails_no_more() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "sell", "0.1", "Trailing stop", trStopOffset="100")
    desk.quote("BTCUSDT", "60000", "60001", sizes=("0", "0"))
    desk.modify(order, trail_ticks="50", refused="triggered", says="trStopOffset")


def test_a_care_order_keeps_waiting() -> None:
    desk = Desk()
    order = desk.place("AAPL", "buy", "10", "Care")
    desk.modify(order, price="300", user_comment="now", state="working", filled="0")
    assert (desk.order(order).price, desk.order(order).user_comment) == (D(300), "now")
    assert dict(desk.told[0].details) == {"price": "none → 300", "userComment": " → now"}


@pytest.mark.parametrize("state", ["filled", "cancelled", "rejected", "expired"])
def test_final_orders_are_final(state: str) -> None:
    desk = Desk()
    if state == "filled":
        order = desk.place("BTCUSDT", "buy", "0.1")
    elif state == "rejected":
        order = desk.place("BTCUSDT", "buy", "9", refused="margin")
    else:
        order = resting(desk)
    if state == "cancelled":
        desk.cancel(order)
    if state == "expired":
        desk.wait(days=1)
        desk.expire(order)
    desk.modify(order, price="1", refused="order_final", says=f"order {order} is {state} already")
    desk.cancel(order, refused="order_final", says=state)
    assert desk.order(order).state == state


def test_an_order_that_does_not_exist() -> None:
    desk = Desk()
    desk.modify(4711, price="1", refused="order_unknown", says="no order 4711")
    desk.cancel(4711, refused="order_unknown")
    desk.expire(4711)
    assert desk.told == []


def test_modified_prices_keep_to_the_instrument_s_limits() -> None:
    from tests.engine.desk import instrument

    desk = Desk("1000", "USD", instrument(20, "LIM", low_price_limit="90", high_price_limit="110"))
    desk.quote("LIM", "100", "100.02")
    order = desk.place("LIM", "buy", "1", "Limit", price="95")
    desk.modify(order, price="89.99", refused="price_limits", says="89.99 is below the low price limit 90")
    desk.place(
        "LIM", "sell", "1", "Limit", price="110.01", refused="price_limits", says="above the high price limit 110"
    )
    desk.place("LIM", "buy", "1", "Stop", stopPrice="110.01", refused="price_limits", says="stopPrice")
    desk.place("LIM", "buy", "1", "Limit", price="90", state="working")
    desk.place("LIM", "sell", "1", "Limit", price="110", state="working")
