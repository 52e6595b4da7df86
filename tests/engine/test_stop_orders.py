"""Stop orders: they trigger at the stop, latch, and are Market orders from then on."""

from __future__ import annotations

import pytest

from tests.engine.desk import Desk


@pytest.mark.parametrize(
    ("side", "stop", "short_of_it", "at_it", "at"),
    [
        ("buy", "64500", ("64499", "64499.99"), ("64499", "64500"), "64500"),
        ("sell", "64000", ("64000.01", "64000.51"), ("64000", "64000.50"), "64000"),
        ("buy", "64500", ("64499", "64499.99"), ("64699.50", "64700"), "64700"),
        ("sell", "64000", ("64000.01", "64000.51"), ("63000", "63000.50"), "63000"),
    ],
)
def test_it_triggers_at_its_stop_and_fills_at_the_market(
    side: str, stop: str, short_of_it: tuple[str, str], at_it: tuple[str, str], at: str
) -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", side, "0.1", "Stop", stopPrice=stop, state="working")
    desk.quote("BTCUSDT", *short_of_it)
    assert desk.order(order).state == "working"
    desk.quote("BTCUSDT", *at_it)
    assert desk.fills(order) == [("0.1", at)]
    assert desk.history(order) == ["placed", "triggered", "filled"]


@pytest.mark.parametrize(
    ("side", "stop"), [("buy", "64000"), ("sell", "64300"), ("buy", "64250.50"), ("sell", "64250.00")]
)
def test_a_stop_at_or_through_the_market_is_refused(side: str, stop: str) -> None:
    desk = Desk()
    says = ("through the stop", "above the ask 64250.5" if side == "buy" else "below the bid 64250")
    desk.place("BTCUSDT", side, "0.1", "Stop", stopPrice=stop, refused="stop_through", says=says, state="rejected")
    assert desk.held("BTCUSDT") == "0"


def test_a_trigger_that_happened_stays_happened() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Stop", stopPrice="64500")
    desk.quote("BTCUSDT", "64499", "64500", sizes=("0", "0"))
    desk.quote("BTCUSDT", "64000", "64000.50")
    assert desk.fills(order) == [("0.1", "64000.5")]


def test_it_blocks_margin_at_its_stop() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.1", "Stop", stopPrice="64500")
    assert str(desk.figures.blocked_margin) == "6450.00"


def test_a_stop_limit_is_a_limit_order_once_it_triggers() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Stop limit", stopPrice="64500", price="64600", state="working")
    assert str(desk.figures.blocked_margin) == "6460.00"
    desk.quote("BTCUSDT", "64499.50", "64500")
    assert desk.fills(order) == [("0.1", "64500")]


def test_a_stop_limit_that_is_jumped_rests_at_its_limit() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Stop limit", stopPrice="64500", price="64550")
    desk.quote("BTCUSDT", "64699.50", "64700")
    assert (desk.order(order).state, desk.order(order).triggered) == ("working", True)
    desk.quote("BTCUSDT", "64399.50", "64400")
    assert desk.fills(order) == [("0.1", "64550")]


def test_a_sell_stop_limit_fills_at_a_bid_better_than_its_limit() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "sell", "0.1", "Stop limit", stopPrice="64000", price="63900")
    desk.quote("BTCUSDT", "63950", "63950.50")
    assert desk.fills(order) == [("0.1", "63950")]


def test_a_stop_limit_through_the_market_is_refused() -> None:
    Desk().place("BTCUSDT", "buy", "0.1", "Stop limit", stopPrice="64000", price="65000", refused="stop_through")
