"""Real processes of the product, against the test's own database, to be killed at will."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from urllib.parse import quote, urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

PATIENCE_SECONDS = 60


def environment(role: str, **more: str) -> dict[str, str]:
    """The test's settings, with the database that the test really uses."""
    known = connection.settings_dict
    user = quote(known["USER"], "") + (f":{quote(known['PASSWORD'], '')}" if known["PASSWORD"] else "")
    place = f"{user}@{known['HOST']}:{known['PORT']}"
    database = urlunsplit(("postgres", place, f"/{known['NAME']}", urlsplit(os.environ["DATABASE_URL"]).query, ""))
    return os.environ | {"DATABASE_URL": database, "ROLE": role} | more


@contextmanager
def running(*arguments: str, role: str, stdin: int | None = None, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own; whatever is left of the group at the end is killed."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environment(role, **more),
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the process and its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        with suppress(BrokenPipeError):
            process.stdin.close()


def worker(**more: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    options = "-Q bells -c 2 --without-gossip --without-mingle --without-heartbeat -l ERROR"
    return running("-m", "celery", "-A", "webhooks_terminal", "worker", *options.split(), role="worker", **more)


def pump(**more: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return running("manage.py", "pump", role="pump", **more)


def porter() -> AbstractContextManager[subprocess.Popen[bytes]]:
    """`manage.py drain`: empties the trays whose account ids are written to it."""
    return running("manage.py", "drain", role="worker", stdin=subprocess.PIPE)


def tell(process: subprocess.Popen[bytes], *account_ids: int) -> None:
    assert process.stdin is not None
    process.stdin.write("".join(f"{number}\n" for number in account_ids).encode())
    process.stdin.flush()


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it does not happen"
        time.sleep(0.02)
