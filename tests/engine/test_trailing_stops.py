"""Trailing stops: they follow the market in the order's favour, over every quote, and never go back."""

from __future__ import annotations

from decimal import Decimal

from orders.engine import wakes
from tests.engine.desk import Desk, instrument


def test_a_sell_starts_below_the_bid() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "sell", "0.1", "Trailing stop", trStopOffset="10000", state="working")
    assert desk.order(order).stop_price == Decimal(64150)
    desk.quote("BTCUSDT", "64150.01", "64150.51")
    assert desk.fills(order) == []
    desk.quote("BTCUSDT", "64150", "64150.50")
    assert desk.fills(order) == [("0.1", "64150")]


def test_the_stop_of_a_sell_rises_with_the_bid_and_never_falls() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "sell", "0.1", "Trailing stop", trStopOffset="10000")
    for bid, stop in (("64500", "64400"), ("64450", "64400"), ("64500.01", "64400.01"), ("64400.02", "64400.01")):
        desk.quote("BTCUSDT", bid, str(Decimal(bid) + 1))
        assert desk.order(order).stop_price == Decimal(stop)
    desk.quote("BTCUSDT", "64400.01", "64401")
    assert desk.fills(order) == [("0.1", "64400.01")]
    assert desk.history(order) == ["placed", "trailed", "trailed", "triggered", "filled"]


def test_a_buy_follows_the_ask_down() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Trailing stop", trStopOffset="10000")
    assert desk.order(order).stop_price == Decimal("64350.50")
    desk.quote("BTCUSDT", "63999.50", "64000")
    assert desk.order(order).stop_price == Decimal(64100)
    desk.quote("BTCUSDT", "64099", "64099.99")
    assert desk.fills(order) == []
    desk.quote("BTCUSDT", "64099.50", "64100")
    assert desk.fills(order) == [("0.1", "64100")]


def test_a_gap_fills_at_the_market() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "sell", "0.1", "Trailing stop", trStopOffset="10000")
    desk.quote("BTCUSDT", "60000", "60001")
    assert desk.fills(order) == [("0.1", "60000")]


def test_a_new_offset_counts_from_the_present_quote() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "sell", "0.1", "Trailing stop", trStopOffset="10000")
    desk.quote("BTCUSDT", "64500", "64500.50")
    desk.modify(order, trail_ticks="20000", state="working")
    assert desk.order(order).stop_price == Decimal(64300)
    desk.modify(order, trail_ticks="100")
    assert desk.order(order).stop_price == Decimal(64499)


def test_a_trailing_stop_without_any_quote_has_nothing_to_start_from() -> None:
    Desk(quoted=False).place("BTCUSDT", "buy", "0.1", "Trailing stop", trStopOffset="10", refused="no_quote")


def test_an_offset_that_reaches_below_zero_is_refused() -> None:
    desk = Desk()
    fields = {"type": "Trailing stop", "trStopOffset": "6425000"}
    desk.place(
        "BTCUSDT", "sell", "0.1", **fields, refused="price_limits", says="trStopOffset the stop would stand at 0"
    )
    desk.place("BTCUSDT", "sell", "0.1", **(fields | {"trStopOffset": "6424999"}), state="working")


def test_its_trigger_index_has_the_stop_on_one_side_and_the_ratchet_on_the_other() -> None:
    desk = Desk()
    order = desk.order(desk.place("BTCUSDT", "sell", "0.1", "Trailing stop", trStopOffset="10000"))
    below, above = wakes.levels(order, desk.book, desk.by_symbol["BTCUSDT"])
    assert (below, above) == (Decimal(64150), Decimal("64250.0000000001"))
    order = desk.order(desk.place("BTCUSDT", "buy", "0.1", "Trailing stop", trStopOffset="10000"))
    below, above = wakes.levels(order, desk.book, desk.by_symbol["BTCUSDT"])
    assert (below, above) == (Decimal("64250.4999999999"), Decimal("64350.50"))


def test_the_tick_depends_on_the_price_that_it_starts_from() -> None:
    ranges = ((Decimal(0), Decimal("0.5")), (Decimal(100), Decimal(1)))
    desk = Desk("100000", "USD", instrument(20, "RANGED", tick_size="0.5", tick_ranges=ranges), quoted=False)
    desk.quote("RANGED", "120", "121")
    order = desk.order(desk.place("RANGED", "sell", "1", "Trailing stop", trStopOffset="10"))
    assert order.stop_price == Decimal(110)
    # The ratchet counts with the smallest tick, so that it never looks too late.
    assert wakes.levels(order, desk.book, desk.by_symbol["RANGED"])[1] == Decimal("115.0000000001")
