"""Which gate processes live. A request whose answer was never sent is known again only when its process died.

Each process holds a session's advisory lock on the number of its row; PostgreSQL lets go of it the moment the process
is gone. When the connection breaks, the process goes on under a new name: what it had not answered counts as orphaned.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from itertools import count
from typing import Final
from uuid import UUID, uuid4

from orders.intake import Connection
from webhooks.lines import Line

log = logging.getLogger("webhooks.gate")

LOCK_CLASS: Final = 0x67617465
CHECK_SECONDS: Final = 1.0
FORGET_EVERY: Final = 20
ENTER_SQL: Final = "INSERT INTO webhooks_gateprocess (gate, started_at) VALUES (%s, clock_timestamp()) RETURNING id"
HOLD_SQL: Final = "SELECT pg_advisory_lock(%s, %s)"
# Whoever ends with something unanswered is not forgotten: it must be found dead.
LEAVE_SQL: Final = """
DELETE FROM webhooks_gateprocess g WHERE g.gate = %s AND NOT EXISTS (
    SELECT FROM webhooks_delivery d WHERE d.gate = g.gate AND d.seq IS NOT NULL AND d.answered_at IS NULL
        AND d.received_at > clock_timestamp() - interval '1 minute'
)
"""
# Locks of all the server's databases are in one view.
HELD_SQL: Final = f"""
SELECT FROM pg_locks l
WHERE l.locktype = 'advisory' AND l.classid = {LOCK_CLASS} AND l.objid = g.id AND l.objsubid = 2 AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
# Others whose lock nobody holds. (A process that is just entering has a row without a lock for a moment, and no
# requests yet.)
DEAD_SQL: Final = f"""
SELECT g.gate FROM webhooks_gateprocess g
WHERE g.gate <> %s AND NOT EXISTS ({HELD_SQL})
"""
# Orphans matter for seconds; rows of the long dead would only be looked at for nothing.
FORGET_SQL: Final = f"""
DELETE FROM webhooks_gateprocess g
WHERE g.started_at < clock_timestamp() - interval '1 minute' AND NOT EXISTS ({HELD_SQL}) AND NOT EXISTS (
    SELECT FROM webhooks_delivery d
    WHERE d.gate = g.gate AND d.received_at > clock_timestamp() - interval '1 minute'
)
"""


class Presence:
    """`gate` is the name under which this process takes requests; it is empty until it is held."""

    def __init__(self) -> None:
        self.gate: UUID | None = None
        # A machine that is gone says no goodbye: the server asks, and has let go of the lock before senders try again.
        self.line = Line(
            "presence",
            tcp_keepalives_idle="1",
            tcp_keepalives_interval="1",
            tcp_keepalives_count="2",
            tcp_user_timeout="4000",
        )
        self.entering = asyncio.Lock()
        self.held_on: Connection | None = None
        self.keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        with suppress(Exception):  # without a database the keeper goes on trying
            await self.hold()
        self.keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        if self.keeping is not None:
            self.keeping.cancel()
            await asyncio.gather(self.keeping, return_exceptions=True)
        with suppress(Exception):
            await self.line.rows(LEAVE_SQL, self.gate, seconds=0.5)
        await self.line.drop()

    async def hold(self) -> UUID:
        """The name, held: nothing is accepted under one that nobody could find dead. Raises when it cannot be had."""
        if self.gate is not None and self.held_on is self.line.connection:
            return self.gate
        async with self.entering:
            if self.gate is None or self.held_on is not self.line.connection:
                self.gate = await self._enter()
        return self.gate

    async def _enter(self) -> UUID:
        gate = uuid4()
        number = (await self.line.rows(ENTER_SQL, gate))[0][0]
        await self.line.rows(HOLD_SQL, LOCK_CLASS, number)
        self.held_on = self.line.connection
        return gate

    async def _keep(self) -> None:
        """A broken line is found by using it; with it the name is lost."""
        for number in count(1):
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self.hold()
                await self.line.rows(FORGET_SQL if number % FORGET_EVERY == 0 else "SELECT 1")
            except Exception as problem:
                log.warning("gate's presence is not held: %s", type(problem).__name__)
