"""Nobody need die to be missed: a worker that stands still, a restart that was meant, a heap of work that waited."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import psutil

from tests.faults.alerts import story
from tests.faults.behind import frozen_in_its_transaction
from tests.faults.lengths import FULL, length
from tests.faults.promises import UNSETTLED_SQL, Command, await_settled, kept, look
from tests.faults.senders import Load, Sent, is_sent_again, send
from tests.instance import Product, Trader

LANE_IS_FREE_SECONDS = 12.0
FROZEN_SECONDS = length(0.0, 30.0)
POLITE_SECONDS = 10.0
RELOAD_SECONDS = 30.0


def test_a_worker_that_stands_still_in_its_transaction_loses_the_lane(whole: Product, traders: list[Trader]) -> None:
    """The database ends a session that lies idle in a transaction; whoever comes next finds the command waiting."""
    held, others = traders[0], traders[1:]
    sent: list[Sent] = []
    first, *later = story(held, 4, "held by a frozen one")
    with frozen_in_its_transaction(whole, lambda: sent.append(send(whole, first, "?wait=0"))):
        begun = time.monotonic()
        sent += [send(whole, alert, "?wait=0") for alert in later]
        with Load(whole, [story(trader, length(10, 50), "beside a frozen one") for trader in others]) as load:
            pass
        await_settled(whole, LANE_IS_FREE_SECONDS + 8)
        time.sleep(max(0.0, begun + FROZEN_SECONDS - time.monotonic()))
    commands = kept(whole, [*sent, *load.sent])
    assert 2 <= max(seconds_of(commands, held.account)) <= LANE_IS_FREE_SECONDS
    free = seconds_of([command for command in commands if command.account != held.account])
    assert free[len(free) * 99 // 100] <= length(3.0, 1.0), f"others waited too: {free[-20:]}"


def seconds_of(commands: list[Command], account: str = "") -> list[float]:
    return sorted(command.seconds for command in commands if account in ("", command.account))


def test_restarts_that_are_meant_are_hardly_noticed(whole: Product, traders: list[Trader]) -> None:
    """Web hands its address over to a new process, worker and pump finish what they hold."""
    restarts = length(1, 5)
    with Load(whole, [story(trader, restarts * 200, "rolling") for trader in traders]) as load:
        for _ in range(restarts):
            time.sleep(0.5)
            reload_web(whole)
            for name in ("worker", "pump"):
                whole.instance.process(name).stop(POLITE_SECONDS)
                whole.restart(name)
            whole.instance.await_worker()
        load.stop()
    kept(whole, load.sent)
    failed = [sent for sent in load.sent if is_sent_again(sent.answers[0]) or sent.answers[0].status < 0]
    assert len(failed) <= len(load.sent) // 100, load.statuses


def reload_web(product: Product) -> None:
    """As an operator would: `kill -HUP`. Returns when only the new process answers."""
    web = psutil.Process(product.instance.process("web").pid)
    before = set(web.children())
    os.kill(web.pid, signal.SIGHUP)
    until = time.monotonic() + RELOAD_SECONDS
    while before & set(web.children()):
        assert time.monotonic() < until, "the old web process does not end"
        time.sleep(0.05)


def test_a_heap_of_commands_is_drained_in_order_and_fast(
    whole: Product, traders: list[Trader], make_traders: Callable[..., list[Trader]]
) -> None:
    senders = make_traders(whole, 250) if FULL else traders
    many = length(40, 80)  # each: as much as a key may send at once
    for name in ("worker", "pump"):
        whole.kill(name)
    with Load(whole, [story(sender, many, "heap") for sender in senders], rate=10_000, query="?wait=0") as load:
        pass
    assert set(load.statuses) == {200}
    assert look(whole, UNSETTLED_SQL) == [(many * len(senders),)]
    for name in ("pump", "worker"):
        whole.restart(name)
    await_settled(whole, length(30.0, 60.0))
    commands = kept(whole, load.sent)
    done = sorted(command.done_at for command in commands if command.done_at)
    rate = len(done) / (done[-1] - done[0]).total_seconds()
    print(f"\n{len(done)} commands, {rate:.0f} a second")
    assert rate >= length(200, 2_000), f"{rate:.0f} commands a second"
