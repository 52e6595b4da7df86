"""What opening costs, what resting orders tie up, and what is refused for it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.engine.desk import Desk, instrument


def test_an_order_beyond_the_available_amount_is_refused_with_the_numbers() -> None:
    desk = Desk()
    says = "not enough margin: required 128501.00 USD, available 100000.00 USD"
    order = desk.place("BTCUSDT", "buy", "2", refused="margin", says=says, state="rejected", filled="0")
    assert desk.order(order).reason == says
    assert desk.history(order) == ["rejected"]
    assert desk.held("BTCUSDT") == "0"


def test_to_the_last_cent() -> None:
    Desk("6425.05").place("BTCUSDT", "buy", "0.1", state="filled")
    Desk("6425.04").place("BTCUSDT", "buy", "0.1", refused="margin")


def test_closing_is_never_refused() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "1.5")
    desk.quote("BTCUSDT", "40000", "40001")
    assert desk.figures.available < 0
    desk.place("BTCUSDT", "sell", "0.5", state="filled")
    desk.place("BTCUSDT", "sell", "1", "Limit", price="39000", state="filled")


def test_resting_orders_block_margin() -> None:
    desk = Desk()
    for _ in range(2):
        desk.place("BTCUSDT", "buy", "0.6", "Limit", price="64000")
    says = ("required 32000.00 USD", "available 23200.00 USD")
    desk.place("BTCUSDT", "buy", "0.5", "Limit", price="64000", refused="margin", says=says)
    assert str(desk.figures.blocked_margin) == "76800.00"


def test_only_the_part_that_opens_blocks() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.1")
    order = desk.place("BTCUSDT", "sell", "0.1", "Limit", price="65000")
    assert str(desk.figures.blocked_margin) == "0.00"
    desk.modify(order, qty="0.3")
    assert str(desk.figures.blocked_margin) == "13000.00"


def test_each_order_is_counted_alone() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.1")
    for _ in range(3):
        desk.place("BTCUSDT", "sell", "0.1", "Limit", price="65000")
    assert str(desk.figures.blocked_margin) == "0.00"


def test_what_waits_of_a_market_order_blocks_at_the_present_quote() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("100", "100"))
    desk.place("SPY", "buy", "150")
    assert str(desk.figures.blocked_margin) == "14750.50"  # 50 x 590.02 x 0.5
    desk.market.quotes[5] = desk._remember("SPY", "600", "601", None, None, None)
    assert str(desk.figures.blocked_margin) == "15025.00"


def test_a_marketable_limit_is_judged_by_its_own_price() -> None:
    desk = Desk("6450")
    desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64600", refused="margin", says="required 6460.00 USD")
    desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64500", at="64250.5")


def test_a_sell_limit_below_the_bid_is_judged_by_the_bid() -> None:
    desk = Desk("6400")
    says = ("required 6425.00 USD", "available 6400.00 USD")
    desk.place("BTCUSDT", "sell", "0.1", "Limit", price="60000", refused="margin", says=says)
    assert desk.held("BTCUSDT") == "0"
    desk.place("BTCUSDT", "sell", "0.099", "Limit", price="60000", at="64250")
    assert desk.figures.available >= 0


def test_a_sell_limit_moved_below_the_bid_is_judged_by_the_bid() -> None:
    desk = Desk("6500")
    order = desk.place("BTCUSDT", "sell", "0.1", "Limit", price="65000")
    desk.market.quotes[1] = replace(desk.market.quotes[1], bid=Decimal(66000), ask=Decimal(66001))
    desk.modify(order, price="64000", refused="margin", says="required 100.00 USD", state="working")


def test_where_nothing_fills_now_a_sell_limit_is_judged_by_itself() -> None:
    desk = Desk("90", "USD", instrument(20, "COIN", max_quote_age_seconds=5))
    desk.quote("COIN", "100", "100")
    desk.place("COIN", "sell", "1", "Limit", price="90", refused="margin")
    desk.wait(seconds=6)
    desk.place("COIN", "sell", "1", "Limit", price="90", state="working")


def test_turning_a_position_around_counts_what_closing_sets_free() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "1.5")
    desk.place("BTCUSDT", "sell", "3", state="filled")
    assert desk.held("BTCUSDT") == "-1.5"
    says = ("required 102800.80 USD", "available 99998.50 USD")
    desk.place("BTCUSDT", "buy", "3.1", refused="margin", says=says)


def test_a_resting_order_that_would_turn_it_around_blocks_what_it_opens() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "1.5")
    desk.place("BTCUSDT", "sell", "3", "Limit", price="65000", refused="margin", says="required 97500.00 USD")


def test_a_resting_order_fills_from_what_it_has_blocked() -> None:
    desk = Desk("6400")
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", state="working")
    assert str(desk.figures.available) == "0.00"
    desk.quote("BTCUSDT", "63999.50", "64000")
    assert desk.fills(order) == [("0.1", "64000")]


def test_a_stop_that_jumps_beyond_the_margin_is_cancelled_saying_so() -> None:
    desk = Desk("6450")
    order = desk.place("BTCUSDT", "buy", "0.1", "Stop", stopPrice="64500")
    desk.quote("BTCUSDT", "64699", "64700")
    assert desk.order(order).state == "cancelled"
    assert desk.order(order).reason == "not enough margin: required 6470.00 USD, available 6450.00 USD"
    assert desk.history(order) == ["placed", "triggered", "cancelled"]


def test_an_order_that_closed_on_arrival_but_opens_by_now_is_asked_again() -> None:
    desk = Desk("6500")
    desk.place("BTCUSDT", "buy", "0.1")
    orders = [desk.place("BTCUSDT", "sell", "0.1", "Limit", price="65000") for _ in range(2)]
    desk.place("BTCUSDT", "sell", "0.05")
    desk.quote("BTCUSDT", "65000", "65000.50")
    first, second = (desk.order(order) for order in orders)
    # Of the first 0.05 closes and 0.05 opens, taking 3250.00; the second would take 6500.00 more.
    assert (first.state, second.state, desk.held("BTCUSDT")) == ("filled", "cancelled", "-0.05")
    assert second.reason.startswith("not enough margin: required 6500.00 USD, available 3")


@pytest.mark.parametrize(("percent", "available"), [("60000", "6425.05"), ("50000", "14250.50")])
def test_losses_count_at_once(percent: str, available: str) -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "1")
    desk.quote("BTCUSDT", percent, str(int(percent) + 1))
    loss = Decimal("64250.50") - Decimal(percent)
    assert desk.figures.equity == 100000 - loss
    assert desk.figures.available == 100000 - loss - Decimal("64250.50")


def test_modifying_asks_for_the_part_that_is_added() -> None:
    desk = Desk("10000")
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="60000")
    desk.modify(order, qty="0.2", refused="margin", says=("required 6000.00 USD", "available 4000.00 USD"))
    assert desk.order(order).qty == Decimal("0.1")
    desk.modify(order, price="63000")
    desk.modify(order, qty="0.15")
    desk.modify(order, price="66700", refused="margin")
    assert str(desk.figures.available) == "550.00"


def test_a_care_order_blocks_only_by_its_price() -> None:
    desk = Desk()
    desk.place("AAPL", "buy", "10", "Care")
    assert str(desk.figures.blocked_margin) == "0.00"
    desk.place("AAPL", "buy", "10", "Care", price="229")
    assert str(desk.figures.blocked_margin) == "1145.00"
    Desk("100").place("AAPL", "buy", "10", "Care", price="229", refused="margin")


def test_what_waits_for_a_next_quote_sets_no_margin_free() -> None:
    desk = Desk("100000")
    desk.place("BTCUSDT", "buy", "1.5")
    desk.quote("BTCUSDT", "64250.00", "64250.50", ("1", "1"))
    desk.place("BTCUSDT", "sell", "3", refused="margin", says="required 96375.00 USD, available 67874.00 USD")
    desk.place("BTCUSDT", "sell", "2.5", state="partially filled", filled="1")
    assert desk.figures.available >= 0


def test_margin_is_whole_in_a_currency_without_cents() -> None:
    desk = Desk("10000000", "JPY")
    desk.place("USD/JPY", "buy", "0.01")
    desk.place("USD/JPY", "buy", "0.01", "Limit", price="149.999")
    assert (str(desk.figures.used_margin), str(desk.figures.blocked_margin)) == ("3000", "3000")
    desk.place("USD/JPY", "buy", "40", refused="margin", says=("required 12000800 JPY", "available 9993990 JPY"))


def test_what_a_resting_order_blocks_follows_its_position() -> None:
    """A sell against a position blocks only what would open; when the position goes, all of it."""
    desk = Desk("100000")
    desk.place("SPY", "buy", "10")
    desk.place("SPY", "sell", "15", "Limit", price="600")
    assert str(desk.figures.blocked_margin) == "1500.00"
    desk.place("SPY", "sell", "4")
    assert str(desk.figures.blocked_margin) == "2700.00"
    desk.quote("SPY", "580.00", "580.02")
    desk.place("SPY", "sell", "6")
    assert str(desk.figures.blocked_margin) == "4500.00"
