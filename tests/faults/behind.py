"""Finds the process at the other end of a database session, so that a test can hit the one that is in the middle."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.faults.promises import look
from tests.instance import Product

# Whoever writes what a command did waits while somebody holds this lock: a command stopped in the middle.
HOLD_SQL = "LOCK TABLE orders_orderevent IN SHARE MODE"
# Whoever has taken a lane reads the account's positions next.
HOLD_READING_SQL = "LOCK TABLE orders_position IN ACCESS EXCLUSIVE MODE"
WAITING_SQL = """
SELECT client_port FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'
"""
WAIT_SECONDS = 15.0


@contextmanager
def commands_stopped_in_the_middle(product: Product, hold: str = HOLD_SQL) -> Iterator[None]:
    """Inside, every command that is begun waits before its effects are written."""
    with psycopg.connect(product.instance.database_url) as connection:
        connection.execute(hold)
        yield
        connection.rollback()


@contextmanager
def frozen_in_its_transaction(product: Product, send: Callable[[], object]) -> Iterator[None]:
    """Whoever takes up what `send` sends stands still inside, with the account's lane in its hands."""
    with commands_stopped_in_the_middle(product, HOLD_READING_SQL):
        send()
        pid = waiting_process(product, apart_from=set())
        assert pid, "nobody took the lane"
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def waiting_process(product: Product, apart_from: set[int], seconds: float = WAIT_SECONDS) -> int:
    """The process whose database session waits for a lock: the one in mid-command. 0 when there is none in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for (port,) in look(product, WAITING_SQL):
            pid = process_at(port)
            if pid and pid not in apart_from:
                return pid
        time.sleep(0.02)
    return 0


def process_at(port: int) -> int | None:
    """The process that connected from this port of ours; None when it has gone."""
    inodes = {f"socket:[{inode}]" for inode in inodes_at(port)}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(link) in inodes for link in (folder / "fd").iterdir()):
                return int(folder.name)
        except OSError:  # gone meanwhile, or somebody else's
            continue
    return None


def inodes_at(port: int) -> list[str]:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[9] for row in rows if int(row[1].rpartition(":")[2], 16) == port and row[9] != "0"]
