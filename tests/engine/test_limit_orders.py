"""Limit orders: never worse than the limit."""

from __future__ import annotations

import pytest

from tests.engine.desk import Desk


@pytest.mark.parametrize(
    ("side", "limit", "at"),
    [
        ("buy", "64300", "64250.5"),
        ("sell", "64000", "64250"),
        ("buy", "64250.50", "64250.5"),
        ("sell", "64250", "64250"),
    ],
)
def test_a_marketable_limit_fills_at_the_quote(side: str, limit: str, at: str) -> None:
    Desk().place("BTCUSDT", side, "0.1", "Limit", price=limit, state="filled", at=at)


def test_a_resting_buy_fills_when_the_ask_reaches_it_at_its_limit() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", state="working", filled="0")
    desk.quote("BTCUSDT", "63999.50", "64000.01")
    assert desk.order(order).state == "working"
    desk.quote("BTCUSDT", "63899.50", "63900.00")
    assert desk.fills(order) == [("0.1", "64000")]


def test_a_resting_sell_fills_when_the_bid_reaches_it() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "sell", "0.1", "Limit", price="64500", state="working")
    desk.quote("BTCUSDT", "64499.99", "64600")
    assert desk.fills(order) == []
    desk.quote("BTCUSDT", "64500.00", "64600")
    assert desk.fills(order) == [("0.1", "64500")]


def test_sizes_bind_a_limit_order_too() -> None:
    desk = Desk()
    order = desk.place("SPY", "buy", "10", "Limit", price="589")
    desk.quote("SPY", "588", "588.50", sizes=("9", "4"))
    desk.quote("SPY", "588", "589", sizes=("9", "9"))
    assert desk.fills(order) == [("4", "589"), ("6", "589")]


def test_it_blocks_margin_while_it_rests_and_frees_it_when_it_is_gone() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000")
    assert (str(desk.figures.blocked_margin), str(desk.figures.available)) == ("6400.00", "93600.00")
    desk.cancel(order, state="cancelled")
    assert str(desk.figures.blocked_margin) == "0.00"


def test_it_needs_no_quote_to_rest() -> None:
    desk = Desk(quoted=False)
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", state="working")
    desk.quote("BTCUSDT", "63000", "63001")
    assert desk.fills(order) == [("0.1", "64000")]
