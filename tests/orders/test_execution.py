"""The porter: commands in order, exactly once, effects and outcome together."""

from __future__ import annotations

import random
import threading
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from orders import execution, quotes
from orders.engine.commands import Cancel, Expire, Halt, Modify, MoveMoney, SetRisk
from orders.engine.values import Guard, OrderType, StopLossType, TakeProfitType, Validity
from orders.execution import drain, visit
from orders.models import Fill, Instrument, LedgerEntry, Order, OrderCommand, OrderEvent, Position
from orders.wire import Wire, wire
from tests.orders.making import an_instrument
from tests.orders.side_by_side import drain_held_before_commit, in_thread
from tests.orders.trading import Trader, assert_sound, placing, quote, random_command

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def btc() -> Instrument:
    btc = an_instrument(margin_rate="0.1", commission_per_lot="0.5")
    quote(btc, "100", "100.5")
    return btc


@pytest.fixture
def trader(btc: Instrument) -> Trader:
    return Trader.with_money()


def test_an_order_fills_and_every_book_knows(trader: Trader, btc: Instrument) -> None:
    outcome = trader.does(placing(btc, qty="2"))
    told = outcome.pop("d")
    order = Order.objects.get()
    assert outcome == {"ok": True}
    assert told == {"orderId": order.id, "state": "filled", "filledQty": "2", "avgPrice": "100.5"}
    fill = Fill.objects.get()
    assert (fill.order_id, fill.qty, fill.price, fill.fee, fill.quote_seq) == (order.id, 2, Decimal("100.5"), 1, 1)
    assert Position.objects.get().qty == 2
    entries = LedgerEntry.objects.order_by("seq", "number").values_list("kind", "amount")
    assert list(entries) == [("deposit", 1_000_000), ("commission", -1)]
    assert trader.book.balance == 999_999
    assert list(OrderEvent.objects.values_list("kind", "state")) == [("placed", "working"), ("filled", "filled")]
    assert_sound(trader)


def test_the_story_says_who(trader: Trader, btc: Instrument) -> None:
    trader.does(placing(btc, price="99"))
    quote(btc, "98", "98.5")
    drain(trader.id)
    origins = OrderEvent.objects.order_by("id").values_list("kind", "origin__kind")
    assert list(origins) == [("placed", "user"), ("filled", "engine")]
    assert Order.objects.get().origin == {"kind": "user", "user": "alice"}


def test_commands_run_in_the_order_of_their_numbers(trader: Trader, btc: Instrument) -> None:
    for _ in range(30):
        trader.asks(
            placing(btc, price="90", client_order_id="x"),
            Modify(client_order_id="x", qty=Decimal(3)),
            Cancel(None, "x"),
        )
    drain(trader.id)
    assert set(trader.statuses()) == {1}
    assert (
        list(OrderEvent.objects.order_by("id").values_list("kind", flat=True))
        == [
            "placed",
            "modified",
            "cancelled",
        ]
        * 30
    )


def test_a_refusal_is_an_outcome(trader: Trader, btc: Instrument) -> None:
    outcome = trader.does(placing(btc, qty="100", price="200000"))
    assert outcome["ok"] is False
    assert outcome["errors"][0]["code"] == "margin"
    assert outcome["d"]["state"] == "rejected"
    assert trader.order(outcome["d"]["orderId"]).reason
    unknown = trader.does(Cancel(order_id=1))
    assert (unknown["errors"][0]["code"], "d" in unknown) == ("order_unknown", False)
    assert trader.statuses() == [1, 2, 2]


def test_a_finished_order_can_be_named(trader: Trader, btc: Instrument) -> None:
    first = trader.does(placing(btc, client_order_id="x"))["d"]["orderId"]
    for command in (Cancel(order_id=first), Cancel(client_order_id="x"), Modify(first, qty=Decimal(5))):
        refused = trader.does(command)["errors"][0]
        assert refused["code"] == "order_final"
        assert str(first) in refused["message"]
    trader.asks(placing(btc, price="90", client_order_id="x"), Cancel(None, "x"), Cancel(None, "x"))
    drain(trader.id)
    assert trader.statuses()[-3:] == [1, 1, 2]


def test_another_accounts_order_is_unknown(trader: Trader, btc: Instrument) -> None:
    stranger = Trader.with_money("MALLORY-1")
    order = trader.does(placing(btc, price="90"))["d"]["orderId"]
    assert stranger.does(Cancel(order_id=order))["errors"][0]["code"] == "order_unknown"
    assert trader.order(order).state == "working"


def test_a_stop_loss_that_learned_to_trail_is_found_again(trader: Trader, btc: Instrument) -> None:
    """Asleep it becomes a trailing stop; awake, guarding a part, a Stop and a trailing one again."""
    guard = {"stop_loss": Guard(Decimal(95), StopLossType.ABSOLUTE)}
    parent = trader.does(placing(btc, qty="2", price="99", **guard))["d"]["orderId"]
    leg = Order.objects.get(parent_id=parent)
    trader.does(Modify(parent, stop_loss=Decimal(500), stop_loss_type="tr. offset"))
    leg.refresh_from_db()
    assert (leg.state, leg.type, leg.trail_ticks) == ("inactive", "Trailing stop", 500)
    thin = {"symbol": btc.symbol, "bid": "98", "ask": "98.5", "askSize": "1"}
    assert quotes.accept([thin], "test").accepted == 1
    drain(trader.id)
    for value, type_, told in (("90", "absolute", "Stop"), ("300", "tr. offset", "Trailing stop")):
        trader.does(Modify(parent, stop_loss=Decimal(value), stop_loss_type=type_))
        leg.refresh_from_db()
        assert (leg.state, leg.type) == ("working", told)
    assert leg.stop_price == 95
    quote(btc, "99", "99.5")
    drain(trader.id)
    leg.refresh_from_db()
    assert leg.stop_price == 96
    assert trader.does(Modify(leg.id, trail_ticks=Decimal(400)))["ok"]
    assert_sound(trader)


def test_brackets_live_and_die_with_their_position(trader: Trader, btc: Instrument) -> None:
    guards = {"stop_loss": Guard(Decimal(95), StopLossType.ABSOLUTE)}
    guards |= {"take_profit": Guard(Decimal(110), TakeProfitType.ABSOLUTE)}
    parent = trader.does(placing(btc, price="99", **guards))["d"]["orderId"]
    legs = Order.objects.filter(parent_id=parent)
    assert set(legs.values_list("leg", "state")) == {("stopLoss", "inactive"), ("takeProfit", "inactive")}
    quote(btc, "98", "98.5")
    drain(trader.id)
    assert set(legs.values_list("state", flat=True)) == {"working"}
    quote(btc, "110", "110.5")
    drain(trader.id)
    assert set(legs.values_list("leg", "state")) == {("stopLoss", "cancelled"), ("takeProfit", "filled")}
    assert not Position.objects.exists()
    assert_sound(trader)


def test_money_halts_and_rules_go_through_the_tray(trader: Trader, btc: Instrument) -> None:
    assert trader.does(MoveMoney("withdrawal", Decimal(-400_000)))["ok"]
    assert trader.does(SetRisk((("maxOrderAmount", Decimal(2)),)))["ok"]
    assert trader.does(placing(btc, qty="3"))["errors"][0]["code"] == "max_order_amount"
    assert trader.does(Halt(True))["ok"]
    assert trader.does(placing(btc))["errors"][0]["code"] == "halted"
    book = trader.book
    assert (book.balance, book.halted, book.risk) == (600_000, True, {"maxOrderAmount": "2"})
    assert list(OrderEvent.objects.filter(order_id=None).values_list("kind", flat=True)) == ["risk rules set", "halted"]
    assert_sound(trader)


def test_a_halted_instrument_is_halted_at_once(trader: Trader, btc: Instrument) -> None:
    assert trader.does(placing(btc))["ok"]
    Instrument.objects.update(status="halted")
    assert trader.does(placing(btc))["errors"][0]["code"] == "halted"
    Instrument.objects.update(status="open")
    assert trader.does(placing(btc))["ok"]
    assert_sound(trader)


def test_an_order_whose_time_is_up_expires(trader: Trader, btc: Instrument) -> None:
    soon = timezone.now() + timedelta(seconds=0.3)
    order = trader.does(placing(btc, price="90", validity=Validity.GTD, expire_at=soon))["d"]["orderId"]
    assert trader.does(Expire(order))["ok"]
    assert trader.order(order).state == "working"  # too early changes nothing
    threading.Event().wait(0.4)
    trader.does(Expire(order))
    assert trader.order(order).state == "expired"
    assert_sound(trader)


def test_money_is_converted_through_pairs(btc: Instrument) -> None:
    dax = an_instrument("DAX", currency="EUR", margin_rate="0.05")
    pair = an_instrument("EUR/USD", "FOREX", base_currency="EUR", margin_rate="0.02")
    quote(dax, "100", "101")
    trader = Trader.with_money()
    assert trader.does(placing(dax))["errors"][0]["code"] == "no_rate"
    quote(pair, "1.2", "1.2")
    trader.does(placing(dax, qty="10"))
    quote(dax, "111", "112")
    trader.does(placing(dax, "sell", "10"))
    assert LedgerEntry.objects.get(kind="realised P/L").amount == 120  # 10 EUR a lot
    assert_sound(trader)


def test_a_stop_out_closes_the_position(btc: Instrument) -> None:
    trader = Trader.with_money(amount=150)
    trader.does(placing(btc, qty="10"))
    assert Position.objects.get().wakes_at_or_below is not None
    quote(btc, "88", "88.5")
    drain(trader.id)
    assert not Position.objects.exists()
    assert list(OrderCommand.objects.order_by("seq").values_list("kind", flat=True))[-2:] == ["quote", "stop out"]
    assert Order.objects.latest("id").reason.startswith("stop-out")
    assert_sound(trader)


def test_a_long_tray_is_emptied_in_visits(trader: Trader, btc: Instrument, settings: object) -> None:
    trader.asks(*[Cancel(order_id=1)] * 620)
    first = visit(trader.id)
    assert first.more
    assert 500 <= first.executed < 621
    assert visit(trader.id).more is False
    assert 0 not in trader.statuses()


def test_an_empty_tray_is_left_alone(trader: Trader) -> None:
    before = trader.book.changed_at
    assert drain(trader.id) == 0
    assert drain(trader.id + 1) == 0
    assert trader.book.changed_at == before


def test_many_drains_at_once_execute_everything_once_and_in_order(trader: Trader, btc: Instrument) -> None:
    other = Trader.with_money("DEMO-2")
    chance = random.Random(7)
    for one in (trader, other):
        one.asks(*(random_command(chance, btc) for _ in range(150)))
    threads = [in_thread(lambda: [drain(one.id) for one in (trader, other)]) for _ in range(4)]
    for thread in threads:
        thread.join()
    for one in (trader, other):
        drain(one.id)
        assert 0 not in one.statuses()
    assert_sound(trader, other)


def test_who_finds_the_lane_taken_leaves_at_once(trader: Trader, btc: Instrument) -> None:
    trader.asks(placing(btc))
    holder = Wire()
    holder.conn.execute("BEGIN")
    holder.conn.execute("SELECT FROM orders_book WHERE account_id = %s FOR UPDATE", (trader.id,))
    assert visit(trader.id) == execution.Visit(0, False)
    holder.conn.execute("ROLLBACK")
    holder.conn.close()
    assert drain(trader.id) == 1


def test_a_command_that_comes_while_the_lane_is_being_left_is_not_forgotten(trader: Trader, btc: Instrument) -> None:
    """A bell that found the lane taken is gone: so the holder looks again after its commit."""
    [first] = trader.asks(placing(btc))
    with drain_held_before_commit(trader, first.seq):
        trader.asks(placing(btc))
        assert visit(trader.id) == execution.Visit(0, False)
    assert trader.statuses() == [1, 1, 1]


def test_a_lost_connection_is_replaced(trader: Trader, btc: Instrument) -> None:
    trader.asks(placing(btc), placing(btc))
    mine = wire()
    with psycopg.connect(**connection.get_connection_params() | {"context": None}) as killer:
        killer.execute("SELECT pg_terminate_backend(%s)", (mine.conn.info.backend_pid,))
    assert drain(trader.id) == 2  # over a new connection
    assert wire() is not mine
    assert trader.statuses() == [1, 1, 1]
    assert_sound(trader)


def test_a_waiting_market_order_takes_what_each_quote_offers(trader: Trader, btc: Instrument) -> None:
    from orders import quotes

    quotes.accept([{"symbol": btc.symbol, "bid": "100", "ask": "101", "askSize": "2"}], "test")
    order = trader.does(placing(btc, qty="5"))["d"]
    assert (order["state"], order["filledQty"]) == ("partially filled", "2")
    for _ in range(2):
        quotes.accept([{"symbol": btc.symbol, "bid": "100", "ask": "102", "askSize": "2"}], "test")
        drain(trader.id)
    row = trader.order(order["orderId"])
    assert (row.state, row.filled_qty, row.fill_count, row.avg_price) == ("filled", 5, 3, Decimal("101.6"))
    assert row.type == OrderType.MARKET
    assert_sound(trader)
