"""No quote is missed: neither while an order comes to rest, nor when whoever should look dies first."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.db import connection

from orders import quotes
from orders.engine.commands import Modify
from orders.engine.values import Guard, OrderType, StopLossType
from orders.execution import drain, visit
from orders.models import Book, Fill, Instrument, Order, OrderCommand, Position, Quote
from tests.orders.making import an_instrument
from tests.orders.side_by_side import drain_held_before_commit
from tests.orders.trading import Trader, assert_sound, placing, quote

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def btc() -> Instrument:
    btc = an_instrument(margin_rate="0.1")
    quote(btc, "100", "100.5")
    return btc


@pytest.fixture
def trader(btc: Instrument) -> Trader:
    return Trader.with_money()


def stop_price(trader: Trader) -> Decimal | None:
    return Order.objects.get(type="Trailing stop").stop_price


def test_a_quote_that_comes_while_an_order_rests_fills_it(trader: Trader, btc: Instrument) -> None:
    [placed] = trader.asks(placing(btc, price="99"))
    with drain_held_before_commit(trader, placed.seq):
        quote(btc, "98", "98.5")  # its search cannot see the order yet
        quote(btc, "100", "100.5")
        assert OrderCommand.objects.filter(kind="quote").count() == 0
    order = trader.order(placed.order_id or 0)
    assert (order.state, order.avg_price) == ("filled", 99)
    assert Fill.objects.get().quote_seq == 2
    assert trader.book.look == {}
    assert_sound(trader)


def test_a_quote_that_comes_while_an_order_moves_fills_it(trader: Trader, btc: Instrument) -> None:
    order = trader.does(placing(btc, price="90"))["d"]["orderId"]
    [moved] = trader.asks(Modify(order, price=Decimal(99)))
    with drain_held_before_commit(trader, moved.seq):
        quote(btc, "98", "98.5")
        quote(btc, "100", "100.5")
    assert trader.order(order).state == "filled"
    assert_sound(trader)


def test_quotes_that_concern_nobody_are_not_carried(trader: Trader, btc: Instrument) -> None:
    [placed] = trader.asks(placing(btc, price="99"))
    with drain_held_before_commit(trader, placed.seq):
        quote(btc, "101", "101.5")
    assert trader.order(placed.order_id or 0).state == "working"
    assert trader.book.look == {}
    assert OrderCommand.objects.filter(kind="quote").count() == 0


def test_a_trailing_stop_sees_every_quote_in_its_order(trader: Trader, btc: Instrument) -> None:
    """Up, so that it follows, and down through where it then stands: the second was no concern of the old stop."""
    trader.does(placing(btc))
    trail = placing(btc, "sell", type=OrderType.TRAILING_STOP, trail_ticks=Decimal(200), validity="GTC")
    [placed] = trader.asks(trail)
    with drain_held_before_commit(trader, placed.seq):
        quote(btc, "110", "110.5")
        quote(btc, "107", "107.5")
        quote(btc, "112", "112.5")
    assert trader.order(placed.order_id or 0).avg_price == 107
    assert_sound(trader)


def test_a_stop_that_moved_is_shown_what_came_meanwhile(trader: Trader, btc: Instrument) -> None:
    trader.does(placing(btc))
    trail = placing(btc, "sell", type=OrderType.TRAILING_STOP, trail_ticks=Decimal(200), validity="GTC")
    order = trader.does(trail)["d"]["orderId"]
    quote(btc, "110", "110.5")
    seen = OrderCommand.objects.get(kind="quote").seq
    with drain_held_before_commit(trader, seen):
        quote(btc, "107", "107.5")  # by the old stop at 98 it concerns nobody
    assert trader.order(order).avg_price == 107
    assert_sound(trader)


def test_a_late_quote_comes_before_a_later_one_that_waits(trader: Trader, btc: Instrument) -> None:
    """The tray holds the later quote already, when the earlier one turns out to have been missed."""
    trader.does(placing(btc, price="95"))
    [placed] = trader.asks(placing(btc, price="99"))
    with drain_held_before_commit(trader, placed.seq):
        quote(btc, "98", "98.5")  # concerns only the order that nobody sees yet
        quote(btc, "94", "94.5")  # concerns both: the order at 95 is found
    fills = {fill.order.price: (fill.quote_seq, fill.price) for fill in Fill.objects.select_related("order")}
    assert fills == {Decimal(99): (2, Decimal(99)), Decimal(95): (3, Decimal(95))}
    assert_sound(trader)


def test_a_position_is_watched_from_its_first_moment(btc: Instrument) -> None:
    trader = Trader.with_money("POOR", 150)
    [placed] = trader.asks(placing(btc, qty="10"))
    with drain_held_before_commit(trader, placed.seq):
        quote(btc, "88", "88.5")
    assert not Position.objects.exists()
    assert Order.objects.latest("id").reason.startswith("stop-out")
    assert_sound(trader)


def test_a_leg_that_wakes_is_shown_what_came_meanwhile(trader: Trader, btc: Instrument) -> None:
    guard = Guard(Decimal(95), StopLossType.ABSOLUTE)
    [placed] = trader.asks(placing(btc, stop_loss=guard))
    with drain_held_before_commit(trader, placed.seq):
        quote(btc, "94", "94.5")
        quote(btc, "100", "100.5")
    assert Order.objects.get(leg="stopLoss").avg_price == 94
    assert_sound(trader)


def test_whoever_comes_next_looks_where_a_dead_drain_did_not(trader: Trader, btc: Instrument) -> None:
    """What a drain leaves that dies between its commit and its second look: the mark in the book."""
    order = trader.does(placing(btc, price="99"))["d"]["orderId"]
    with connection.cursor() as cursor:
        mark = json.dumps({str(btc.pk): 1})
        cursor.execute("UPDATE orders_book SET look = %s WHERE account_id = %s", (mark, trader.id))
        cursor.execute(
            "INSERT INTO orders_quote (instrument_id, seq, bid, ask, time, at, source, shown) SELECT %s, n, 98, 98.5,"
            " clock_timestamp(), clock_timestamp(), 'test', true FROM generate_series(2, 3) n",
            (btc.pk,),
        )
        cursor.execute("UPDATE orders_lastquote SET seq = 3, bid = 98, ask = 98.5")
    assert visit(trader.id).executed == 1
    assert trader.order(order).state == "filled"
    assert Fill.objects.get().quote_seq == 2
    assert trader.book.look == {}
    assert_sound(trader)


def test_a_mark_without_anything_to_see_is_wiped_off(trader: Trader, btc: Instrument) -> None:
    Book.objects.update(look={str(btc.pk): 0})
    assert visit(trader.id).executed == 0
    assert trader.book.look == {}


def test_more_missed_quotes_than_fit_one_look_are_all_seen(trader: Trader, btc: Instrument) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_quote (instrument_id, seq, bid, ask, time, at, source, shown) SELECT %s, n,"
            " CASE n WHEN 2100 THEN 98 ELSE 100 END, CASE n WHEN 2100 THEN 98.5 ELSE 100.5 END,"
            " clock_timestamp(), clock_timestamp(), 'test', true FROM generate_series(2, 2200) n",
            (btc.pk,),
        )
        cursor.execute("UPDATE orders_lastquote SET seq = 2200")
    order = trader.does(placing(btc, price="99"))["d"]["orderId"]
    Order.objects.filter(pk=order).update(seen_seq=1)
    Book.objects.update(look={str(btc.pk): 1})
    while visit(trader.id).more or trader.book.look:
        pass
    assert trader.order(order).state == "filled"
    assert Fill.objects.get().quote_seq == 2100
    assert Quote.objects.count() == quotes_of(btc)


def quotes_of(btc: Instrument) -> int:
    return btc.quote.seq


def test_the_door_answers_when_the_quote_is_in_the_trays(trader: Trader, btc: Instrument) -> None:
    trader.does(placing(btc, price="99"))
    quotes.accept([{"symbol": btc.symbol, "bid": "98", "ask": "98.5"}], "test")
    assert OrderCommand.objects.filter(kind="quote", status=0).count() == 1
    assert drain(trader.id) == 1
