"""A number for each request to the API: in the answer's `X-Request-Id`, and in the log lines that the request leaves.

The webhook gives numbers of its own: they are rows of the delivery log.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final
from uuid import uuid4

Event = dict[str, Any]
Send = Callable[[Event], Awaitable[None]]

current: Final[ContextVar[str]] = ContextVar("request_number", default="")


class NumberFilter(logging.Filter):
    """Lets every record through, with the number of the request that it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        if number := current.get():
            record.msg, record.args = f"{record.getMessage()} [request {number}]", ()
        return True


async def numbered(application: Callable[..., Awaitable[None]], scope: Event, receive: Any, send: Send) -> None:
    """The application; what it answers below /api/ carries a number."""
    if scope["type"] != "http" or not scope["path"].startswith("/api/"):
        return await application(scope, receive, send)
    number = str(uuid4())

    async def send_numbered(event: Event) -> None:
        if event["type"] == "http.response.start":
            event["headers"] = [*event.get("headers", ()), (b"x-request-id", number.encode())]
        await send(event)

    token = current.set(number)
    try:
        return await application(scope, receive, send_numbered)
    finally:
        current.reset(token)
