"""Waiting for the engine: one poller looks for everybody who waits."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Final

from orders.intake import OUTCOMES_SQL
from webhooks.lines import Line
from webhooks.patience import in_time

log = logging.getLogger("webhooks.gate")

Command = tuple[int, int]  # account and number in its tray
Outcome = dict[str, Any]

FIRST_PAUSE: Final = 0.002
LONGEST_PAUSE: Final = 0.015
SLOWER: Final = 1.15  # from one look to the next
MANY: Final = 32
MOST_PAUSE: Final = 0.15
TROUBLE_PAUSE: Final = 0.25
PAUSE_PER_COST: Final = 4  # looking may not take from the intake what it needs


class Decisions:
    def __init__(self, most_waiting: int) -> None:
        self.most_waiting = most_waiting
        self.line = Line("decisions")
        self.waiting: dict[Command, list[asyncio.Future[Outcome]]] = {}  # a repeat waits for the same command
        self.watching: asyncio.Task[None] | None = None
        self.wanted = asyncio.Event()

    def start(self) -> None:
        self.watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self.watching is not None:
            self.watching.cancel()
            await asyncio.gather(self.watching, return_exceptions=True)
        await self.line.drop()

    async def wait(self, command: Command, seconds: float) -> Outcome | None:
        """The outcome; None when it takes too long, or when so many wait that this would slow the intake."""
        crowded = len(self.waiting) >= self.most_waiting and command not in self.waiting
        if seconds <= 0 or crowded:
            return None
        waiter: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        waiters = self.waiting.setdefault(command, [])
        waiters.append(waiter)
        self.wanted.set()
        try:
            return await in_time(waiter, seconds)
        except TimeoutError:
            return None
        finally:
            waiters.remove(waiter)
            # Once decided they are no longer listed; a repeat of the request may be waiting in their place.
            if not waiters and self.waiting.get(command) is waiters:
                del self.waiting[command]

    async def _watch(self) -> None:
        pause = FIRST_PAUSE
        while True:
            if not self.waiting:
                self.wanted.clear()
                await self.wanted.wait()
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            started = time.monotonic()
            decided = await self._look(list(self.waiting))
            cost = time.monotonic() - started
            for command, outcome in decided.items():
                for waiter in self.waiting.pop(command, ()):
                    if not waiter.done():
                        waiter.set_result(outcome)
            pause = FIRST_PAUSE if decided else min(pause * SLOWER, LONGEST_PAUSE)
            if len(self.waiting) >= MANY:
                pause = max(pause, min(cost * PAUSE_PER_COST, MOST_PAUSE))

    async def _look(self, commands: list[Command]) -> dict[Command, Outcome]:
        if not commands:
            return {}
        try:
            rows = await self.line.rows(OUTCOMES_SQL, [c[0] for c in commands], [c[1] for c in commands])
        except Exception as problem:  # whoever waits gets `pending`; the command is safe
            log.warning("decisions cannot be read: %s", type(problem).__name__)
            await asyncio.sleep(TROUBLE_PAUSE)
            return {}
        return {(account, seq): outcome for account, seq, _, outcome in rows}
