"""The bell: tells workers whose tray to look into. Bells may be lost, doubled or late; the pump sees to the rest."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

log = logging.getLogger("orders.bell")

FAILURES: Final = 5  # that many in a row, and ringing is left alone for a while
PAUSE_SECONDS: Final = 2.0
# Bells that come while one is being sent travel together. Between two sendings lies a gap, the longer the more the last
# one cost: in a flood of orders ringing may not take the processor from accepting them.
GAP_SECONDS: Final = 0.005
FLOOD: Final = 8  # accounts in one sending
LONGEST_GAP_SECONDS: Final = 0.15
GAP_PER_COST: Final = 24
FEWEST_A_BELL: Final = 32
MOST_A_BELL: Final = 256

Send = Callable[[list[int]], None]


class Breaker:
    """Counts failures in a row; after too many it stays open for a while."""

    def __init__(self) -> None:
        self.failures = 0
        self.total = 0
        self.open_until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.open_until

    def note(self, ok: bool) -> None:
        self.failures = 0 if ok else self.failures + 1
        self.total += not ok
        if self.failures >= FAILURES:
            self.open_until = time.monotonic() + PAUSE_SECONDS


class Ringer:
    """Sends bells, one try each, and never raises."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.breaker = Breaker()

    def ring(self, account_ids: Iterable[int]) -> bool:
        """Whether all bells left. A failure costs at most one time-out of the broker's connection."""
        return all(self._try(some) for some in shares(sorted(set(account_ids))))

    def _try(self, account_ids: list[int]) -> bool:
        if self.breaker.is_open:
            return False
        try:
            self.send(account_ids)
        except Exception as problem:  # whatever the broker does, the order is safe in the tray
            self.breaker.note(False)
            log.warning("bell not rung (%d so far): %s", self.breaker.total, type(problem).__name__)
            return False
        self.breaker.note(True)
        return True


def shares(account_ids: list[int]) -> list[list[int]]:
    """Cuts many accounts into bells that several workers can share."""
    size = min(max(FEWEST_A_BELL, -(-len(account_ids) // 4)), MOST_A_BELL)
    return [account_ids[at : at + size] for at in range(0, len(account_ids), size)]


class Bell:
    """Rings from a thread of its own: `ring` returns at once, and what comes meanwhile is rung together."""

    def __init__(self, ring: Callable[[Iterable[int]], object]) -> None:
        self._ring = ring
        self._waiting: set[int] = set()
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
        self._thread.start()

    def ring(self, account_ids: Iterable[int]) -> None:
        with self._wake:
            self._waiting.update(account_ids)
            self._wake.notify()

    def close(self, timeout: float = 1.0) -> None:
        """Rings what still waits and ends the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while account_ids := self._next():
            started = time.monotonic()
            self._ring(account_ids)
            cost = time.monotonic() - started
            is_flood = len(account_ids) >= FLOOD
            time.sleep(min(max(GAP_SECONDS, cost * GAP_PER_COST * is_flood), LONGEST_GAP_SECONDS))

    def _next(self) -> set[int]:
        """What is to be rung, waiting for it; nothing when closed."""
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._closed)
            taken, self._waiting = self._waiting, set()
            return taken
