"""Market orders: at once, at the quote's own side, as far as the quote's size goes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.engine.desk import Desk


def test_a_buy_fills_at_the_ask_and_is_marked_at_the_bid() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.1", state="filled", filled="0.1", at="64250.5")
    figures = desk.figures
    assert [str(n) for n in figures] == ["100000", "-0.05", "99999.95", "6425.05", "0.00", "93574.90"]


def test_a_sell_fills_at_the_bid() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "sell", "0.2", at="64250")
    assert desk.held("BTCUSDT") == "-0.2"
    desk.quote("BTCUSDT", "64150.00", "64150.50")
    desk.place("BTCUSDT", "buy", "0.2", at="64150.5")
    assert desk.ledger() == [("deposit", "100000"), ("realised P/L", "19.9")]


def test_what_the_quote_does_not_hold_waits_for_the_next_one() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("100", "100"))
    order = desk.place("SPY", "buy", "150", state="partially filled", filled="100")
    desk.quote("SPY", "590.10", "590.12", sizes=("40", "30"))
    assert desk.order(order).state == "partially filled"
    desk.quote("SPY", "590.20", "590.22", sizes=("40", "100"))
    assert desk.fills(order) == [("100", "590.02"), ("30", "590.12"), ("20", "590.22")]
    assert desk.order(order).state == "filled"
    assert str(desk.order(order).avg_price) == "590.066666666666666667"


def test_a_size_between_lot_steps_is_rounded_down() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("2.9", "2.9"))
    desk.place("SPY", "buy", "10", filled="2")


def test_a_quote_without_size_on_this_side_fills_nothing_yet() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("5", "0"))
    order = desk.place("SPY", "buy", "3", state="working", filled="0")
    desk.quote("SPY", "590.00", "590.04")
    assert desk.fills(order) == [("3", "590.04")]


def test_every_order_finds_the_whole_size_of_every_quote() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("5", "5"))
    desk.place("SPY", "buy", "5", state="filled")
    desk.place("SPY", "buy", "5", state="filled")


def test_an_order_sees_a_quote_once() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("5", "5"))
    order = desk.place("SPY", "buy", "15", filled="5")
    desk.show(desk.market.quotes[desk.by_symbol["SPY"].id])
    assert desk.fills(order) == [("5", "590.02")]


def test_a_quote_from_before_the_order_is_history_to_it() -> None:
    desk = Desk()
    old = desk.market.quotes[desk.by_symbol["BTCUSDT"].id]
    desk.quote("BTCUSDT", "64000", "64000.50")
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="63000")
    desk.show(old)
    assert desk.fills(order) == []


def test_the_market_learns_from_a_newer_quote_and_not_from_an_older_one() -> None:
    desk = Desk()
    old = desk.market.quotes[1]
    newer = replace(old, seq=99, bid=Decimal(60000), ask=Decimal(60001))
    desk.show(newer)
    desk.show(old)
    assert desk.market.quotes[1] == newer
    desk.place("BTCUSDT", "buy", "0.1", at="60001")


def test_an_instrument_that_was_never_quoted_has_no_market() -> None:
    desk = Desk(quoted=False)
    desk.place("BTCUSDT", "buy", "0.1", refused="no_quote", says="there is no price for BTCUSDT yet", state="rejected")


def test_the_history_of_a_fill_names_its_quote() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1")
    assert desk.history(order) == ["placed", "filled"]
    filled = next(event for event in desk.events if type(event).__name__ == "OrderFilled")
    assert filled.quote == desk.market.quotes[1]
    assert filled.number == 1
    assert dict(filled.details) == {"qty": "0.1", "price": "64250.5"}
