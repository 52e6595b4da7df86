"""A request as it comes from the server: its address, headers and, when asked for, its body."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from webhooks.authentication import key_pair_of
from webhooks.sources import client_address

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MOST_BYTES: Final = 16_384
BODY_SECONDS: Final = 2.2
LOOK_UP_SECONDS: Final = 2.0
LEAST_SECONDS: Final = 0.25  # also after a slow body
DISCARD_SECONDS: Final = 2.0
# Senders give up after three seconds.
PATIENCE_SECONDS: Final = 2.75
REQUEST_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class BodyTooLargeError(Exception):
    pass


class BodyTooSlowError(Exception):
    pass


def new_id() -> UUID:
    """A UUID of version 7: rows of the same time lie together in the log and in its indices. It is no secret."""
    milliseconds = time.time_ns() // 1_000_000
    return UUID(int=milliseconds << 80 | 7 << 76 | random.getrandbits(12) << 64 | 2 << 62 | random.getrandbits(62))


class Knock:
    """`parts` is the path after /webhook: nothing, or a key pair, and maybe `requests` and an id."""

    def __init__(self, scope: Scope, receive: Receive, proxies: int) -> None:
        self.id = new_id()
        self.started = time.monotonic()
        self.method: str = scope["method"]
        self.query: bytes = scope.get("query_string", b"")
        self.parts: list[str] = scope["path"].removeprefix("/webhook").removesuffix("/").split("/")[1:]
        self.headers: dict[str, str] = {}
        self.forwarded: list[str] = []
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            self.headers[name] = value
            if name == "x-forwarded-for":
                self.forwarded.append(value)
        # As the proxy saw it, when there is one of ours.
        scheme = (self.headers.get("x-forwarded-proto") if proxies else None) or scope.get("scheme", "http")
        self.is_secure = scheme.rpartition(",")[2].strip().lower() == "https"
        self.peer: str | None = (scope.get("client") or (None,))[0]
        self.receive = receive
        self.gave_up = False
        self.address = client_address(self.peer, self.forwarded, proxies)

    @property
    def until(self) -> float:
        """The latest moment for an answer."""
        return self.started + PATIENCE_SECONDS

    @property
    def left(self) -> float:
        return max(self.until - time.monotonic(), 0.0)

    @property
    def look_up_seconds(self) -> float:
        """How long a look-up may take: what is left must suffice for the commit."""
        return max(self.started + LOOK_UP_SECONDS - time.monotonic(), LEAST_SECONDS)

    @property
    def asks_for(self) -> str | None:
        """The id after `requests/`; None for an order."""
        if len(self.parts) in (2, 4) and self.parts[-2] == "requests":
            return self.parts[-1]
        return None

    @property
    def key_pair(self) -> tuple[str, str]:
        """From the path, else from headers; empty when there is none."""
        if len(self.parts) >= 2 and self.parts[0] != "requests":
            return self.parts[0], self.parts[1]
        return (key_pair_of(self.headers) or ("", "")) if not self.parts or self.parts[0] == "requests" else ("", "")

    @property
    def waits(self) -> bool:
        return b"wait=0" not in self.query.split(b"&")

    async def body(self) -> bytes:
        """At most 16384 bytes, never more in memory than was asked for. Raises when it is larger or too slow."""
        declared = self.headers.get("content-length", "")
        if declared.isdecimal() and (len(declared) > 12 or int(declared) > MOST_BYTES):
            raise BodyTooLargeError
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        # asyncio.timeout() would do, but costs as much as reading the message.
        timer = loop.call_later(max(self.started + BODY_SECONDS - time.monotonic(), 0.01), self._give_up, task)
        try:
            return await self._read()
        except asyncio.CancelledError:
            if self.gave_up and not task.uncancel():
                raise BodyTooSlowError from None
            raise
        finally:
            timer.cancel()

    def _give_up(self, task: asyncio.Task[Any]) -> None:
        self.gave_up = True
        task.cancel()

    async def discard(self) -> None:
        """Reads on for a moment what nobody wants: a sender that is cut off while sending may miss its answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DISCARD_SECONDS):
                while (event := await self.receive())["type"] != "http.disconnect" and event.get("more_body", False):
                    pass

    async def gone(self) -> None:
        """Returns when the sender has hung up."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def _read(self) -> bytes:
        found = b""
        while True:
            event = await self.receive()
            if event["type"] == "http.disconnect":
                raise BodyTooSlowError
            found += event.get("body", b"")
            if len(found) > MOST_BYTES:
                raise BodyTooLargeError
            if not event.get("more_body", False):
                return found
