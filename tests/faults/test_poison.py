"""A command that cannot be executed is given up after three tries, and everything else goes on."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
import pytest

from tests.faults.alerts import market_order, story
from tests.faults.behind import waiting_process
from tests.faults.promises import await_settled, commands_of, kept, look
from tests.faults.senders import Load, Sent, send
from tests.faults.test_killed_processes import alert_of
from tests.instance import Product, Trader

PATIENCE_SECONDS = 60
numbers = itertools.count(1_000)
# What happens inside the database when the effects of the poisoned command are written.
TRAP_SQL = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $trap$ BEGIN {what}; RETURN NEW; END $trap$;
CREATE TRIGGER poison BEFORE INSERT ON orders_order FOR EACH ROW WHEN (NEW.client_order_id = 'poison')
EXECUTE FUNCTION poison();
"""
UNTRAP_SQL = "DROP TRIGGER poison ON orders_order; DROP FUNCTION poison()"
PARKED = 3
TURN = 4_711  # an advisory lock that a test holds


@contextmanager
def trap(product: Product, what: str) -> Iterator[None]:
    with psycopg.connect(product.instance.database_url, autocommit=True) as connection:
        connection.execute(TRAP_SQL.format(what=what))
        try:
            yield
        finally:
            connection.execute(UNTRAP_SQL)


def poisoned(product: Product, trader: Trader) -> Sent:
    number = next(numbers)
    body = market_order("poison") | {"requestId": f"poison-{number}"}
    return send(product, alert_of(trader, number, body), "?wait=0")


def beside(product: Product, traders: Sequence[Trader], poison: Sent) -> Load:
    """What everybody else sends, and the victim, too."""
    return Load(product, [story(trader, 5, f"beside poison {poison.alert.number}") for trader in traders])


def assert_only_the_poison_was_given_up(product: Product, poison: Sent, load: Load) -> None:
    fingerprint = poison.alert.fingerprint
    victim = poison.alert.trader
    parked = [one for one in commands_of(product, [victim.account]) if one.fingerprint == fingerprint]
    assert [command.status for command in parked] == [PARKED]
    assert "internal error, not executed" in str(parked[0].outcome)
    assert look(product, "SELECT count(*) FROM orders_order WHERE client_order_id = 'poison'") == [(0,)]
    after = send(product, alert_of(victim, 2_000, market_order(f"after {poison.alert.number}")))
    assert after.is_accepted
    kept(product, [*load.sent, after])


@pytest.mark.parametrize(
    "what",
    [
        pytest.param("RAISE check_violation", id="an error each time"),
        pytest.param("PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(5)", id="its session dies each time"),
    ],
)
def test_a_command_that_cannot_be_written_is_given_up(whole: Product, traders: list[Trader], what: str) -> None:
    with trap(whole, what):
        poison = poisoned(whole, traders[0])
        with beside(whole, traders, poison) as load:
            pass
        await_settled(whole, PATIENCE_SECONDS)
        assert_only_the_poison_was_given_up(whole, poison, load)


def test_a_command_that_cannot_be_read_is_given_up(whole: Product, traders: list[Trader]) -> None:
    for name in ("worker", "pump"):
        whole.kill(name)
    poison = poisoned(whole, traders[0])
    with psycopg.connect(whole.instance.database_url, autocommit=True) as connection:
        connection.execute("UPDATE orders_ordercommand SET payload = '{}' WHERE payload->>'client_order_id' = 'poison'")
    for name in ("worker", "pump"):
        whole.restart(name)
    with beside(whole, traders, poison) as load:
        pass
    await_settled(whole, PATIENCE_SECONDS)
    assert_only_the_poison_was_given_up(whole, poison, load)


def test_a_command_that_kills_whoever_executes_it_is_given_up(whole: Product, traders: list[Trader]) -> None:
    """Like one that eats all memory: the process in the middle of it is killed from outside, each time."""
    with (
        psycopg.connect(whole.instance.database_url, autocommit=True) as connection,
        trap(whole, f"PERFORM pg_advisory_xact_lock({TURN})"),
    ):
        connection.execute("SELECT pg_advisory_lock(%s)", [TURN])
        poison = poisoned(whole, traders[0])
        killed: set[int] = set()
        until = time.monotonic() + PATIENCE_SECONDS
        while look(whole, "SELECT count(*) FROM orders_ordercommand WHERE status = 0")[0][0]:
            assert time.monotonic() < until, f"not given up after {len(killed)} deaths"
            if pid := waiting_process(whole, apart_from=killed, seconds=0.2):
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        with beside(whole, traders, poison) as load:
            pass
        await_settled(whole, PATIENCE_SECONDS)
        assert_only_the_poison_was_given_up(whole, poison, load)
    assert 3 <= len(killed) <= 5
