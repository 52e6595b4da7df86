"""Two at work at once, stopped at the moment that matters: by locks of the database, never by luck."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection

from orders.execution import visit_all
from orders.wire import hang_up, wire
from tests.orders.trading import Trader

PATIENCE_SECONDS = 20


def another_connection() -> psycopg.Connection[tuple[object, ...]]:
    """One that may sit in a transaction for as long as a test needs."""
    parameters = connection.get_connection_params() | {"context": None, "cursor_factory": psycopg.Cursor}
    conn = psycopg.connect(**parameters | {"autocommit": True})
    conn.execute("SET idle_in_transaction_session_timeout = 0")
    return conn


def in_thread(act: Callable[[], object]) -> threading.Thread:
    """Runs something beside the test, with connections of its own."""

    def run() -> None:
        try:
            act()
        finally:
            hang_up()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@contextmanager
def drain_held_before_commit(trader: Trader, seq: int, *others: int) -> Iterator[None]:
    """A drain that has executed the command, but cannot write its outcome until the block ends.

    It goes through the trays of the others in the same transaction.
    """
    pids: list[int] = []
    with another_connection() as conn, conn.transaction():
        conn.execute("SELECT FROM orders_ordercommand WHERE account_id = %s AND seq = %s FOR UPDATE", (trader.id, seq))
        thread = in_thread(lambda: (pids.append(wire().conn.info.backend_pid), until_empty(trader.id, *others)))
        until_blocked(pids)
        yield
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def until_empty(*account_ids: int) -> None:
    """As a bell has it done: for one account or for several at once."""
    left = set(account_ids)
    while left:
        left = visit_all(left)


def until_blocked(pids: list[int]) -> None:
    """Waits until that backend waits for a lock."""
    until = time.monotonic() + PATIENCE_SECONDS
    with another_connection() as conn:
        while time.monotonic() < until:
            sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s) AND wait_event_type = 'Lock'"
            if conn.execute(sql, (pids,)).fetchone() == (1,):
                return
            time.sleep(0.01)
    raise AssertionError("the drain does not come to its lock")
