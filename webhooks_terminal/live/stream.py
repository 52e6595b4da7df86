"""`GET /live`: the stream of a signed-in person's terminal. `GET /live/ping`: as little as a server can say."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import connection
from django.http import HttpRequest, parse_cookie

from accounts.models import User
from webhooks_terminal.live.viewer import Viewer
from webhooks_terminal.live.watch import Watch

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

STREAMS_OF_USER = 24
STREAMS = 2_000
STREAM_SECONDS = 3_600  # then it ends and the terminal comes again
# A page's clock and the clock of a commit differ by as long as a transaction takes.
MARGIN_SECONDS = 2.0

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
watch = Watch()


async def live(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["method"] not in ("GET", "HEAD"):
        return await answer(send, 405, [(b"allow", b"GET, HEAD")])
    if scope["path"] == "/live/ping":
        return await answer(send, 204)
    session_key = parse_cookie(header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME, "")
    user = await sync_to_async(signed_in)(session_key) if session_key else None
    if user is None:
        return await answer(send, 401)
    if scope["method"] == "HEAD":
        return await answer(send, 200)
    if len(watch.viewers) >= STREAMS or sum(v.user_id == user.pk for v in watch.viewers) >= STREAMS_OF_USER:
        return await answer(send, 429, [(b"retry-after", b"30")])
    await stream(asked(scope, user, session_key), receive, send)


def asked(scope: Scope, user: User, session_key: str) -> Viewer:
    """What its address says: `since` (seconds), and `quotes=all` for every instrument's prices."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    try:
        since = float(query.get("since", ["inf"])[0])
    except ValueError:
        since = float("inf")
    digest = hashlib.sha256(user.password.encode()).digest()
    return Viewer(user.pk, session_key, digest, since - MARGIN_SECONDS, query.get("quotes") == ["all"])


async def stream(viewer: Viewer, receive: Receive, send: Send) -> None:
    """Until the terminal leaves, the session ends or the time is up."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    watch.join(viewer)
    leaving = asyncio.ensure_future(left(receive))
    telling = asyncio.ensure_future(tell(viewer, send))
    try:
        await asyncio.wait({leaving, telling}, timeout=STREAM_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        watch.leave(viewer)
        gone = leaving.done()
        for task in (leaving, telling):
            task.cancel()
        await asyncio.gather(leaving, telling, return_exceptions=True)
    if not gone:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def tell(viewer: Viewer, send: Send) -> None:
    await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": True})
    while not viewer.over:
        await viewer.news.wait()
        if news := viewer.take_news():
            await send({"type": "http.response.body", "body": news, "more_body": True})


async def left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer(send: Send, status: int, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [HEADERS[1], *(headers or [])]})
    await send({"type": "http.response.body", "body": b""})


def header(scope: Scope, name: bytes) -> str:
    return b"; ".join(value for key, value in scope["headers"] if key == name).decode("latin-1")


def signed_in(session_key: str) -> User | None:
    """The user of a living session, by Django's own checks."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    try:
        user = get_user(request)
        return user if isinstance(user, User) else None
    finally:
        connection.close()  # back to the pool: nothing else would
