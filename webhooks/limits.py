"""How often a key may knock, and how often an address may knock with wrong keys."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

MINUTE: Final = 60.0
MOST_KEPT: Final = 50_000


class Buckets:
    """A bucket of tokens for each key: `burst` at once, `rate` a second in the long run."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self.levels: dict[int, tuple[float, float]] = {}

    def take(self, key: int) -> float:
        """Takes a token: 0 when there was one, else the seconds until there is."""
        now = time.monotonic()
        level, since = self.levels.get(key, (float(self.burst), now))
        level = min(self.burst, level + (now - since) * self.rate)
        if level < 1:
            self.levels[key] = (level, now)
            return (1 - level) / self.rate
        self.levels[key] = (level - 1, now)
        if len(self.levels) > MOST_KEPT:
            self._forget_full(now)
        return 0.0

    def _forget_full(self, now: float) -> None:
        refilled = self.burst / self.rate
        self.levels = {key: kept for key, kept in self.levels.items() if now - kept[1] < refilled}


class Minutes:
    """A limit of requests in any sixty seconds, for keys that have one."""

    def __init__(self) -> None:
        self.taken: dict[int, deque[float]] = {}

    def take(self, key: int, most: int) -> float:
        """0 when the request is within the limit, else the seconds until one will be."""
        now = time.monotonic()
        times = self.taken.setdefault(key, deque())
        while times and now - times[0] >= MINUTE:
            times.popleft()
        if len(times) >= most:
            return MINUTE - (now - times[0]) if times else MINUTE
        times.append(now)
        return 0.0


class Guesses:
    """Wrong key pairs by address within a minute. Right ones are never counted, so no owner is locked out."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.counts: dict[str, int] = {}
        self.since = 0.0

    def note(self, neighbourhood: str) -> float:
        """Counts one; 0 while they are few, else the seconds until the address may guess again."""
        now = time.monotonic()
        if now - self.since >= MINUTE or len(self.counts) > MOST_KEPT:
            self.counts, self.since = {}, now
        count = self.counts[neighbourhood] = self.counts.get(neighbourhood, 0) + 1
        return MINUTE - (now - self.since) if count > self.most else 0.0
