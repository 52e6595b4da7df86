"""The pump's helper: a process that drains lanes by their number. It may die of a command; the pump starts another."""

from __future__ import annotations

import logging
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Final

from django.conf import settings

from orders.execution import ACCOUNTS_A_BATCH

log = logging.getLogger("orders.pump")

# As long as one lane may take before the helper is taken for stuck.
PATIENCE_SECONDS: Final = 20.0
MOST_IN_HAND: Final = 200


class Helper:
    """Account ids go in, some a line; each line comes back when its lanes were drained."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.environment = environment  # of the process; the pump's own when absent
        self.process: subprocess.Popen[bytes] | None = None
        self.in_hand: dict[int, None] = {}
        self.heard_at = 0.0
        self.rest = b""

    def drain(self, account_ids: Iterable[int]) -> None:
        """Hands lanes over and returns at once; those already in hand are not handed over twice."""
        self._hear()
        self._end_if_stuck()
        fresh = [number for number in account_ids if number not in self.in_hand][: MOST_IN_HAND - len(self.in_hand)]
        if not fresh:
            return
        if not self.in_hand:
            self.heard_at = time.monotonic()
        try:
            process = self._running()
            assert process.stdin is not None
            process.stdin.write("".join(f"{line}\n" for line in lines_of(fresh)).encode())
            process.stdin.flush()
        except OSError as problem:
            log.warning("the helper is gone: %s", problem)
            self.close()
        else:
            self.in_hand |= dict.fromkeys(fresh)

    def close(self) -> None:
        """Ends the process: what it has not committed is undone, and still in the tray."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    self._close_pipe(pipe)
        self.process, self.in_hand, self.rest = None, {}, b""

    @staticmethod
    def _close_pipe(pipe: object) -> None:
        try:
            pipe.close()  # type: ignore[attr-defined]
        except OSError:
            return

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "drain"]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.environment
            )
            assert self.process.stdout is not None
            os.set_blocking(self.process.stdout.fileno(), False)
        return self.process

    def _hear(self) -> None:
        """Takes note of what has come back, without waiting."""
        if self.process is None:
            return
        assert self.process.stdout is not None
        while chunk := self._read(self.process.stdout.fileno()):
            *lines, self.rest = (self.rest + chunk).split(b"\n")
            self.heard_at = time.monotonic()
            for number in b" ".join(lines).split():
                self.in_hand.pop(int(number), None)
        if self.process.poll() is not None:
            log.error("the helper died with %d lanes in hand (exit %s)", len(self.in_hand), self.process.returncode)
            self.close()

    @staticmethod
    def _read(descriptor: int) -> bytes:
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            return os.read(descriptor, 65_536) if selector.select(0) else b""

    def _end_if_stuck(self) -> None:
        if self.in_hand and time.monotonic() - self.heard_at > PATIENCE_SECONDS:
            log.error("the helper is stuck with account %d: ended", next(iter(self.in_hand)))
            self.close()


def lines_of(account_ids: list[int]) -> list[str]:
    """So many at once as go into one transaction."""
    starts = range(0, len(account_ids), ACCOUNTS_A_BATCH)
    return [" ".join(map(str, account_ids[at : at + ACCOUNTS_A_BATCH])) for at in starts]
