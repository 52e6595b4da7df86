"""PostgreSQL is the one thing that cannot be missed: without it nothing is accepted, and nothing accepted is lost."""

from __future__ import annotations

import errno
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.faults.alerts import story
from tests.faults.conftest import put_right, traders_in
from tests.faults.lengths import length
from tests.faults.promises import kept
from tests.faults.senders import TIMED_OUT, Load, send_once
from tests.instance import Product, Trader, World, throw_away

DISK_MEGABYTES = 400
# Silence is for those whose commit was in doubt: the truth could not be had in time.
NO_LIES = {200, 404, 409, 422, 503, TIMED_OUT}

KILL_SESSION_SQL = """
SELECT pg_terminate_backend(pid) FROM (
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    ORDER BY random() LIMIT 1
) AS one
"""


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A small disk of its own where this process may mount one, else a folder."""
    folder = Path(os.environ["TESTS_FOLDER"]) / f"disk-{secrets.token_hex(3)}"
    folder.mkdir(mode=0o711)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=0711", "tmpfs", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield folder
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def alone(world: World, disk: Path) -> Iterator[Product]:
    """A product with a PostgreSQL of its own on that disk."""
    with throw_away(world, disk / "product", own_postgres=True) as product:
        yield product


@pytest.fixture(scope="module")
def customers(alone: Product) -> list[Trader]:
    return traders_in(alone)


def test_the_server_is_killed_in_the_middle_of_a_burst_and_comes_back(alone: Product, customers: list[Trader]) -> None:
    put_right(alone)
    times = length(1, 3)
    with Load(alone, [story(trader, times * 25, "postgres") for trader in customers]) as load:
        for _ in range(times):
            time.sleep(2)
            alone.kill("postgres")
            time.sleep(length(1.0, 3.0))
            alone.restart("postgres")
            assert back_after(alone, customers[0]) <= 8
    kept(alone, load.sent)
    assert set(load.statuses) <= NO_LIES
    assert load.share_accepted() > 0.5
    assert all("retry-after" in answer.headers for answer in load.answers if answer.status == 503)


def test_a_full_disk_takes_no_order_and_loses_none(alone: Product, customers: list[Trader], disk: Path) -> None:
    if not os.path.ismount(disk):
        pytest.skip("only root may mount a small disk")
    put_right(alone)
    with Load(alone, [story(trader, 1_000, "disk") for trader in customers]) as load:
        time.sleep(1)
        with no_room_on(disk):
            until_refused(load)
            time.sleep(length(3.0, 30.0))
        if not alone.instance.process("postgres").is_running:  # no room for its log: it ends, a supervisor starts it
            alone.restart("postgres")
        assert back_after(alone, customers[0]) <= 8
        load.stop()
    kept(alone, load.sent)
    assert set(load.statuses) <= NO_LIES


@contextmanager
def no_room_on(disk: Path) -> Iterator[None]:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress_full():
        while True:
            file.write(bytes(4_096))
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def suppress_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def until_refused(load: Load, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while 503 not in load.statuses:
        assert time.monotonic() < until, f"the full disk is not noticed: {load.statuses}"
        time.sleep(0.1)


def back_after(product: Product, trader: Trader) -> float:
    """Seconds until the webhook takes orders again."""
    begun = time.monotonic()
    alert = story(trader, 1, f"back-{begun}")[0]
    while send_once(product, alert)[0].status != 200 and time.monotonic() - begun < 30:
        time.sleep(0.1)
    return time.monotonic() - begun


def test_database_sessions_are_killed_at_random(whole: Product, traders: list[Trader]) -> None:
    kills = 0
    with (
        psycopg.connect(whole.instance.database_url, autocommit=True) as connection,
        Load(whole, [story(trader, length(20, 150), "sessions") for trader in traders]) as load,
    ):
        while load.is_running:
            kills += len(connection.execute(KILL_SESSION_SQL).fetchall())
            time.sleep(0.5)
    kept(whole, load.sent)
    assert kills >= length(8, 60)
    assert set(load.statuses) <= NO_LIES
    assert load.share_accepted() > 0.6, load.statuses
    assert load.statuses.get(TIMED_OUT, 0) <= len(load.sent) // 20, load.statuses
