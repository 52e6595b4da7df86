"""How large a body may be: Django takes the whole of it in before a view, or a sign-in, can refuse."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

Scope = dict[str, Any]
Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

MOST_BYTES: Final = 1024 * 1024
MESSAGE: Final = f"the body is larger than {MOST_BYTES} bytes"
REFUSAL: Final = {
    "s": "error",
    "status": "error",
    "code": "body_too_large",
    "errmsg": MESSAGE,
    "errors": [{"code": "body_too_large", "field": "", "message": MESSAGE}],
}


async def limited(application: Callable[..., Awaitable[None]], scope: Scope, receive: Receive, send: Send) -> None:
    """The application, for bodies that are not too large; 413 for others, as soon as that is known."""
    if scope["type"] != "http":
        return await application(scope, receive, send)
    if declared(scope) > MOST_BYTES:
        return await refuse(scope, send)
    counter = Counter(receive)
    await application(scope, counter.receive, send)
    if counter.read > MOST_BYTES:
        await refuse(scope, send)
    return None


class Counter:
    """Hands the pieces of a body on; when they are too many, the sender counts as gone, and nothing is answered."""

    def __init__(self, receive: Receive) -> None:
        self.next, self.read = receive, 0

    async def receive(self) -> Event:
        event = await self.next()
        self.read += len(event.get("body", b""))
        return event if self.read <= MOST_BYTES else {"type": "http.disconnect"}


def declared(scope: Scope) -> int:
    """What the headers say; zero when they do not."""
    sizes = [value for name, value in scope["headers"] if name == b"content-length"]
    return max((int(size[:18]) for size in sizes if size.isdigit()), default=0)


async def refuse(scope: Scope, send: Send) -> None:
    is_api = scope["path"].startswith("/api/")
    body = (json.dumps(REFUSAL) if is_api else MESSAGE).encode()
    kind = b"application/json" if is_api else b"text/plain; charset=utf-8"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
