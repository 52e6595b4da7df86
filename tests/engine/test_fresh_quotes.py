"""An instrument may say how old a quote may be: an older one fills nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.engine.desk import Desk, instrument


@pytest.fixture
def desk() -> Desk:
    desk = Desk("100000", "USD", instrument(20, "COIN", max_quote_age_seconds=10))
    desk.quote("COIN", "100", "101")
    return desk


def test_at_the_limit_it_is_fresh_beyond_it_it_is_not(desk: Desk) -> None:
    desk.wait(seconds=10)
    desk.place("COIN", "buy", "1", state="filled")
    desk.wait(seconds=0.001)
    says = "no fresh price for COIN (last 12:00:00 UTC)"
    desk.place("COIN", "buy", "1", refused="quote_age", says=says, state="rejected")
    desk.place("COIN", "sell", "1", "Trailing stop", trStopOffset="5", refused="quote_age")
    desk.place("COIN", "buy", "1", "Limit", price="200", validity="FOK", refused="fok", says="no fresh price")
    desk.place("COIN", "buy", "1", "Limit", price="200", validity="IOC", state="cancelled", filled="0")


def test_a_resting_order_waits_for_a_fresh_one(desk: Desk) -> None:
    desk.wait(seconds=11)
    order = desk.place("COIN", "buy", "1", "Limit", price="101", state="working", filled="0")
    desk.quote("COIN", "100", "101", time=desk.now - timedelta(seconds=11))
    assert desk.fills(order) == []
    desk.quote("COIN", "100", "101", time=desk.now - timedelta(seconds=10))
    assert desk.fills(order) == [("1", "101")]


def test_a_quote_that_was_fresh_when_it_came_fills_though_it_is_shown_late(desk: Desk) -> None:
    order = desk.place("COIN", "buy", "1", "Limit", price="90")
    quote = desk._remember("COIN", "88", "89", None, None, None)
    desk.wait(seconds=60)
    desk.show(quote)
    assert desk.fills(order) == [("1", "90")]


def test_a_stale_quote_triggers_nothing(desk: Desk) -> None:
    order = desk.place("COIN", "sell", "1", "Stop", stopPrice="90")
    desk.quote("COIN", "80", "81", time=desk.now - timedelta(seconds=60))
    assert not desk.order(order).triggered
