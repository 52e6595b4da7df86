"""Several accounts in one transaction: quicker, and still nobody's trouble is another's."""

from __future__ import annotations

import random
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from orders.engine.commands import Cancel
from orders.execution import visit_all
from orders.models import Instrument, Order, OrderCommand
from orders.wire import wire
from tests.orders.making import an_instrument
from tests.orders.side_by_side import another_connection, drain_held_before_commit, in_thread
from tests.orders.trading import Trader, assert_sound, placing, quote, random_command

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def btc() -> Instrument:
    btc = an_instrument(margin_rate="0.1")
    quote(btc, "100", "100.02")
    return btc


@pytest.fixture
def traders(btc: Instrument) -> list[Trader]:
    return [Trader.with_money(f"D-{number}") for number in range(12)]


def ids(traders: list[Trader]) -> list[int]:
    return [trader.id for trader in traders]


def until_empty(account_ids: list[int]) -> None:
    left = set(account_ids)
    while left:
        left = visit_all(left)


def transactions() -> int:
    """How many transactions wrote the orders."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM orders_order")
        return cursor.fetchone()[0]


def test_many_accounts_share_a_transaction(traders: list[Trader], btc: Instrument) -> None:
    for trader in traders:
        trader.asks(placing(btc), placing(btc, "sell"))
    assert visit_all(ids(traders)) == set()
    assert transactions() == 1
    assert Order.objects.filter(state="filled").count() == 24
    assert_sound(*traders)


def test_random_lives_side_by_side(traders: list[Trader], btc: Instrument) -> None:
    """Orders, quotes and several porters with overlapping accounts."""
    chance = random.Random(3)
    dax = an_instrument("DAX", currency="EUR", margin_rate="0.05")
    pair = an_instrument("EUR/USD", "FOREX", base_currency="EUR", margin_rate="0.02")
    quote(pair, "1.1", "1.1002")
    quote(dax, "100", "100.02")
    for number in range(12):
        for trader in traders:
            trader.asks(*(random_command(chance, chance.choice([btc, dax])) for _ in range(chance.randrange(9))))
        groups = [chance.sample(ids(traders), 8) for _ in range(3)]
        threads = [in_thread(lambda group=group: visit_all(group)) for group in groups]
        quote(chance.choice([btc, dax]), str(98 + number % 4), str(98.5 + number % 4))
        for thread in threads:
            thread.join()
    until_empty(ids(traders))
    assert not OrderCommand.objects.exclude(status__in=[1, 2]).exists()
    assert_sound(*traders)


def test_one_accounts_poison_is_not_the_others(traders: list[Trader], btc: Instrument) -> None:
    for trader in traders:
        trader.asks(placing(btc), placing(btc))
    OrderCommand.objects.filter(account_id=traders[5].id, seq=2).update(kind="dance")
    until_empty(ids(traders))
    assert OrderCommand.objects.filter(status=3).count() == 1
    assert OrderCommand.objects.exclude(status=3).exclude(status=1).count() == 0
    assert_sound(*traders)


def test_what_no_column_holds_is_found_among_many(traders: list[Trader], btc: Instrument) -> None:
    """Only the database finds it, and does not say whose it is."""
    for trader in traders:
        trader.asks(placing(btc), placing(btc))
    row = OrderCommand.objects.get(account_id=traders[5].id, seq=2)
    row.payload |= {"type": "Care", "user_comment": "x" * 300}
    row.save()
    until_empty(ids(traders))
    assert list(OrderCommand.objects.filter(status=3)) == [row]
    assert_sound(*traders)


def test_a_gap_in_one_tray_stops_only_that_one(traders: list[Trader], btc: Instrument) -> None:
    for trader in traders:
        trader.asks(placing(btc), placing(btc))
    OrderCommand.objects.filter(account_id=traders[5].id, seq=2).delete()
    visit_all(ids(traders))
    assert OrderCommand.objects.filter(status=0).count() == 1
    assert Order.objects.count() == 22


def test_a_suspect_is_tried_apart_from_the_others(traders: list[Trader], btc: Instrument) -> None:
    for trader in traders:
        trader.asks(placing(btc), Cancel(order_id=1))
    OrderCommand.objects.filter(account_id=traders[5].id, seq=2).update(attempts=3)
    OrderCommand.objects.filter(account_id=traders[6].id, seq=2).update(attempts=1)
    until_empty(ids(traders))
    assert OrderCommand.objects.get(account_id=traders[5].id, seq=2).status == 3
    assert OrderCommand.objects.get(account_id=traders[6].id, seq=2).status == 1
    assert not OrderCommand.objects.filter(status=0).exists()


def test_old_commands_are_counted_before_they_are_tried(traders: list[Trader], btc: Instrument) -> None:
    for trader in traders:
        trader.asks(placing(btc), placing(btc))
    OrderCommand.objects.filter(status=0).update(accepted_at=timezone.now() - timedelta(seconds=9))
    until_empty(ids(traders))
    assert set(OrderCommand.objects.filter(seq=2).values_list("attempts", "status")) == {(1, 1)}
    assert_sound(*traders)


def test_the_databases_trouble_counts_against_nobody(traders: list[Trader], btc: Instrument) -> None:
    for trader in traders:
        trader.asks(placing(btc))
    OrderCommand.objects.filter(status=0).update(accepted_at=timezone.now() - timedelta(seconds=9))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_fill RENAME TO orders_fill_away")
        for _ in range(4):
            with pytest.raises(psycopg.ProgrammingError):
                visit_all(ids(traders))
        cursor.execute("ALTER TABLE orders_fill_away RENAME TO orders_fill")
    assert set(OrderCommand.objects.filter(status=0).values_list("attempts", flat=True)) == {0}
    until_empty(ids(traders))
    assert_sound(*traders)


def test_a_taken_lane_is_passed_by(traders: list[Trader], btc: Instrument) -> None:
    for trader in traders:
        trader.asks(placing(btc))
    with another_connection() as conn, conn.transaction():
        conn.execute("SELECT FROM orders_book WHERE account_id = %s FOR UPDATE", (traders[5].id,))
        assert visit_all(ids(traders)) == set()
        assert OrderCommand.objects.filter(status=0).count() == 1
    until_empty(ids(traders))
    assert_sound(*traders)


def test_a_lost_connection_is_replaced(traders: list[Trader], btc: Instrument) -> None:
    for trader in traders:
        trader.asks(placing(btc))
    with another_connection() as conn:
        conn.execute("SELECT pg_terminate_backend(%s)", (wire().conn.info.backend_pid,))
    until_empty(ids(traders))
    assert not OrderCommand.objects.filter(status=0).exists()
    assert_sound(*traders)


def test_a_command_that_comes_while_an_idle_lane_is_held_is_not_forgotten(
    traders: list[Trader], btc: Instrument
) -> None:
    """One of the group has nothing to do while the others are executed; its bell rings in vain meanwhile."""
    busy, idle = traders[0], traders[1]
    [first] = busy.asks(placing(btc))
    with drain_held_before_commit(busy, first.seq, idle.id):
        idle.asks(placing(btc))
        assert visit_all([idle.id]) == set()
        assert idle.statuses() == [1, 0]
    assert idle.statuses() == [1, 1]
