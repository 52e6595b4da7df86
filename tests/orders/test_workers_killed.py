"""Workers, pools and brokers die in the middle of everything: what was accepted is executed once, in order."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from orders.engine.commands import Cancel, Modify
from orders.intake import Slip, ring
from orders.models import Instrument, OrderCommand, OrderEvent
from tests.orders.making import an_instrument
from tests.orders.processes import kill_group, porter, pump, tell, wait_until, worker
from tests.orders.trading import ALICE, Trader, assert_sound, placing, quote, random_command, submit_quietly
from webhooks_terminal.run.redis_server import RedisServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
ACCOUNTS = 10


@pytest.fixture
def btc() -> Instrument:
    btc = an_instrument(margin_rate="0.1")
    quote(btc, "100", "100.02")
    return btc


@pytest.fixture
def traders(btc: Instrument) -> list[Trader]:
    return [Trader.with_money(f"D-{number}") for number in range(ACCOUNTS)]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path, "only-for-tests")
    server.start()
    yield server
    server.stop()


def nothing_waits() -> bool:
    return not OrderCommand.objects.filter(status=0).exists()


def send(chance: random.Random, traders: list[Trader], btc: Instrument, many: int) -> None:
    slips = [Slip(chance.choice(traders).id, random_command(chance, btc), ALICE) for _ in range(many)]
    submit_quietly(slips)


def assert_all_executed(traders: list[Trader], accepted: int) -> None:
    assert OrderCommand.objects.count() == accepted + len(traders)  # and their deposits
    assert not OrderCommand.objects.exclude(status__in=[1, 2]).exists()
    assert_sound(*traders)


def children_of(process: subprocess.Popen[bytes]) -> list[int]:
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(number) for number in found.split()]


def test_porters_killed_at_any_moment(traders: list[Trader], btc: Instrument) -> None:
    """Executors are killed by SIGKILL a dozen times, at moments spread over everything they do."""
    chance = random.Random(11)
    sent = 0
    for _ in range(6):
        send(chance, traders, btc, 120)
        sent += 120
        with ExitStack() as stack:
            porters = [stack.enter_context(porter()) for _ in range(2)]
            for one in porters:
                tell(one, *chance.sample([trader.id for trader in traders], len(traders)))
            waiting = OrderCommand.objects.filter(status=0).count()
            wait_until(lambda w=waiting: OrderCommand.objects.filter(status=0).count() < w)
            time.sleep(chance.random() * 0.05)
            for one in porters:
                kill_group(one)
    with pump(REDIS_URL="redis://127.0.0.1:9/0"):
        wait_until(nothing_waits)
    assert_all_executed(traders, sent)


def test_celery_workers_and_their_children_killed(traders: list[Trader], btc: Instrument, redis: RedisServer) -> None:
    chance = random.Random(12)
    sent = 0
    with pump(REDIS_URL=redis.url):
        for number in range(4):
            with worker(REDIS_URL=redis.url) as process:
                for _ in range(10):
                    send(chance, traders, btc, 15)
                    sent += 15
                    time.sleep(0.05)
                waiting = OrderCommand.objects.filter(status=0).count()
                wait_until(lambda w=waiting: OrderCommand.objects.filter(status=0).count() < max(w, 1))
                if number % 2:
                    for child in children_of(process):
                        os.kill(child, signal.SIGKILL)
                    send(chance, traders, btc, 15)
                    sent += 15
                    time.sleep(0.5)
        wait_until(nothing_waits)
    assert_all_executed(traders, sent)


def test_the_broker_killed_and_back(traders: list[Trader], btc: Instrument, redis: RedisServer) -> None:
    chance = random.Random(13)
    sent = 0
    with pump(REDIS_URL=redis.url), worker(REDIS_URL=redis.url):
        for _ in range(3):
            send(chance, traders, btc, 60)
            sent += 60
            assert redis.process is not None
            redis.process.kill_hard()
            send(chance, traders, btc, 60)
            sent += 60
            wait_until(nothing_waits)  # by the pump
            redis.restart()
        send(chance, traders, btc, 60)
        wait_until(nothing_waits)
    assert_all_executed(traders, sent + 60)


def test_place_modify_cancel_back_to_back_keep_their_order(traders: list[Trader], btc: Instrument) -> None:
    """Four workers, bells rung many times over: no inversion."""
    with worker(), worker():
        for number in range(60):
            triple = [
                placing(btc, price="90", client_order_id=f"c{number}"),
                Modify(client_order_id=f"c{number}", price=Decimal(91)),
                Cancel(client_order_id=f"c{number}"),
            ]
            slips = [Slip(trader.id, command, ALICE) for trader in traders for command in triple]
            submit_quietly(slips)
            for _ in range(3):
                ring([trader.id for trader in traders])
        wait_until(nothing_waits)
    assert OrderCommand.objects.exclude(status=1).count() == 0
    for trader in traders:
        told = OrderEvent.objects.filter(account=trader.account).order_by("id").values_list("kind", flat=True)
        assert list(told) == ["placed", "modified", "cancelled"] * 60
    assert_sound(*traders)
