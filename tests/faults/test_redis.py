"""Redis carries bells only: killed, frozen or full, it costs no order."""

from __future__ import annotations

import signal
import time

import pytest
import redis

from tests.faults.alerts import story
from tests.faults.lengths import length
from tests.faults.promises import await_settled, kept
from tests.faults.senders import PATIENCE_SECONDS, Load
from tests.faults.storm import storm
from tests.instance import Product, Trader


def test_redis_is_killed_again_and_again(whole: Product, traders: list[Trader]) -> None:
    with Load(whole, [story(trader, length(20, 150), "redis") for trader in traders]) as load:
        deaths = storm(whole, load, ["redis"], pause=length(1.0, 8.0), down=length(0.5, 2.0))
    assert await_settled(whole, 5) <= 5
    kept(whole, load.sent)
    assert deaths >= length(3, 5)
    assert set(load.statuses) <= {200, 404, 409, 422}


def test_a_frozen_redis_holds_no_answer_up(whole: Product, traders: list[Trader]) -> None:
    redis_process = whole.instance.redis and whole.instance.redis.process
    assert redis_process
    redis_process.signal(signal.SIGSTOP)
    begun = time.monotonic()
    try:
        with Load(whole, [story(trader, length(20, 75), "frozen") for trader in traders]) as load:
            pass
        assert time.monotonic() - begun >= length(4, 25)
    finally:
        redis_process.signal(signal.SIGCONT)
    kept(whole, load.sent)
    assert set(load.statuses) <= {200, 404, 409, 422}
    # The engine's decision is waited for a second; a sender's patience ends after three.
    assert load.within(0.99) <= 2.0
    assert load.slowest < PATIENCE_SECONDS


def test_a_full_redis_costs_no_order(whole: Product, traders: list[Trader]) -> None:
    """It refuses whatever would need memory, and throws nothing away."""
    client = redis.Redis.from_url(whole.instance.redis_url)
    client.config_set("maxmemory", "100kb")  # less than it has in use
    try:
        with (
            Load(whole, [story(trader, length(15, 75), "full") for trader in traders]) as load,
            pytest.raises(redis.ResponseError, match="maxmemory"),
        ):
            client.set("one", "more")
    finally:
        client.config_set("maxmemory", "256mb")
        client.close()
    kept(whole, load.sent)
    assert set(load.statuses) <= {200, 404, 409, 422}
