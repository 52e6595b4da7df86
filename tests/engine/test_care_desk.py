"""Care orders: they wait for a dealer, who fills them or sends them back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orders.engine.values import InstrumentStatus, Session
from tests.engine.desk import AAPL, SHARE, Desk, instrument


def test_it_never_executes_by_itself() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Care", price="64300", user_comment="gently", state="working")
    desk.quote("BTCUSDT", "63000", "63000.50")
    assert (desk.order(order).state, desk.order(order).user_comment) == ("working", "gently")


def test_a_dealer_fills_it_in_parts() -> None:
    desk = Desk()
    order = desk.place("AAPL", "buy", "10", "Care")
    desk.dealer_fill(order, "4", "230.00", state="partially filled", filled="4", at="230")
    desk.dealer_fill(order, "6", "230.01", state="filled", at="230.006")
    assert (desk.held("AAPL"), str(desk.figures.used_margin)) == ("10", "1150.03")
    desk.dealer_fill(order, "1", "230", refused="order_final", says="is filled already")


def test_a_dealer_may_deal_outside_the_quote() -> None:
    desk = Desk()
    desk.dealer_fill(desk.place("AAPL", "buy", "10", "Care"), "10", "200.00", state="filled")


@pytest.mark.parametrize(
    ("side", "limit", "price", "ok"),
    [
        ("buy", "229.99", "229.99", True),
        ("buy", "229.99", "230", False),
        ("sell", "230.01", "230.01", True),
        ("sell", "230.01", "230", False),
    ],
)
def test_never_worse_than_its_limit(side: str, limit: str, price: str, ok: bool) -> None:
    desk = Desk()
    order = desk.place("SPY", side, "10", "Care", price=limit)
    expected = {"state": "filled"} if ok else {"refused": "dealer_price", "says": f"limit {limit}", "state": "working"}
    desk.dealer_fill(order, "10", price, **expected)


@pytest.mark.parametrize(
    ("qty", "price", "code"),
    [
        ("11", "230", "dealer_qty"),
        ("0", "230", "dealer_qty"),
        ("-1", "230", "dealer_qty"),
        ("1.5", "230", "dealer_qty"),
        ("1", "230.001", "price_tick"),
        ("1", "0", "not_positive"),
    ],
)
def test_what_a_dealer_cannot_do(qty: str, price: str, code: str) -> None:
    desk = Desk()
    order = desk.place("AAPL", "buy", "10", "Care")
    desk.dealer_fill(order, qty, price, refused=code, state="working", filled="0")


def test_a_dealer_deals_with_care_orders_only() -> None:
    desk = Desk()
    order = desk.place("AAPL", "buy", "10", "Limit", price="200")
    desk.dealer_fill(order, "10", "200", refused="not_care", says=f"order {order} is a Limit order, not Care")
    desk.dealer_reject(order, "no", refused="not_care", state="working")
    desk.dealer_fill(4711, "10", "200", refused="order_unknown")


def test_a_dealer_rejects_it_with_a_reason() -> None:
    desk = Desk()
    order = desk.place("AAPL", "buy", "10", "Care")
    desk.dealer_reject(order, "no block on offer today", state="rejected")
    assert desk.order(order).reason == "no block on offer today"
    assert desk.history(order) == ["placed", "rejected"]
    desk.dealer_reject(order, "again", refused="order_final")


def test_rejecting_what_is_filled_in_part_cancels_the_rest() -> None:
    desk = Desk()
    order = desk.place("AAPL", "buy", "10", "Care")
    desk.dealer_fill(order, "4", "230")
    desk.dealer_reject(order, "nothing more today", state="cancelled", filled="4")
    assert desk.order(order).reason == "nothing more today"


def test_a_deal_that_opens_needs_margin_and_may_not_sell_short() -> None:
    desk = Desk("1000")
    order = desk.place("AAPL", "buy", "10", "Care")
    desk.dealer_fill(order, "9", "230", refused="margin", says=("required 1035.00 USD", "available 1000.00 USD"))
    desk.dealer_fill(order, "8", "230", filled="8")
    sale = desk.place("AAPL", "sell", "8", "Care")
    desk.place("AAPL", "sell", "3")
    desk.dealer_fill(sale, "6", "230", refused="short_not_allowed")
    desk.dealer_fill(sale, "5", "230", filled="5")


def test_a_priced_order_deals_from_what_it_blocks() -> None:
    desk = Desk("1150")
    order = desk.place("AAPL", "buy", "10", "Care", price="230")
    desk.dealer_fill(order, "10", "230", state="filled")


def test_a_reached_loss_limit_binds_a_deal_too() -> None:
    desk = Desk()
    order = desk.place("AAPL", "buy", "1", "Care")
    desk.risk(maxDrawdownLevel="100000")
    desk.dealer_fill(order, "1", "230", refused="max_drawdown_level")


def test_no_deal_out_of_session() -> None:
    hours = Session(*(datetime(2026, 1, 5, hour, tzinfo=UTC) for hour in (13, 18, 18)))
    desk = Desk("100000", "USD", instrument(20, "SHR", **SHARE, calendar="XTST"))
    desk.market.sessions = {"XTST": (hours,)}
    order = desk.place("SHR", "buy", "1", "Care", state="working")
    desk.dealer_fill(order, "1", "10", refused="out_of_session")
    desk.now = hours.opens
    desk.dealer_fill(order, "1", "10", state="filled")
    assert str(desk.figures.open_pl) == "0.00"  # nothing marks it yet


def test_a_dealer_s_fill_names_no_quote() -> None:
    desk = Desk()
    order = desk.place("AAPL", "buy", "1", "Care")
    desk.dealer_fill(order, "1", "230")
    assert next(event for event in desk.told if type(event).__name__ == "OrderFilled").quote is None


def test_it_expires_like_any_other() -> None:
    desk = Desk()
    order = desk.place("AAPL", "buy", "1", "Care")
    desk.wait(days=1)
    desk.dealer_fill(order, "1", "230", refused="order_final", says="is expired already")


def test_a_deal_opens_no_position_too_many() -> None:
    desk = Desk()
    shares, coins = desk.place("AAPL", "buy", "2", "Care"), desk.place("BTCUSDT", "sell", "0.2", "Care")
    desk.risk(maxPositionsNumber="1")
    desk.dealer_fill(shares, "1", "230", state="partially filled")
    desk.dealer_fill(coins, "0.1", "64250", refused="max_positions_number", filled="0")
    desk.dealer_fill(shares, "1", "230", state="filled")
    desk.risk()
    desk.place("BTCUSDT", "buy", "0.1")
    desk.risk(maxPositionsNumber="1")
    desk.dealer_fill(coins, "0.1", "64250", filled="0.1")


def test_no_deal_in_what_is_closed() -> None:
    desk = Desk()
    order = desk.place("AAPL", "buy", "1", "Care")
    desk.market.instruments[6] = replace(AAPL, status=InstrumentStatus.CLOSED)  # type: ignore[index]
    desk.dealer_fill(order, "1", "230", refused="instrument_closed", state="working")
