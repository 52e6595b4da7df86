"""When the database, the broker or the engine are away: an answer within three seconds, 503 only when nothing was
accepted, and everything that was accepted is carried out."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.instance import Answer, Product, Trader

MARKET: dict[str, Any] = {"action": "place", "symbol": "BTCUSDT", "type": "Market", "qty": "0.001", "side": "buy"}
PATIENCE = 3.0


@pytest.fixture(scope="module")
def place(world: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product with a PostgreSQL and a Redis of its own, to be killed and frozen."""
    from tests.instance import throw_away

    with throw_away(world, tmp_path_factory.mktemp("trouble"), own_postgres=True) as product:
        yield product


@pytest.fixture
def trader(place: Product) -> Trader:
    place.reset_prices()
    return place.newcomer()


def timed(product: Product, body: dict[str, Any], trader: Trader) -> tuple[Answer, float]:
    started = time.monotonic()
    answer = product.post(body, trader.key)
    return answer, time.monotonic() - started


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it never came about"
        time.sleep(0.1)


def signal_all(parent: int, number: signal.Signals) -> list[int]:
    """Signals a process and its children, each of which leads a group of its own."""
    of_parent = [
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if stat.exists() and int(stat.read_text().rpartition(")")[2].split()[1]) == parent
    ]
    for one in (parent, *of_parent):
        os.kill(one, number)
    return [parent, *of_parent]


def orders(product: Product, trader: Trader) -> dict[str, dict[str, Any]]:
    rows = product.read(f"/api/v1/accounts/{trader.account}/orders?limit=500", trader.key)["d"]
    return {row["clientOrderId"]: row for row in rows}


def test_no_engine(place: Product, trader: Trader) -> None:
    place.kill("worker")
    place.kill("pump")
    try:
        answer, seconds = timed(place, MARKET | {"accountName": trader.account}, trader)
        assert (answer.status, answer.json["d"]["state"]) == (200, "pending")
        assert seconds < PATIENCE
    finally:
        place.restart("worker")
        place.restart("pump")
    path = f"{trader.key.path}/requests/{answer.headers['x-request-id']}"
    until(lambda: place.ask("GET", path).json["d"]["state"] == "filled")


@pytest.mark.parametrize("trouble", [signal.SIGKILL, signal.SIGSTOP])
def test_no_database(place: Product, trader: Trader, trouble: signal.Signals) -> None:
    body = MARKET | {"accountName": trader.account}
    assert place.post(body | {"clientOrderId": "before"}, trader.key).status == 200
    server = place.instance.postgres
    assert server is not None
    assert server.process is not None
    sessions = signal_all(server.process.pid, trouble)
    try:
        with ThreadPoolExecutor(20) as pool:
            bodies = [body | {"clientOrderId": f"during-{number}", "dryRun": number == 0} for number in range(20)]
            answers = list(pool.map(lambda one: timed(place, one, trader), bodies))
        for answer, seconds in answers:
            assert answer.status == 503, answer.text
            assert answer.json["code"] == "unavailable"
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["x-request-id"]
            assert seconds < PATIENCE
    finally:
        if trouble is signal.SIGSTOP:
            for session in sessions:
                os.kill(session, signal.SIGCONT)
        else:
            server.process.kill_hard()
            place.restart("postgres")
    until(lambda: place.post(body | {"clientOrderId": "after"}, trader.key).status in (200, 409))
    until(lambda: "after" in orders(place, trader))
    time.sleep(1)
    assert sorted(orders(place, trader)) == ["after", "before"]
    dry_run, seconds = timed(place, body | {"clientOrderId": "tried", "dryRun": True}, trader)
    assert (dry_run.status, dry_run.json["d"]["state"], seconds < PATIENCE) == (200, "filled", True)


def test_killed_in_the_middle_of_a_burst(place: Product, trader: Trader) -> None:
    """What was answered 200 is there once, what was answered 503 is not, and nothing else was answered."""
    body = MARKET | {"accountName": trader.account, "type": "Limit", "price": "1"}

    def send(number: int) -> tuple[str, int, float]:
        time.sleep(number / 200)
        answer, seconds = timed(place, body | {"clientOrderId": f"b-{number}"}, trader)
        while answer.status == 429:
            time.sleep(1)
            answer, seconds = timed(place, body | {"clientOrderId": f"b-{number}"}, trader)
        return f"b-{number}", answer.status, seconds

    with ThreadPoolExecutor(80) as pool:
        sent = [pool.submit(send, number) for number in range(80)]
        time.sleep(0.2)
        place.kill("postgres")
        time.sleep(0.5)
        place.restart("postgres")
        answers = [one.result() for one in sent]
    assert {status for _, status, _ in answers} <= {200, 503}
    assert max(seconds for _, _, seconds in answers) < PATIENCE
    accepted = {name for name, status, _ in answers if status == 200}
    until(lambda: accepted <= set(orders(place, trader)))
    assert set(orders(place, trader)) == accepted


def test_sessions_that_break(place: Product, trader: Trader) -> None:
    """The gate's connections are killed again and again; senders notice a 503 at worst, and nothing is done twice."""
    body = MARKET | {"accountName": trader.account, "type": "Limit", "price": "1"}
    statuses: dict[str, int] = {}
    for number in range(30):
        if number % 3 == 0:
            place.manage("shell", "--no-imports", "--command", KILL_SESSIONS) if number % 9 == 0 else None
        name = f"s-{number}"
        statuses[name] = place.post(body | {"clientOrderId": name}, trader.key).status
    assert set(statuses.values()) <= {200, 503}
    accepted = {name for name, status in statuses.items() if status == 200}
    assert len(accepted) > 20
    until(lambda: set(orders(place, trader)) == accepted)


KILL_SESSIONS = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'gate-%'")
"""


@pytest.mark.parametrize("trouble", [signal.SIGKILL, signal.SIGSTOP])
def test_no_broker(place: Product, trader: Trader, trouble: signal.Signals) -> None:
    broker = place.instance.redis
    assert broker is not None
    assert broker.process is not None
    broker.process.signal(trouble)
    try:
        for number in range(5):
            name = f"r-{number}"
            answer, seconds = timed(place, MARKET | {"accountName": trader.account, "clientOrderId": name}, trader)
            assert answer.status == 200
            assert seconds < PATIENCE
        until(lambda: [row["state"] for row in orders(place, trader).values()] == ["filled"] * 5)
    finally:
        if trouble is signal.SIGSTOP:
            broker.process.signal(signal.SIGCONT)
        else:
            broker.process.kill_hard()
            place.restart("redis")


def test_a_locked_tray_holds_up_nobody_else(place: Product, trader: Trader) -> None:
    """Somebody holds the row that numbers one account's commands; the others' senders notice little."""

    other = place.newcomer()
    with psycopg.connect(place.instance.database_url) as holder:
        holder.execute(
            "SELECT 1 FROM orders_tray t JOIN accounts_tradingaccount a ON a.id = t.account_id"
            " WHERE a.name = %s FOR UPDATE OF t",
            [trader.account],
        )
        with ThreadPoolExecutor(6) as pool:
            stuck = pool.submit(timed, place, MARKET | {"accountName": trader.account}, trader)
            others = [pool.submit(timed, place, MARKET | {"accountName": other.account}, other) for _ in range(5)]
            assert {one.result()[0].status for one in others} == {200}
            assert stuck.result()[0].status == 503
            assert stuck.result()[1] < PATIENCE
        holder.rollback()
    assert place.post(MARKET | {"accountName": trader.account}, trader.key).status == 200


SLOW_COMMIT = """
CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON webhooks_delivery
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.seq IS NOT NULL) EXECUTE FUNCTION slow_commit()
"""
COMMITTING = "SELECT pid FROM pg_stat_activity WHERE application_name = 'gate-desk' AND wait_event = 'PgSleep'"


def test_nobody_is_lied_to_while_a_commit_is_in_doubt(place: Product, trader: Trader) -> None:
    """The session hangs in the middle of its commit: silence until it is known what became of it, then the truth."""

    body = MARKET | {"accountName": trader.account, "type": "Limit", "price": "1", "clientOrderId": "doubt"}
    with psycopg.connect(place.instance.database_url, autocommit=True) as connection, ThreadPoolExecutor(1) as pool:
        connection.execute(SLOW_COMMIT)
        try:
            sent = pool.submit(timed, place, body, trader)
            until(lambda: connection.execute(COMMITTING).fetchone() is not None)
            (session,) = connection.execute(COMMITTING).fetchone() or (0,)
            os.kill(session, signal.SIGSTOP)
            time.sleep(PATIENCE + 0.5)
            was_silent = not sent.done()
            os.kill(session, signal.SIGCONT)
            answer, _ = sent.result()
        finally:
            connection.execute("DROP TRIGGER slow_commit ON webhooks_delivery; DROP FUNCTION slow_commit")
    assert was_silent
    assert answer.status in (200, 503)
    time.sleep(1)
    assert ("doubt" in orders(place, trader)) == (answer.status == 200)


def test_nothing_is_accepted_under_a_name_that_nobody_could_find_dead(place: Product, trader: Trader) -> None:
    """A process that dies before it answers is found by its name; one that has no name yet accepts nothing."""
    with psycopg.connect(place.instance.database_url) as connection:
        connection.execute("LOCK TABLE webhooks_gateprocess IN ACCESS EXCLUSIVE MODE")
        place.kill("web")
        place.restart("web")
        answer, seconds = timed(place, MARKET | {"accountName": trader.account}, trader)
        assert (answer.status, seconds < PATIENCE) == (503, True)
    until(lambda: place.post(MARKET | {"accountName": trader.account}, trader.key).status == 200)
    with psycopg.connect(place.instance.database_url) as connection:
        nameless = connection.execute(
            "SELECT count(*) FROM webhooks_delivery d WHERE seq IS NOT NULL"
            " AND received_at > now() - interval '1 minute'"
            " AND NOT EXISTS (SELECT FROM webhooks_gateprocess g WHERE g.gate = d.gate)"
        ).fetchone()
    assert nameless == (0,)
