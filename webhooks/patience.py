"""Waiting with an end, and turns: what asyncio has for both costs a request as much as reading its message."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TypeVar

Result = TypeVar("Result")


async def in_time(future: asyncio.Future[Result], seconds: float) -> Result:
    """The result of a future that nobody else waits for. Raises TimeoutError."""
    timer = future.get_loop().call_later(seconds, expire, future)
    try:
        return await future
    finally:
        timer.cancel()


def expire(future: asyncio.Future[Result]) -> None:
    if not future.done():
        future.set_exception(TimeoutError())


class Turns:
    """Lets `most` in at once, the others in the order in which they came."""

    def __init__(self, most: int) -> None:
        self.free = most
        self.waiting: deque[asyncio.Future[None]] = deque()

    async def take(self, seconds: float) -> None:
        """Raises TimeoutError when none is free in time."""
        if self.free:
            self.free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        try:
            await in_time(turn, seconds)
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give()
            raise

    def give(self) -> None:
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1
