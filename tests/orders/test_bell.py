"""The bell: quick when it works, quiet when it does not, and never in the way."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from orders.bell import FAILURES, Bell, Ringer, shares
from webhooks_terminal.run.redis_server import RedisServer


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path, "only-for-tests")
    server.start()
    yield server
    server.stop()


def ringer_to(url: str) -> Ringer:
    """Rings through a broker with the product's own settings."""
    app = Celery("bells", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_url = url
    app.conf.broker_read_url = app.conf.broker_write_url = url
    return Ringer(lambda ids: app.send_task("orders.drain_accounts", (ids,), queue="bells", retry=False, expires=30))


def heard(server: RedisServer) -> int:
    import redis

    with redis.Redis.from_url(server.url) as client:
        return client.llen("webhooks-terminal:bells")


def took(act: object) -> float:
    began = time.monotonic()
    act()  # type: ignore[operator]
    return time.monotonic() - began


def test_a_bell_reaches_the_broker(redis: RedisServer) -> None:
    ringer = ringer_to(redis.url)
    assert ringer.ring([3, 1, 3])
    assert heard(redis) == 1


def test_without_a_broker_ringing_fails_quickly_and_then_is_left_alone(redis: RedisServer) -> None:
    ringer = ringer_to(redis.url)
    redis.stop()
    for _ in range(FAILURES):
        assert took(lambda: ringer.ring([1])) < 1.5
    assert ringer.breaker.is_open
    assert took(lambda: [ringer.ring([1]) for _ in range(1000)]) < 0.5
    assert ringer.breaker.total == FAILURES


def test_a_frozen_broker_costs_little(redis: RedisServer) -> None:
    ringer = ringer_to(redis.url)
    assert ringer.ring([1])
    assert redis.process is not None
    os.kill(redis.process.pid, signal.SIGSTOP)
    try:
        assert not ringer.ring([1])  # what was connected finds out
        assert took(lambda: ringer.ring([1])) < 1.5
    finally:
        os.kill(redis.process.pid, signal.SIGCONT)


def test_a_broker_that_is_back_is_rung_again(redis: RedisServer) -> None:
    ringer = ringer_to(redis.url)
    assert ringer.ring([1])
    assert redis.process is not None
    os.kill(redis.process.pid, signal.SIGSTOP)
    assert not ringer.ring([1])
    os.kill(redis.process.pid, signal.SIGCONT)
    assert ringer.ring([1])
    assert ringer.breaker.failures == 0


def test_many_accounts_are_shared_out() -> None:
    assert shares([]) == []
    assert shares([1, 2, 3]) == [[1, 2, 3]]
    many = shares(list(range(1000)))
    assert max(map(len, many)) <= 256
    assert sorted(number for share in many for number in share) == list(range(1000))
    assert len(shares(list(range(40)))) > 1


def test_whoever_rings_does_not_wait_and_bells_travel_together() -> None:
    rung: list[set[int]] = []
    free = threading.Event()

    def slow(account_ids: object) -> None:
        rung.append(set(account_ids))  # type: ignore[call-overload]
        free.wait(10)

    bell = Bell(slow)
    assert took(lambda: [bell.ring([number % 7]) for number in range(1000)]) < 1
    free.set()
    bell.close()
    assert set().union(*rung) == set(range(7))
    assert len(rung) < 50


def test_a_bell_that_is_closed_has_rung_for_everybody() -> None:
    rung: set[int] = set()
    bell = Bell(rung.update)
    bell.ring([1, 2])
    bell.ring([3])
    bell.close(10)
    assert rung == {1, 2, 3}
