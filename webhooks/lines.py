"""The gate's own connections to PostgreSQL: few, kept open, thrown away after any trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg
from django.conf import settings
from psycopg.rows import TupleRow

from orders.intake import Connection

CONNECT_SECONDS: Final = 1.0

Result = TypeVar("Result")
abandoned: set[asyncio.Task[Any]] = set()


async def within(seconds: float, work: Coroutine[Any, Any, Result]) -> Result:
    """The result, or TimeoutError at the given time: never later, even when the server is frozen and its client
    library waits for it to confirm the cancelling."""
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            abandoned.add(task)
            task.add_done_callback(forget)
            task.cancel()
    if not done:
        raise TimeoutError
    return task.result()


def forget(task: asyncio.Task[Any]) -> None:
    abandoned.discard(task)
    if not task.cancelled():
        task.exception()  # nobody waits for it any more


class Line:
    """One connection in autocommit mode, opened when it is needed and again after it was dropped.

    It serves one task at a time; whoever shares it takes `lock`.
    """

    def __init__(self, name: str, statement_ms: int = 1_000, lock_ms: int = 500, **options: str) -> None:
        self.options = {
            "application_name": f"gate-{name}",
            "statement_timeout": str(statement_ms),
            "lock_timeout": str(lock_ms),
            "idle_in_transaction_session_timeout": "5000",
            "client_connection_check_interval": "1000",
            "jit": "off",
            # Every look-up goes by an index. Plans are kept, and those made while a table was young would read it all.
            "enable_seqscan": "off",
            "enable_hashjoin": "off",
            "enable_mergejoin": "off",
        } | options
        self.lock = asyncio.Lock()
        self.connection: Connection | None = None

    async def get(self, seconds: float = CONNECT_SECONDS) -> Connection:
        connection = self.connection
        if connection is not None and not connection.closed:
            return connection
        connecting = Connection.connect(**self._parameters(), autocommit=True, prepare_threshold=0)
        self.connection = made = await within(min(seconds, CONNECT_SECONDS), connecting)
        return made

    async def rows(self, sql: str, *values: Any, seconds: float = 1.5) -> list[TupleRow]:
        """The rows of one query that does no harm when it is sent twice."""

        async def fetched(connection: Connection) -> list[TupleRow]:
            cursor = await connection.execute(sql, values)
            return await cursor.fetchall() if cursor.description else []

        return await self.use(fetched, seconds)

    async def use(self, work: Callable[[Connection], Awaitable[Result]], seconds: float = 1.5) -> Result:
        """The same for work of several queries; any trouble drops the connection and is raised.

        One that broke while it lay idle is no trouble: it is opened again.
        """
        async with self.lock:
            try:
                return await within(seconds, self._use(work))
            except BaseException:
                await self.drop()
                raise

    async def _use(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        is_old = self.connection is not None
        try:
            return await work(await self.get())
        except psycopg.OperationalError:
            if not is_old or (self.connection is not None and not self.connection.closed):
                raise
        await self.drop()
        return await work(await self.get())

    async def drop(self) -> None:
        """Closes without a word to the server, which may be gone."""
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(Exception):
                await within(0.2, connection.close())

    def _parameters(self) -> dict[str, Any]:
        database = settings.DATABASES["default"]
        known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        found = {name: database[theirs] for name, theirs in known.items() if database.get(theirs)}
        extra = {
            name: value
            for name, value in database["OPTIONS"].items()
            if name not in ("options", "pool", "connect_timeout")
        }
        application = self.options["application_name"]
        options = " ".join(f"-c {name}={value}" for name, value in self.options.items() if name != "application_name")
        return found | extra | {"options": options, "application_name": application, "connect_timeout": 2}
