"""The pump: nothing stays lying, whoever is dead: workers, Redis, the pump itself, the database for a while."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from orders.engine.commands import Modify
from orders.engine.values import Guard, StopLossType, Validity
from orders.models import Book, Fill, Instrument, Order, OrderCommand, Quote
from orders.pump_helper import Helper
from orders.wire import hang_up
from tests.orders.making import an_instrument
from tests.orders.processes import environment, pump, wait_until
from tests.orders.side_by_side import another_connection
from tests.orders.trading import Trader, assert_sound, placing, quote

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "redis://127.0.0.1:9/0"


@pytest.fixture
def btc() -> Instrument:
    btc = an_instrument(margin_rate="0.1")
    quote(btc, "100", "100.5")
    return btc


@pytest.fixture
def trader(btc: Instrument) -> Trader:
    return Trader.with_money()


def nothing_waits() -> bool:
    return not OrderCommand.objects.filter(status=0).exists()


def test_without_redis_and_workers_everything_is_executed(trader: Trader, btc: Instrument) -> None:
    others = [Trader.with_money(f"D-{number}") for number in range(5)]
    with pump(REDIS_URL=NOWHERE):
        for one in (trader, *others):
            one.asks(*[placing(btc)] * 20)
        wait_until(nothing_waits)
    assert Order.objects.filter(state="filled").count() == 120
    assert_sound(trader, *others)


def test_with_a_broker_but_no_workers_old_commands_are_executed(trader: Trader, btc: Instrument) -> None:
    with pump():
        trader.asks(placing(btc))
        wait_until(nothing_waits)
    assert OrderCommand.objects.get(seq=2).status == 1


def test_an_order_expires_when_its_time_is_up(trader: Trader, btc: Instrument) -> None:
    with pump(REDIS_URL=NOWHERE):
        until = timezone.now() + timedelta(seconds=2)
        order = trader.does(placing(btc, price="90", validity=Validity.GTD, expire_at=until))["d"]["orderId"]
        wait_until(lambda: trader.order(order).state == "expired")
    row = trader.order(order)
    assert row.updated_at >= until
    assert OrderCommand.objects.filter(kind="expire").count() == 1
    assert_sound(trader)


def test_a_sleeping_stop_loss_expires_when_its_own_time_is_up(trader: Trader, btc: Instrument) -> None:
    guard = {"stop_loss": Guard(Decimal(80), StopLossType.ABSOLUTE)}
    order = trader.does(placing(btc, price="90", **guard))["d"]["orderId"]
    leg = Order.objects.get(parent_id=order).pk
    with pump(REDIS_URL=NOWHERE):
        until = timezone.now() + timedelta(seconds=1)
        assert trader.does(Modify(leg, validity=Validity.GTD, expire_at=until))["ok"]
        wait_until(lambda: trader.order(leg).state == "expired")
    assert trader.order(order).state == "working"
    assert_sound(trader)


def test_expiries_of_a_held_lane_are_not_piled_up(trader: Trader, btc: Instrument) -> None:
    until = timezone.now() + timedelta(seconds=0.1)
    trader.does(placing(btc, price="90", validity=Validity.GTD, expire_at=until))
    with pump(REDIS_URL=NOWHERE), another_connection() as conn, conn.transaction():
        conn.execute("SELECT FROM orders_book WHERE account_id = %s FOR UPDATE", (trader.id,))
        wait_until(lambda: OrderCommand.objects.filter(kind="expire").exists())
        time.sleep(1)
        assert OrderCommand.objects.filter(kind="expire").count() == 1


def test_quotes_that_a_dead_process_did_not_show_are_shown(trader: Trader, btc: Instrument) -> None:
    order = trader.does(placing(btc, price="99"))["d"]["orderId"]
    quote(btc, "101", "101.5")
    Quote.objects.filter(seq=2).update(bid=98, ask="98.5", shown=False, at=timezone.now() - timedelta(seconds=3))
    with pump(REDIS_URL=NOWHERE):
        wait_until(lambda: trader.order(order).state == "filled")
    assert Fill.objects.get().quote_seq == 2


def test_a_look_that_a_dead_drain_owes_is_taken(trader: Trader, btc: Instrument) -> None:
    order = trader.does(placing(btc, price="99"))["d"]["orderId"]
    quote(btc, "98", "98.5")
    OrderCommand.objects.filter(kind="quote").delete()  # as if its search had run before the order was there
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_tray SET next_seq = next_seq - 1")
    Book.objects.update(look={str(btc.pk): 1}, changed_at=timezone.now() - timedelta(seconds=3))
    with pump(REDIS_URL=NOWHERE):
        wait_until(lambda: trader.order(order).state == "filled")
        wait_until(lambda: trader.book.look == {})
    assert_sound(trader)


def test_the_pump_lives_on_when_its_connections_are_cut(trader: Trader, btc: Instrument) -> None:
    with pump(REDIS_URL=NOWHERE) as process:
        for _ in range(3):
            trader.asks(placing(btc))
            wait_until(nothing_waits)
            with another_connection() as conn:
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> %s",
                    (connection.connection.info.backend_pid,),
                )
        assert process.poll() is None
    hang_up()  # cut as well
    assert set(trader.statuses()) == {1}


def test_the_pump_ends_when_it_is_told_to_and_leaves_nobody(trader: Trader, btc: Instrument) -> None:
    with pump(REDIS_URL=NOWHERE) as process:
        trader.asks(placing(btc))
        wait_until(nothing_waits)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0
        wait_until(lambda: not group_lives(process.pid))


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_helper_that_dies_is_replaced(trader: Trader, btc: Instrument) -> None:
    helper = Helper(environment("pump"))
    try:
        trader.asks(placing(btc))
        with another_connection() as conn, conn.transaction():
            conn.execute("SELECT FROM orders_ordercommand WHERE account_id = %s FOR UPDATE", (trader.id,))
            helper.drain([trader.id])
            assert helper.process is not None
            os.kill(helper.process.pid, signal.SIGKILL)
            helper.process.wait()
        helper.drain([trader.id])
        wait_until(nothing_waits)
    finally:
        helper.close()


def test_a_lane_is_handed_over_once(trader: Trader, btc: Instrument) -> None:
    helper = Helper(environment("pump"))
    try:
        with another_connection() as conn, conn.transaction():
            trader.asks(placing(btc))
            conn.execute("SELECT FROM orders_ordercommand WHERE account_id = %s FOR UPDATE", (trader.id,))
            helper.drain([trader.id, trader.id + 1])
            helper.drain([trader.id])
            assert trader.id in helper.in_hand
        wait_until(lambda: (helper.drain([]), helper.in_hand == {})[1])
        assert trader.statuses() == [1, 1]
    finally:
        helper.close()
