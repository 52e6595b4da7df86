"""A command that cannot be executed is parked after three tries; the lane and everybody else go on."""

from __future__ import annotations

import logging
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from orders.engine.commands import Cancel
from orders.execution import drain, visit
from orders.models import Instrument, Order, OrderCommand, Position
from orders.poison import OutOfStepError, OverrunError, Watch
from tests.orders.making import an_instrument
from tests.orders.processes import kill_group, porter, tell, wait_until
from tests.orders.side_by_side import another_connection
from tests.orders.trading import Trader, assert_sound, placing, quote

pytestmark = pytest.mark.django_db(transaction=True)
INTERNAL = {"ok": False, "errors": [{"code": "internal", "field": "", "message": "internal error, not executed"}]}


@pytest.fixture
def btc() -> Instrument:
    btc = an_instrument(margin_rate="0.1")
    quote(btc, "100", "100.5")
    return btc


@pytest.fixture
def trader(btc: Instrument) -> Trader:
    return Trader.with_money()


def payload(change: dict[str, object]) -> Callable[[OrderCommand], None]:
    def spoil(row: OrderCommand) -> None:
        row.payload |= change
        row.save(update_fields=["payload"])

    return spoil


def kind(row: OrderCommand) -> None:
    OrderCommand.objects.filter(pk=row.pk).update(kind="dance")


SPOILT = {
    "a field that nobody knows": payload({"dance": 1}),
    "a kind that nobody knows": kind,
    "a number that is none": payload({"qty": "many"}),
    "a number that cannot be compared": payload({"qty": "sNaN"}),
    "a number that no column holds": payload({"order_id": 10**30}),
    "a text that no column holds": payload({"type": "Care", "user_comment": "x" * 300}),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_command_is_parked_between_its_neighbours(
    trader: Trader, btc: Instrument, spoil: Callable[[OrderCommand], None], caplog: pytest.LogCaptureFixture
) -> None:
    trader.asks(placing(btc), placing(btc), placing(btc))
    spoil(OrderCommand.objects.get(seq=3))
    with caplog.at_level(logging.WARNING):
        assert drain(trader.id) == 3
    row = OrderCommand.objects.get(seq=3)
    assert (row.status, row.attempts, row.outcome) == (3, 3, INTERNAL)
    assert trader.statuses() == [1, 1, 3, 1]
    assert [record.levelno for record in caplog.records].count(logging.ERROR) >= 1
    assert Order.objects.filter(state="filled").count() == 2
    assert_sound(trader)


def test_a_parked_request_can_be_sent_again(trader: Trader, btc: Instrument) -> None:
    trader.asks(placing(btc))
    OrderCommand.objects.filter(seq=2).update(request_id="r-1")
    payload({"dance": 1})(OrderCommand.objects.get(seq=2))
    drain(trader.id)
    assert OrderCommand.objects.get(seq=2).request_id is None


def test_several_spoilt_commands_are_parked_one_by_one(trader: Trader, btc: Instrument) -> None:
    trader.asks(*[placing(btc)] * 12)
    for seq in (2, 5, 6, 13):
        payload({"qty": "sNaN"})(OrderCommand.objects.get(seq=seq))
    while visit(trader.id).more:
        pass
    assert [seq for seq, status in enumerate(trader.statuses(), 1) if status == 3] == [2, 5, 6, 13]
    assert Order.objects.filter(state="filled").count() == 8
    assert_sound(trader)


def test_another_account_does_not_notice(trader: Trader, btc: Instrument) -> None:
    other = Trader.with_money("DEMO-2")
    trader.asks(placing(btc))
    payload({"dance": 1})(OrderCommand.objects.get(account=trader.account, seq=2))
    assert other.does(placing(btc))["ok"]


@contextmanager
def executor_in_the_middle(trader: Trader) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is executing the account's commands, and cannot finish: it waits to write the position.

    What it leaves behind when it is killed, the database clears away while the lock is still held.
    """
    with another_connection() as conn, conn.transaction(), porter() as process:
        conn.execute("SELECT FROM orders_position WHERE account_id = %s FOR UPDATE", (trader.id,))
        tell(process, trader.id)
        wait_until(somebody_waits)
        yield process
        kill_group(process)
        wait_until(lambda: not somebody_waits())


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] > 0


def test_a_command_that_kills_its_executor_three_times_is_parked(trader: Trader, btc: Instrument) -> None:
    """Each process dies in the middle of it. That it had begun is known, though nothing it did is."""
    trader.does(placing(btc))
    trader.asks(placing(btc), Cancel(order_id=1))
    OrderCommand.objects.filter(status=0).update(accepted_at=timezone.now() - timedelta(seconds=10))
    for times in (1, 2, 3):
        with executor_in_the_middle(trader):
            assert OrderCommand.objects.get(seq=3).attempts == times
    assert trader.statuses() == [1, 1, 0, 0]
    drain(trader.id)
    assert OrderCommand.objects.get(seq=3).outcome == INTERNAL
    assert trader.statuses() == [1, 1, 3, 2]
    assert_sound(trader)


def test_a_young_command_that_was_interrupted_is_no_suspect(trader: Trader, btc: Instrument) -> None:
    trader.does(placing(btc))
    for _ in range(4):
        trader.asks(placing(btc))
        OrderCommand.objects.filter(status=0).update(accepted_at=timezone.now() + timedelta(minutes=5))
        with executor_in_the_middle(trader):
            pass
        assert trader.statuses()[-1] == 0
    assert drain(trader.id) == 4
    assert set(trader.statuses()) == {1}
    assert_sound(trader)


def test_the_databases_trouble_is_no_commands_fault(trader: Trader, btc: Instrument) -> None:
    """A table that is missing, as between a deployment and its migration: everything waits, nothing is parked."""
    trader.asks(placing(btc))
    OrderCommand.objects.filter(seq=2).update(accepted_at=timezone.now() - timedelta(seconds=10))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_fill RENAME TO orders_fill_away")
        for _ in range(5):
            with pytest.raises(psycopg.ProgrammingError):
                drain(trader.id)
        cursor.execute("ALTER TABLE orders_fill_away RENAME TO orders_fill")
    assert trader.statuses() == [1, 0]
    assert drain(trader.id) == 1
    assert trader.statuses() == [1, 1]


@contextmanager
def forbidding(table: str, what: str) -> Iterator[None]:
    """A trigger of the database's own that raises."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN IF NEW.{what} THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$"
        )
        cursor.execute(f"CREATE TRIGGER forbid BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION forbid()")
        try:
            yield
        finally:
            cursor.execute("DROP FUNCTION forbid CASCADE")


def test_what_a_trigger_of_the_database_forbids_is_parked(trader: Trader, btc: Instrument) -> None:
    trader.asks(placing(btc), placing(btc, qty="7"), placing(btc))
    with forbidding("orders_fill", "qty = 7"):
        assert drain(trader.id) == 3
    assert trader.statuses() == [1, 1, 3, 1]
    assert_sound(trader)


def test_a_parked_stop_out_is_announced_again(btc: Instrument) -> None:
    trader = Trader.with_money(amount=150)
    trader.does(placing(btc, qty="10"))
    with forbidding("orders_order", "reason LIKE 'stop-out%'"):
        quote(btc, "88", "88.5")
        drain(trader.id)
    stop_outs = OrderCommand.objects.filter(kind="stop out").order_by("seq")
    assert list(stop_outs.values_list("status", flat=True)) == [3]
    assert Position.objects.exists()
    quote(btc, "87", "87.5")
    drain(trader.id)
    assert list(stop_outs.values_list("status", flat=True)) == [3, 1]
    assert not Position.objects.exists()
    assert_sound(trader)


def test_nothing_is_executed_behind_a_gap(trader: Trader, btc: Instrument) -> None:
    trader.asks(placing(btc), placing(btc))
    OrderCommand.objects.filter(seq=2).delete()
    with pytest.raises(OutOfStepError):
        drain(trader.id)
    assert trader.statuses() == [1, 0]


def work_for(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_an_endless_command_is_interrupted() -> None:
    with Watch() as watch:
        watch.begin(0.05)
        with pytest.raises(OverrunError):
            work_for(20)


def test_a_watch_that_is_over_interrupts_nobody() -> None:
    with Watch() as watch:
        watch.begin(0.05)
    work_for(0.1)
