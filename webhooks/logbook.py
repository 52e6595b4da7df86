"""The delivery log, written in groups: requests that reached no tray, answers as they left, when a key was used.

Nothing here may hold up an answer or be lost with an order: it commits without waiting for the disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Final
from uuid import UUID

import psycopg

from webhooks.limits import Buckets
from webhooks.lines import Line
from webhooks.secrecy import redacted

log = logging.getLogger("webhooks.gate")

PAUSE_SECONDS: Final = 0.005
CALM_PAUSE_SECONDS: Final = 0.025  # while no answer waits for its row
TROUBLE_PAUSE_SECONDS: Final = 0.5
MOST_AT_ONCE: Final = 1_000
MOST_WAITING: Final = 20_000
USED_EVERY_SECONDS: Final = 5.0
# Requests without a valid key leave a trace, but no flood of them may fill the log.
NOBODYS_RATE: Final = 20
NOBODYS_BURST: Final = 200

ROW_TYPES: Final = (
    "id uuid, key_id bigint, user_id bigint, received_at timestamptz, source inet, method text, action text, "
    "account_name text, summary text, body text, account_id bigint, seq bigint, fingerprint text, gate uuid, "
    "http smallint, code text, answer jsonb, answered_at timestamptz, took_ms float8, dry_run boolean"
)
COLUMNS: Final = ", ".join(part.split()[0] for part in ROW_TYPES.split(", "))
VALUES: Final = COLUMNS.replace("fingerprint", "decode(fingerprint, 'hex')")
INSERT_SQL: Final = (
    f"INSERT INTO webhooks_delivery ({COLUMNS}) SELECT {VALUES} "
    f"FROM json_to_recordset(%s::json) AS r ({ROW_TYPES}) ON CONFLICT (id) DO NOTHING"
)
ANSWERED_SQL: Final = """
UPDATE webhooks_delivery AS d
SET http = r.http, code = r.code, answer = r.answer, answered_at = r.answered_at, took_ms = r.took_ms
FROM json_to_recordset(%s::json) AS r (id uuid, http smallint, code text, answer jsonb, answered_at timestamptz,
                                       took_ms float8)
WHERE d.id = r.id
"""
USED_SQL: Final = """
UPDATE webhooks_webhookkey AS k SET last_used_at = r.at, last_used_from = r.source
FROM json_to_recordset(%s::json) AS r (id bigint, at timestamptz, source inet)
WHERE k.id = r.id AND k.id IN (
    SELECT id FROM webhooks_webhookkey WHERE id = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED
)
"""


@dataclass(slots=True)
class Row:
    """A row of the delivery log."""

    id: UUID
    received_at: datetime
    method: str
    source: str | None = None
    key_id: int | None = None
    user_id: int | None = None
    action: str = ""
    account_name: str = ""
    summary: str = ""
    body: str = ""
    account_id: int | None = None
    seq: int | None = None
    fingerprint: bytes | None = None
    gate: str | None = None
    http: int = 200
    code: str = ""
    answer: str = "null"  # JSON
    answered_at: datetime | None = None
    took_ms: float | None = None
    dry_run: bool = False
    shown_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.shown_id = str(self.id)

    def as_json(self) -> str:
        """The row as JSON. Put together by hand, since it is done for every request."""
        return (
            f'{{"key_id":{number(self.key_id)},"user_id":{number(self.user_id)},"received_at":"{self.received_at}",'
            f'"source":{text(self.source)},"method":{quoted(self.method[:16])},"action":"{self.action}",'
            f'"account_name":{quoted(redacted(self.account_name)[:64])},'
            f'"summary":{quoted(redacted(self.summary)[:160])},"body":{quoted(self.body)},'
            f'"account_id":{number(self.account_id)},"seq":{number(self.seq)},'
            f'"fingerprint":{text(self.fingerprint and self.fingerprint.hex())},"gate":{text(self.gate)},'
            f'"dry_run":{"true" if self.dry_run else "false"},{self.answer_as_json()[1:]}'
        )

    def answer_as_json(self) -> str:
        return (
            f'{{"id":"{self.shown_id}","http":{self.http},"code":"{self.code}","answer":{self.answer},'
            f'"answered_at":{text(self.answered_at)},"took_ms":{number(self.took_ms)}}}'
        )


def number(value: float | None) -> str:
    return "null" if value is None else str(value)


def text(value: object) -> str:
    """As a JSON text."""
    return "null" if value is None else quoted(str(value))


def array(members: Iterable[str]) -> str:
    return f"[{','.join(members)}]"


def rows_json(rows: list[Row]) -> str:
    """Rows for INSERT_SQL."""
    return array(row.as_json() for row in rows)


class Logbook:
    def __init__(self) -> None:
        self.line = Line("logbook", statement_ms=5_000, synchronous_commit="off")
        self.rows: list[Row] = []
        self.answers: list[str] = []
        self.used: dict[int, tuple[str, str | None]] = {}
        self.used_at: dict[int, float] = {}
        self.wanted = asyncio.Event()
        self.written: asyncio.Future[None] | None = None
        self.writing: asyncio.Task[None] | None = None
        self.nobodys = Buckets(NOBODYS_RATE, NOBODYS_BURST)
        self.dropped = 0

    def start(self) -> None:
        self.writing = asyncio.create_task(self._write_on())

    async def stop(self) -> None:
        if self.writing is not None:
            self.writing.cancel()
            await asyncio.gather(self.writing, return_exceptions=True)
        try:
            while self.rows or self.answers:
                await self._write(self._taken())
        except Exception as problem:
            log.warning("the last deliveries are not written: %s", type(problem).__name__)
        await self.line.drop()

    def insert(self, row: Row) -> None:
        """Writes the row of a request that reached no tray, soon."""
        if row.key_id is None and self.nobodys.take(0):
            return
        self._keep(self.rows, row)

    async def insert_now(self, row: Row, seconds: float) -> None:
        """The same, and waits until it can be read, but not for long."""
        self.insert(row)
        if self.written is None:
            self.written = asyncio.get_running_loop().create_future()
        await asyncio.wait({self.written}, timeout=seconds)

    def answered(self, row: Row) -> None:
        """Writes the answer into a row that the desk has inserted."""
        self._keep(self.answers, row.answer_as_json())

    def key_used(self, key_id: int, at: datetime, source: str | None) -> None:
        now = time.monotonic()
        if now - self.used_at.get(key_id, -USED_EVERY_SECONDS) >= USED_EVERY_SECONDS:
            self.used_at[key_id] = now
            self.used[key_id] = (str(at), source)
            self.wanted.set()

    def _keep(self, where: list[Any], what: Any) -> None:
        if len(where) >= MOST_WAITING:
            self.dropped += 1
            return
        where.append(what)
        self.wanted.set()

    def _taken(self) -> tuple[list[Row], list[str], dict[int, tuple[str, str | None]]]:
        rows, self.rows = self.rows[:MOST_AT_ONCE], self.rows[MOST_AT_ONCE:]
        answers, self.answers = self.answers[:MOST_AT_ONCE], self.answers[MOST_AT_ONCE:]
        used, self.used = self.used, {}
        return rows, answers, used

    async def _write_on(self) -> None:
        while True:
            if not (self.rows or self.answers or self.used):
                self.wanted.clear()
                await self.wanted.wait()
            await asyncio.sleep(PAUSE_SECONDS if self.rows or self.used else CALM_PAUSE_SECONDS)
            taken, written = self._taken(), self.written
            self.written = None
            try:
                await self._write(taken)
            except psycopg.DataError:
                await self._write_singly(taken[0])
            except Exception as problem:
                log.warning("deliveries wait to be written: %s", type(problem).__name__)
                self.rows[:0], self.answers[:0] = taken[0], taken[1]
                await asyncio.sleep(TROUBLE_PAUSE_SECONDS)
            if written is not None and not written.done():
                written.set_result(None)

    async def _write_singly(self, rows: list[Row]) -> None:
        """One that cannot be stored may not take the others along."""
        for row in rows:
            try:
                await self._write(([row], [], {}))
            except Exception as problem:
                log.error("delivery %s cannot be written: %s", row.id, type(problem).__name__)

    async def _write(self, taken: tuple[list[Row], list[str], dict[int, tuple[str, str | None]]]) -> None:
        rows, answers, used = taken
        if rows:
            await self.line.rows(INSERT_SQL, rows_json(rows))
        if answers:
            await self.line.rows(ANSWERED_SQL, array(answers))
        if used:
            uses = (f'{{"id":{key},"at":"{at}","source":{text(source)}}}' for key, (at, source) in used.items())
            await self.line.rows(USED_SQL, array(uses), list(used))
