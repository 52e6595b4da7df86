"""Look-ups that many requests share: what was found is kept for less than a second, what is missing is fetched
for all who wait in one query. Nothing found is kept like anything else, so it costs the same time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

from webhooks.patience import in_time

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

MAX_AGE_SECONDS: Final = 0.8  # a change must bite within a second, answers included
MOST_KEPT: Final = 20_000
MOST_AT_ONCE: Final = 500


class Lookup(Generic[Key, Value]):
    """`load` gets the keys that are wanted and answers those that exist."""

    def __init__(self, load: Callable[[list[Key]], Awaitable[dict[Key, Value]]]) -> None:
        self.load = load
        self.kept: dict[Key, tuple[float, Value | None]] = {}
        self.older: dict[Key, tuple[float, Value | None]] = {}
        self.turned_at = 0.0
        self.wanted: dict[Key, list[asyncio.Future[Value | None]]] = {}
        self.loading: asyncio.Task[None] | None = None

    def at_hand(self, key: Key) -> Value | None:
        """The value, if it was looked up a moment ago."""
        found = self._fresh(key)
        return found[1] if found is not None else None

    async def get(self, key: Key, seconds: float) -> Value | None:
        """The value, None when there is none. Raises what `load` raises, TimeoutError when it takes too long."""
        found = self._fresh(key)
        if found is not None:
            return found[1]
        waiting: asyncio.Future[Value | None] = asyncio.get_running_loop().create_future()
        self.wanted.setdefault(key, []).append(waiting)
        if self.loading is None or self.loading.done():
            self.loading = asyncio.create_task(self._load_wanted())
        return await in_time(waiting, seconds)

    def _fresh(self, key: Key) -> tuple[float, Value | None] | None:
        found = self.kept.get(key) or self.older.get(key)
        return found if found is not None and time.monotonic() < found[0] else None

    async def _load_wanted(self) -> None:
        while self.wanted:
            batch = dict(list(self.wanted.items())[:MOST_AT_ONCE])
            for key in batch:
                del self.wanted[key]
            until = time.monotonic() + MAX_AGE_SECONDS
            try:
                values = await self.load(list(batch))
            except Exception as error:
                settle_with_error([future for futures in batch.values() for future in futures], error)
                continue
            self._turn()
            for key, futures in batch.items():
                self.kept[key] = (until, values.get(key))
                for future in futures:
                    if not future.done():
                        future.set_result(values.get(key))

    def _turn(self) -> None:
        """Forgets what is old, in two generations, so that no flood of keys makes the memory grow."""
        now = time.monotonic()
        if now - self.turned_at > MAX_AGE_SECONDS or len(self.kept) >= MOST_KEPT:
            self.kept, self.older, self.turned_at = {}, self.kept, now


def settle_with_error(futures: list[asyncio.Future[Value | None]], error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)
            future.exception()  # whoever asked may be gone
