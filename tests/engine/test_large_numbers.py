"""Numbers that no book holds are refused, and levels that nobody could foresee stay among the possible prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orders.engine import watch
from orders.engine.commands import MoveMoney
from tests.engine.desk import Desk, instrument

D = Decimal
TOO_MUCH = "999999999999999999"


@pytest.mark.parametrize(
    ("type_", "fields"),
    [
        ("Limit", {"price": TOO_MUCH}),
        ("Stop", {"stopPrice": TOO_MUCH}),
        ("Trailing stop", {"trStopOffset": TOO_MUCH}),
        ("Market", {"cashOrderQty": TOO_MUCH}),
        ("Care", {"price": TOO_MUCH}),
    ],
)
def test_an_order_that_the_books_cannot_hold_leaves_nothing(type_: str, fields: dict[str, Any]) -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.1", type_, **fields, refused="out_of_range")
    assert desk.book.orders == {}
    assert desk.book.changed_orders == set()


def test_neither_does_a_quantity() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "1E20", refused="out_of_range")
    assert desk.book.orders == {}


@pytest.mark.parametrize(
    "change",
    [
        {"price": TOO_MUCH},
        {"qty": TOO_MUCH},
        {"stop_loss": TOO_MUCH, "stop_loss_type": "offset in ticks"},
        {"stop_loss": "100", "stop_loss_type": "offset in %"},
        {"take_profit": TOO_MUCH, "take_profit_type": "offset in %"},
    ],
    ids=str,
)
def test_no_modification_gets_there(change: dict[str, Any]) -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", sl="63000")
    desk.modify(order, **change, refused="out_of_range")
    assert (desk.order(order).price, desk.order(order).qty) == (D(64000), D("0.1"))


def test_money_and_dealers_neither() -> None:
    desk = Desk()
    desk.money("deposit", TOO_MUCH, refused="out_of_range")
    desk.run(MoveMoney("adjustment", -D(TOO_MUCH)), refused="out_of_range")
    order = desk.place("BTCUSDT", "sell", "0.1", "Care")
    desk.dealer_fill(order, "0.1", TOO_MUCH, refused="out_of_range")
    assert str(desk.book.balance) == "100000"


def test_a_level_beyond_all_prices_is_refused_where_the_entry_is_known() -> None:
    coin = instrument(20, "COIN", margin_rate="0.0000001")
    desk = Desk("100000", "USD", coin)
    entry = {"price": "900000000000000"}
    desk.place("COIN", "buy", "0.001", "Limit", **entry, tp=("20", "offset in %"), refused="out_of_range")
    desk.place("COIN", "buy", "0.001", "Limit", **entry, tp=("10", "offset in %"), state="working")


@pytest.mark.parametrize("sl", [("150000", "offset in ticks"), ("150000", "tr. offset"), ("99.9999", "offset in %")])
def test_a_level_below_zero_stands_at_one_tick(sl: tuple[str, str]) -> None:
    desk = Desk()
    desk.quote("BTCUSDT", "999.50", "1000")
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", sl=sl, at="1000")
    leg, _ = desk.legs(order)
    assert leg is not None
    assert (leg.state, leg.stop_price) == ("working", D("0.01"))
    desk.quote("BTCUSDT", "0.01", "0.02")
    assert desk.held("BTCUSDT") == "0"


def test_a_level_too_high_stands_at_the_last_price() -> None:
    desk = Desk("100000", "USD", instrument(20, "COIN", margin_rate="0.00000001", tick_size="3"))
    desk.quote("COIN", "999000000000000", "999000000000000")
    order = desk.place("COIN", "sell", "0.001", "Limit", price="300", sl=("30", "offset in %"), at="999000000000000")
    leg, _ = desk.legs(order)
    assert leg is not None
    assert (leg.state, leg.stop_price) == ("working", D("999999999999999"))


def test_how_far_a_tiny_short_may_move_is_no_number_either() -> None:
    desk = Desk("900000000000000", "USD", instrument(20, "COIN", min_lot="0.0000001", lot_step="0.0000001"))
    desk.quote("COIN", "1", "1")
    desk.place("COIN", "sell", "0.0000001", state="filled")
    assert watch.position_levels(desk.book, desk.market) == {20: (None, None)}
