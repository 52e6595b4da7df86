"""The tray: numbered, gapless, each request once, whatever happens at the same time."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import TradingAccount
from orders.engine.commands import KEEP, Cancel, Modify
from orders.engine.values import Guard, StopLossType, TakeProfitType
from orders.execution import drain
from orders.intake import (
    OUTCOMES_SQL,
    Accepted,
    Connection,
    Slip,
    UnknownAccountError,
    insert,
    insert_commands,
    outcome_of,
    submit_all,
)
from orders.models import Book, Instrument, OrderCommand, Tray
from orders.wire import hang_up
from tests.orders.making import an_account, an_instrument
from tests.orders.trading import ALICE, placing, submit_quietly

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def btc() -> Instrument:
    return an_instrument()


@pytest.fixture
def account() -> TradingAccount:
    return an_account()


def a_slip(account: TradingAccount, btc: Instrument, request_id: str | None = None, mark: bytes = b"same") -> Slip:
    delivery = uuid.uuid4()
    return Slip(account.pk, placing(btc), ALICE, delivery_id=delivery, request_id=request_id, fingerprint=mark)


async def async_connection() -> Connection:
    parameters = connection.get_connection_params() | {"cursor_factory": psycopg.AsyncCursor, "context": None}
    return await Connection.connect(**parameters)


def insert_async(*groups: list[Slip]) -> list[Accepted]:
    """Each group in a transaction and a connection of its own, all at once."""

    async def one(group: list[Slip]) -> list[Accepted]:
        conn = await async_connection()
        async with conn, conn.transaction():
            accepted, _ = await insert_commands(conn, group)
            return accepted

    async def every() -> list[list[Accepted]]:
        return await asyncio.gather(*(one(group) for group in groups))

    return [accepted for group in asyncio.run(every()) for accepted in group]


def test_commands_are_numbered_in_the_order_given(btc: Instrument) -> None:
    first, second = an_account("ONE"), an_account("TWO")
    accepted = submit_quietly([a_slip(account, btc) for account in (first, second, first, second, first)])
    assert [(one.account_id, one.seq) for one in accepted] == [
        (first.pk, 1),
        (second.pk, 1),
        (first.pk, 2),
        (second.pk, 2),
        (first.pk, 3),
    ]
    of_first = [one.order_id for one in accepted if one.account_id == first.pk]
    assert of_first == sorted(set(of_first))
    assert Tray.objects.get(pk=first.pk).next_seq == 4


def test_the_row_holds_the_ids_that_the_answer_carries(account: TradingAccount, btc: Instrument) -> None:
    place = placing(
        btc, stop_loss=Guard(Decimal(5), StopLossType.TICKS), take_profit=Guard(Decimal(1), TakeProfitType.PERCENT)
    )
    modify = Modify(order_id=77, stop_loss=Decimal(9), take_profit=None)
    placed, modified, cancelled = submit_quietly(
        [Slip(account.pk, command, ALICE) for command in (place, modify, Cancel(client_order_id="x"))]
    )
    row, second, third = OrderCommand.objects.order_by("seq")
    ids = [row.order_id, row.stop_loss_id, row.take_profit_id]
    assert placed.order_id == row.order_id
    assert len(set(ids)) == 3
    assert [row.payload[name] for name in ("order_id", "stop_loss_id", "take_profit_id")] == ids
    assert (modified.order_id, second.order_id, second.take_profit_id) == (77, 77, None)
    assert second.payload["stop_loss_id"] == second.stop_loss_id is not None
    assert second.payload["take_profit"] is None
    assert (cancelled.order_id, third.order_id, third.payload) == (None, None, {"client_order_id": "x"})
    assert modify.stop_price is KEEP


def test_a_request_is_put_in_once(account: TradingAccount, btc: Instrument) -> None:
    first = a_slip(account, btc, "r-1", b"body")
    [accepted] = submit_quietly([first])
    [again] = submit_quietly([a_slip(account, btc, "r-1", b"other")])
    assert not accepted.repeat
    assert (again.repeat, again.seq, again.order_id) == (True, accepted.seq, accepted.order_id)
    assert (again.fingerprint, again.delivery_id) == (b"body", first.delivery_id)
    assert OrderCommand.objects.count() == 1
    assert Tray.objects.get(pk=account.pk).next_seq == 2


def test_a_repeat_takes_no_number(account: TradingAccount, btc: Instrument) -> None:
    submit_quietly([a_slip(account, btc, "r-1")])
    group = [
        a_slip(account, btc, "r-2"),
        a_slip(account, btc, "r-1"),
        a_slip(account, btc, "r-2"),
        a_slip(account, btc),
    ]
    assert [(one.seq, one.repeat) for one in submit_quietly(group)] == [(2, False), (1, True), (2, True), (3, False)]


def test_the_same_request_id_of_another_account_is_another_request(btc: Instrument) -> None:
    accounts = [an_account("ONE"), an_account("TWO")]
    accepted = submit_quietly([a_slip(account, btc, "r-1") for account in accounts])
    assert [one.repeat for one in accepted] == [False, False]


def test_after_a_day_a_request_id_is_free_again(account: TradingAccount, btc: Instrument) -> None:
    [old] = submit_quietly([a_slip(account, btc, "r-1")])
    OrderCommand.objects.update(accepted_at=timezone.now() - timedelta(hours=24, seconds=1))
    [new] = submit_quietly([a_slip(account, btc, "r-1")])
    assert (new.repeat, new.seq) == (False, 2)
    assert OrderCommand.objects.get(seq=old.seq).request_id is None


def test_a_refused_message_gives_its_request_id_back(account: TradingAccount, btc: Instrument) -> None:
    unknown = Slip(account.pk, Cancel(order_id=123), ALICE, request_id="r-1")
    broke = Slip(account.pk, placing(btc), ALICE, request_id="r-2")
    submit_quietly([unknown, broke])
    drain(account.pk)
    found = [outcome_of(account.pk, seq, 0)["errors"][0]["code"] for seq in (1, 2)]  # type: ignore[index]
    assert found == ["order_unknown", "no_quote"]
    # 404 frees the id for a corrected message; 422 is an answer to keep.
    assert [one.repeat for one in submit_quietly([unknown, broke])] == [False, True]


def test_async_groups_are_numbered_without_gap_or_double(btc: Instrument) -> None:
    accounts = [an_account(f"A-{number}") for number in range(4)]
    groups = [[a_slip(accounts[(n + m) % 4], btc) for m in range(10)] for n in range(12)]
    accepted = insert_async(*groups)
    for account in accounts:
        numbers = sorted(one.seq for one in accepted if one.account_id == account.pk)
        assert numbers == list(range(1, len(numbers) + 1))
    assert len({one.order_id for one in accepted}) == len(accepted) == 120


def test_the_same_request_fifty_times_at_once_is_one_command(account: TradingAccount, btc: Instrument) -> None:
    accepted = insert_async(*([a_slip(account, btc, "r-1")] for _ in range(50)))
    assert Counter(one.repeat for one in accepted) == {False: 1, True: 49}
    assert len({(one.seq, one.order_id, one.fingerprint, one.delivery_id) for one in accepted}) == 1
    assert OrderCommand.objects.count() == 1


def test_number_order_is_commit_order(account: TradingAccount, btc: Instrument) -> None:
    """Whoever sees a number sees all before it: the second waits until the first has committed."""
    seen: list[int] = []

    def second() -> None:
        seen.extend(one.seq for one in submit_quietly([a_slip(account, btc)]))
        connection.close()

    with transaction.atomic():
        insert([a_slip(account, btc)])
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.3)
        assert seen == []
    thread.join(10)
    assert seen == [2]


def test_groups_in_opposite_order_do_not_lock_each_other_out(btc: Instrument) -> None:
    one, two = an_account("ONE"), an_account("TWO")
    there = [[a_slip(one, btc), a_slip(two, btc)] for _ in range(15)]
    back = [[a_slip(two, btc), a_slip(one, btc)] for _ in range(15)]
    assert len(insert_async(*there, *back)) == 60


def test_an_account_without_a_tray_gets_one(btc: Instrument) -> None:
    account = an_account()
    Tray.objects.all().delete()
    Book.objects.all().delete()
    assert [one.seq for one in submit_quietly([a_slip(account, btc), a_slip(account, btc)])] == [1, 2]
    assert Book.objects.get(pk=account.pk).done_seq == 0


def test_an_account_that_does_not_exist_puts_nothing_in(account: TradingAccount, btc: Instrument) -> None:
    with pytest.raises(UnknownAccountError):
        submit_quietly([a_slip(account, btc), Slip(account.pk + 1, placing(btc), ALICE)])
    assert OrderCommand.objects.count() == 0


def test_texts_of_all_kinds_come_back_as_they_were(account: TradingAccount) -> None:
    name = "\"'\\{}$1%s\u202e\U0001f600\x7f"
    submit_quietly([Slip(account.pk, Cancel(client_order_id=name), {"kind": "user", "user": name}, request_id=name)])
    row = OrderCommand.objects.get()
    assert (row.payload["client_order_id"], row.origin["user"], row.request_id) == (name, name, name)


def test_outcomes_are_told_once_they_are_decided(account: TradingAccount, btc: Instrument) -> None:
    submit_quietly([Slip(account.pk, Cancel(order_id=1), ALICE)])
    assert outcome_of(account.pk, 1, 0.05) is None
    submit_quietly([Slip(account.pk, Cancel(order_id=2), ALICE)])
    drain(account.pk)
    submit_quietly([Slip(account.pk, Cancel(order_id=3), ALICE)])
    with connection.cursor() as cursor:
        cursor.execute(OUTCOMES_SQL, ([account.pk] * 3, [1, 2, 3]))
        assert sorted(row[:3] for row in cursor.fetchall()) == [(account.pk, 1, 2), (account.pk, 2, 2)]


def test_somebody_who_waits_hears_it_soon(account: TradingAccount) -> None:
    [accepted] = submit_quietly([Slip(account.pk, Cancel(order_id=1), ALICE)])

    def drain_elsewhere() -> None:
        drain(account.pk)
        hang_up()
        connection.close()

    late = threading.Timer(0.2, drain_elsewhere)
    late.start()
    assert outcome_of(account.pk, accepted.seq, 10) is not None
    late.join()


def test_an_empty_group_is_nothing(account: TradingAccount) -> None:
    assert submit_all([]) == []
    assert insert_async([]) == []
