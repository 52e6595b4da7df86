"""The account's risk rules: they bind what opens, name themselves and their numbers, and never bind what closes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orders.engine.events import AccountChanged
from tests.engine.desk import Desk


def test_max_order_amount_counts_units() -> None:
    desk = Desk()
    desk.risk(maxOrderAmount="5")
    says = "maxOrderAmount allows 5 units, this would make 6"
    desk.place("SPY", "buy", "6", refused="max_order_amount", says=says, state="rejected")
    desk.place("SPY", "buy", "5", state="filled")
    desk.place("EUR/USD", "buy", "0.01", refused="max_order_amount", says="this would make 1000")
    desk.place("SPY", "sell", "11", refused="max_order_amount", says="6")
    desk.place("SPY", "sell", "10", state="filled")


def test_max_order_capital_counts_money() -> None:
    desk = Desk()
    desk.risk(maxOrderCapital="5900")
    says = "maxOrderCapital allows 5900.00 USD, this would take 5900.20 USD"
    desk.place("SPY", "buy", "10", refused="max_order_capital", says=says)
    desk.place("SPY", "buy", "10", "Limit", price="590", state="working")
    desk.place("UK100", "buy", "1", refused="max_order_capital", says="10415.68 USD")
    desk.risk(maxOrderCapital="5899")
    desk.place("SPY", "sell", "10", "Limit", price="500", refused="max_order_capital", says="5900.00 USD")


def test_max_orders_count_counts_placements_and_modifications_of_the_day() -> None:
    desk = Desk()
    desk.risk(maxOrdersCount="3")
    order = desk.place("SPY", "buy", "1", "Limit", price="500")
    desk.modify(order, price="501")
    desk.place("SPY", "buy", "1")
    says = "maxOrdersCount allows 3 placements and modifications a day, this would make 4"
    desk.place("SPY", "buy", "1", refused="max_orders_count", says=says)
    desk.modify(order, price="502", refused="max_orders_count")
    desk.cancel(order)
    desk.place("SPY", "sell", "1", state="filled")
    desk.now = datetime(2026, 1, 6, tzinfo=UTC)
    desk.place("SPY", "buy", "1", state="filled")


def test_refused_orders_do_not_count() -> None:
    desk = Desk()
    desk.risk(maxOrdersCount="1")
    desk.place("SPY", "buy", "9999", refused="margin")
    desk.place("SPY", "buy", "1", state="filled")


def test_max_pending_orders_number_counts_what_the_user_left_working() -> None:
    desk = Desk()
    desk.risk(maxPendingOrdersNumber="2")
    desk.place("SPY", "buy", "1", sl="500", tp="700")
    desk.place("SPY", "buy", "1", "Limit", price="500")
    order = desk.place("SPY", "buy", "1", "Stop", stopPrice="600")
    says = "maxPendingOrdersNumber allows 2 pending orders, this would make 3"
    desk.place("SPY", "buy", "1", "Limit", price="500", refused="max_pending_orders_number", says=says)
    desk.place("SPY", "buy", "1", state="filled")
    desk.place("SPY", "buy", "1", "Limit", price="600", validity="IOC", state="filled")
    desk.place("SPY", "sell", "1", "Limit", price="700", state="working")
    desk.cancel(order)
    desk.place("SPY", "buy", "1", "Limit", price="500", refused="max_pending_orders_number")


def test_max_positions_number() -> None:
    desk = Desk()
    desk.risk(maxPositionsNumber="1")
    waiting = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="60000")
    desk.place("SPY", "buy", "1")
    says = "maxPositionsNumber allows 1 positions, this would make 2"
    desk.place("AAPL", "buy", "1", refused="max_positions_number", says=says)
    desk.place("SPY", "buy", "1", state="filled")
    desk.quote("BTCUSDT", "59000", "59001")
    assert (desk.order(waiting).state, desk.order(waiting).reason) == ("cancelled", says)
    desk.place("SPY", "sell", "2")
    desk.place("AAPL", "buy", "1", state="filled")


def test_total_max_position_qty_counts_positions_and_orders() -> None:
    desk = Desk()
    desk.risk(totalMaxPositionQty="10")
    desk.place("SPY", "buy", "4")
    order = desk.place("AAPL", "buy", "4", "Limit", price="200")
    desk.place("SPY", "sell", "4", "Limit", price="700", state="working")
    says = "totalMaxPositionQty allows 10 lots in all, this would make 11"
    desk.place("SPY", "buy", "3", refused="total_max_position_qty", says=says)
    desk.modify(order, qty="7", refused="total_max_position_qty", says="this would make 11")
    desk.modify(order, qty="6")
    desk.place("SPY", "buy", "1", refused="total_max_position_qty")


def lose(desk: Desk, bid: str) -> None:
    desk.place("BTCUSDT", "buy", "0.1")
    desk.quote("BTCUSDT", bid, bid)


def test_the_daily_loss_limit_blocks_opening_until_the_next_day() -> None:
    desk = Desk()
    desk.risk(dailyLossLimit="100")
    lose(desk, "63250.90")
    desk.place("SPY", "buy", "1", state="filled")
    waiting = desk.place("SPY", "buy", "1", "Limit", price="580")
    desk.quote("BTCUSDT", "63250.40", "63250.40")
    reached = [event for event in desk.told if isinstance(event, AccountChanged)]
    assert [event.what for event in reached] == ["loss limit reached"]
    desk.quote("BTCUSDT", "70000", "70000")
    says = ("dailyLossLimit 100 is reached", "equity is 99899.97 USD", "until 00:00 UTC")
    desk.place("SPY", "buy", "1", refused="daily_loss_limit", says=says)
    desk.quote("SPY", "570", "570.02")
    assert desk.fills(waiting) == []
    desk.modify(waiting, price="500")
    desk.modify(waiting, qty="2", refused="daily_loss_limit")
    desk.place("BTCUSDT", "sell", "0.1", state="filled")
    desk.now = datetime(2026, 1, 6, tzinfo=UTC)
    desk.quote("SPY", "570", "570.02")
    desk.place("SPY", "buy", "1", state="filled")


def test_money_moved_is_no_loss() -> None:
    desk = Desk()
    desk.risk(dailyLossLimit="100")
    desk.money("withdrawal", "-5000")
    desk.place("SPY", "buy", "1", state="filled")
    desk.money("deposit", "5000")
    lose(desk, "63250.90")
    desk.place("SPY", "buy", "1", state="filled")
    desk.quote("BTCUSDT", "63250.40", "63250.40")
    desk.place("SPY", "buy", "1", refused="daily_loss_limit")


def test_max_drawdown_level_is_the_lowest_equity_allowed() -> None:
    desk = Desk()
    desk.risk(maxDrawdownLevel="99900")
    lose(desk, "63250.90")
    desk.place("SPY", "buy", "1", state="filled")
    desk.place("SPY", "sell", "1")
    desk.quote("BTCUSDT", "63250.50", "63250.50")
    desk.place("SPY", "buy", "1", refused="max_drawdown_level", says="maxDrawdownLevel 99900 is reached")
    desk.now = datetime(2026, 1, 6, tzinfo=UTC)
    desk.place("SPY", "buy", "1", refused="max_drawdown_level")
    desk.risk(maxDrawdownLevel="90000")
    desk.place("SPY", "buy", "1", state="filled")


@pytest.mark.parametrize(
    "rule", ["maxOrderAmount", "maxOrderCapital", "maxOrdersCount", "maxPendingOrdersNumber", "totalMaxPositionQty"]
)
def test_no_rule_binds_what_closes(rule: str) -> None:
    desk = Desk()
    desk.place("SPY", "buy", "10")
    desk.risk(**{rule: "0"})
    desk.place("SPY", "buy", "1", "Limit", price="580", state="rejected", refused=_code(rule))
    desk.place("SPY", "sell", "5", state="filled")
    order = desk.place("SPY", "sell", "5", "Limit", price="600", state="working")
    desk.modify(order, price="601")


def _code(rule: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in rule)


def test_all_that_speaks_against_an_order_is_said_at_once() -> None:
    desk = Desk("100")
    desk.risk(maxOrderAmount="1", maxOrderCapital="10")
    desk.place("SPY", "buy", "5", sl="600", refused="max_order_amount")
    assert list(desk.refusals()) == ["max_order_amount", "max_order_capital", "margin", "stop_loss_side"]
