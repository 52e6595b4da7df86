"""One look at the books for all open terminals of this process, five times a second; none when nobody looks.

The questions are cheap by their indexes and ask only about what open terminals may see. What is compared is the state
itself, not a time: a row that was written earlier but committed later is news all the same.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from typing import Any, LiteralString

import psycopg
from django.conf import settings
from psycopg.abc import Params

from webhooks_terminal.live.viewer import Viewer

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
BEAT_SECONDS = 3.0
RECHECK_SECONDS = 1.0  # sessions that ended, accounts that were opened

BOOKS = """
SELECT account_id, extract(epoch FROM changed_at)::float8 FROM orders_book WHERE account_id = ANY(%s)
"""
HELD = """
SELECT account_id, instrument_id FROM orders_position WHERE account_id = ANY(%(accounts)s)
UNION
SELECT account_id, instrument_id FROM orders_order
WHERE account_id = ANY(%(accounts)s) AND state IN ('working', 'partially filled', 'inactive')
"""
# The newest of each user within half a minute; a row is news when it, or its answer, was not there a look ago.
REQUESTS = """
SELECT whose, extract(epoch FROM newest.received_at)::float8,
       hashtextextended(newest.id::text || coalesce(newest.answered_at::text, ''), 0)
FROM unnest(%s::bigint[]) AS whose, LATERAL (
    SELECT id, received_at, answered_at FROM webhooks_delivery
    WHERE user_id = whose AND received_at > now() - interval '30 seconds'
    ORDER BY received_at DESC, id DESC LIMIT 20
) AS newest
"""
QUOTES = """
SELECT instrument_id, seq, bid::text, ask::text FROM orders_lastquote
WHERE bid IS NOT NULL AND (%(all)s OR instrument_id = ANY(%(instruments)s))
"""
# Who may still listen, and to which accounts: the session lives, its user is active and has the password they signed in
# with, which is what Django asks at each request.
LISTENERS = """
SELECT s.session_key, ARRAY(SELECT a.id FROM accounts_tradingaccount a WHERE a.user_id = u.id)
FROM unnest(%s::text[], %s::bigint[], %s::bytea[]) AS viewer (session_key, user_id, password_digest)
JOIN django_session s ON s.session_key = viewer.session_key AND s.expire_date > now()
JOIN accounts_user u ON u.id = viewer.user_id AND u.is_active
    AND sha256(convert_to(u.password, 'UTF8')) = viewer.password_digest
"""
# How long the engine took for its last commands, and how long the oldest undecided one waits; in milliseconds.
ENGINE = """
SELECT (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM done_at - accepted_at) * 1000)
        FROM (SELECT done_at, accepted_at FROM orders_ordercommand ORDER BY id DESC LIMIT 20) AS last
        WHERE done_at IS NOT NULL),
       (SELECT extract(epoch FROM clock_timestamp() - min(accepted_at)) * 1000
        FROM orders_ordercommand WHERE status = 0)
"""


class Watch:
    """Runs while somebody looks. Its own connection, so that it never waits for a request's."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.task: asyncio.Task[None] | None = None
        self.books: dict[int, float] = {}
        self.requests: dict[int, set[int]] = {}
        self.quotes: dict[int, int] = {}
        self.last_prices: dict[int, tuple[str, str]] = {}
        self.next_beat = self.next_recheck = 0.0

    def join(self, viewer: Viewer) -> None:
        self.viewers.add(viewer)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.run())

    def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)

    async def run(self) -> None:
        while self.viewers:
            try:
                async with await connect() as connection:
                    while self.viewers:
                        started = time.monotonic()
                        await asyncio.wait_for(self.look(connection), 5)
                        await asyncio.sleep(max(0.02, LOOK_SECONDS - (time.monotonic() - started)))
            except (psycopg.Error, OSError, TimeoutError) as fault:
                # No beat goes out meanwhile: the terminals see it and say so.
                logger.warning("the books cannot be looked at: %s", fault)
                await asyncio.sleep(1)
            except Exception:
                logger.exception("a look at the books failed")
                await asyncio.sleep(1)
        self.books.clear()
        self.requests.clear()
        self.quotes.clear()

    async def look(self, connection: psycopg.AsyncConnection) -> None:
        now = time.monotonic()
        newcomers = {viewer for viewer in self.viewers if viewer.new}
        if newcomers or now >= self.next_recheck:
            await self.recheck(connection)
            self.next_recheck = now + RECHECK_SECONDS if now >= self.next_recheck else self.next_recheck
        changed = await self.look_at_books(connection, newcomers)
        await self.look_at_holdings(connection, newcomers, changed)
        await self.look_at_requests(connection, newcomers)
        await self.look_at_quotes(connection, newcomers)
        if newcomers or now >= self.next_beat:
            beat = await self.beat(connection)
            for viewer in self.viewers if now >= self.next_beat else newcomers:
                viewer.tell_beat(beat)
            self.next_beat = now + BEAT_SECONDS if now >= self.next_beat else self.next_beat
        for viewer in newcomers:
            viewer.new = False

    async def recheck(self, connection: psycopg.AsyncConnection) -> None:
        viewers = list(self.viewers)
        columns = [[v.session_key for v in viewers], [v.user_id for v in viewers], [v.password_digest for v in viewers]]
        accounts = {key: set(ids) for key, ids in await rows(connection, LISTENERS, columns)}
        for viewer in viewers:
            viewer.accounts = accounts.get(viewer.session_key, set())
            if viewer.session_key not in accounts:
                viewer.end()

    async def look_at_books(self, connection: psycopg.AsyncConnection, newcomers: set[Viewer]) -> set[int]:
        watched = {account_id for viewer in self.viewers for account_id in viewer.accounts}
        now = dict(await rows(connection, BOOKS, [list(watched)])) if watched else {}
        changed = {account_id for account_id, at in now.items() if self.books.get(account_id, at) != at}
        self.books = now
        for viewer in self.viewers:
            for account_id in viewer.accounts:
                if account_id in changed or (viewer in newcomers and now.get(account_id, 0) > viewer.since):
                    viewer.tell_book(account_id)
        return changed

    async def look_at_holdings(
        self, connection: psycopg.AsyncConnection, newcomers: set[Viewer], changed: set[int]
    ) -> None:
        """Which instruments' quotes concern whom: those of their positions and unfinished orders."""
        concerned = [viewer for viewer in self.viewers if viewer in newcomers or viewer.accounts & changed]
        if not concerned:
            return
        accounts = {account_id for viewer in concerned for account_id in viewer.accounts}
        held = defaultdict(set)
        for account_id, instrument_id in await rows(connection, HELD, {"accounts": list(accounts)}):
            held[account_id].add(instrument_id)
        for viewer in concerned:
            before = viewer.instruments
            viewer.instruments = set().union(*(held[account_id] for account_id in viewer.accounts))
            known = set() if viewer in newcomers else self.last_prices.keys()  # newcomers are told all, next
            for instrument_id in (viewer.instruments - before) & known:
                viewer.tell_quote(instrument_id, *self.last_prices[instrument_id])

    async def look_at_requests(self, connection: psycopg.AsyncConnection, newcomers: set[Viewer]) -> None:
        users = {viewer.user_id for viewer in self.viewers}
        now = defaultdict(set)
        newest: dict[int, float] = defaultdict(float)
        for user_id, received_at, mark in await rows(connection, REQUESTS, [list(users)]):
            now[user_id].add(mark)
            newest[user_id] = max(newest[user_id], received_at)
        news = {user_id for user_id in users if now[user_id] - self.requests.get(user_id, now[user_id])}
        self.requests = {user_id: now[user_id] for user_id in users}
        for viewer in self.viewers:
            if viewer.user_id in news or (viewer in newcomers and newest[viewer.user_id] > viewer.since):
                viewer.tell_requests()

    async def look_at_quotes(self, connection: psycopg.AsyncConnection, newcomers: set[Viewer]) -> None:
        everything = any(viewer.all_quotes for viewer in self.viewers)
        wanted = set().union(*(viewer.instruments for viewer in self.viewers)) if self.viewers else set()
        if not everything and not wanted:
            return
        found = await rows(connection, QUOTES, {"all": everything, "instruments": list(wanted)})
        changed = {number for number, seq, _, _ in found if self.quotes.get(number) != seq}
        self.quotes = {number: seq for number, seq, _, _ in found}
        self.last_prices = {number: (bid, ask) for number, _, bid, ask in found}
        for viewer in self.viewers:
            fresh = self.last_prices.keys() if viewer in newcomers else changed
            for number in fresh if viewer.all_quotes else fresh & viewer.instruments:
                viewer.tell_quote(number, *self.last_prices[number])

    async def beat(self, connection: psycopg.AsyncConnection) -> str:
        took, waits = (await rows(connection, ENGINE))[0]
        return f"[{time.time() * 1000:.0f},{took or 0:.0f},{waits or 0:.0f}]"


async def connect() -> psycopg.AsyncConnection:
    database = settings.DATABASES["default"]
    parts = {
        "dbname": database["NAME"],
        "host": database["HOST"],
        "port": database["PORT"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        "options": database["OPTIONS"]["options"],
        "connect_timeout": 2,
        "application_name": "live",
    }
    return await psycopg.AsyncConnection.connect(
        autocommit=True, **{name: value for name, value in parts.items() if value}
    )


async def rows(
    connection: psycopg.AsyncConnection, sql: LiteralString, values: Params | None = None
) -> list[tuple[Any, ...]]:
    return await (await connection.execute(sql, values)).fetchall()
