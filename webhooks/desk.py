"""The desk: requests of the same moment are put into their trays and into the delivery log in one commit.

While a commit runs the next ones queue; the commit after takes all of them. What was not committed for certain is told
the sender as 503; what may have been is looked up before anything is said, however long that takes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Coroutine
from dataclasses import replace
from typing import Final
from uuid import UUID

import psycopg

from orders.intake import Accepted, Bell, Connection, Statement, insert_commands
from webhooks.doubts import look_up
from webhooks.entry import Entry, Placed, Repeat
from webhooks.lines import Line, within
from webhooks.logbook import INSERT_SQL, rows_json
from webhooks.presence import DEAD_SQL, Presence
from webhooks.repeats import known_again, may_be_known, twins_of

log = logging.getLogger("webhooks.gate")

MOST_AT_ONCE: Final = 1_000
TRANSACTION_SECONDS: Final = 1.2
LEAST_SECONDS: Final = 0.3  # with less time left a commit is not begun
SWEEP_SECONDS: Final = 0.1
DOUBT_SECONDS: Final = 60  # that long a doubt is looked into though its senders have gone


class UnavailableError(Exception):
    """Nothing was accepted."""


class InDoubtError(Exception):
    """The connection broke while the commit was on its way. A sender may hear of it only by silence."""

    def __init__(self, backend: int) -> None:
        super().__init__("commit in doubt")
        self.backend = backend


class Desk:
    """One commit at a time: so the messages of an account are numbered as they came."""

    def __init__(self, presence: Presence) -> None:
        self.presence = presence
        self.line = Line("desk")
        self.doubts = Line("doubts")
        self.queue: deque[Entry] = deque()
        self.wanted = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()
        self.bell = Bell()
        self.in_doubt: Counter[bytes | None] = Counter()  # fingerprints
        self.gates_died = False  # when last looked

    def start(self) -> None:
        self.tasks = {asyncio.create_task(self._commit_on(self.line)), asyncio.create_task(self._sweep_on())}

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for line in (self.line, self.doubts):
            await line.drop()
        await asyncio.to_thread(self.bell.close)

    async def put(self, entry: Entry) -> Placed:
        """Returns once the command survives a crash of every process. Raises UnavailableError."""
        if self.in_doubt and entry.slip.request_id is None and entry.row.fingerprint in self.in_doubt:
            raise UnavailableError  # whether it repeats one that was committed is not known yet
        self.queue.append(entry)
        self.wanted.set()
        return await entry.placed

    async def _commit_on(self, line: Line) -> None:
        while True:
            while not self.queue:
                self.wanted.clear()
                await self.wanted.wait()
            batch = [self.queue.popleft() for _ in range(min(len(self.queue), MOST_AT_ONCE))]
            batch = [entry for entry in batch if not entry.placed.done()]
            try:
                await self._commit(line, batch)
            except Exception:
                log.exception("the desk stumbled")
                fail(batch)

    async def _sweep_on(self) -> None:
        """Lets those go who have waited too long for their turn; whoever comes to them passes them over."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            latest = time.monotonic() + LEAST_SECONDS
            fail([entry for entry in self.queue if entry.until < latest])

    async def _commit(self, line: Line, batch: list[Entry]) -> None:
        if not batch:
            return
        try:
            places = await self._transact(line, batch)
        except InDoubtError as doubt:
            self.in_doubt.update(entry.row.fingerprint for entry in batch)
            await line.drop()
            self._spawn(self._resolve(batch, doubt.backend))
        except (TimeoutError, OSError, psycopg.OperationalError) as problem:
            log.warning("%d requests not committed: %s", len(batch), type(problem).__name__)
            await line.drop()
            self._again(batch)
        except Exception as problem:
            log.error("%d requests not committed: %s", len(batch), type(problem).__name__)
            await line.drop()
            self._singly(batch)
        else:
            self._settle(batch, places)

    async def _transact(self, line: Line, batch: list[Entry]) -> list[Placed]:
        connection = await line.get(seconds_for(batch))
        backend = connection.info.backend_pid
        sent = asyncio.Event()  # set when the commit is on its way
        try:
            return await within(seconds_for(batch), self._insert_and_commit(connection, batch, sent))
        except (TimeoutError, psycopg.OperationalError) as problem:
            if sent.is_set() and not is_refusal(problem):
                raise InDoubtError(backend) from problem
            raise

    async def _insert_and_commit(self, connection: Connection, batch: list[Entry], sent: asyncio.Event) -> list[Placed]:
        places = await self._insert(connection, batch)
        sent.set()
        await connection.run((INSERT_SQL, (rows_json([entry.row for entry in batch]),)), ("COMMIT", ()))
        return places

    async def _insert(self, connection: Connection, batch: list[Entry]) -> list[Placed]:
        """Everything but the commit."""
        gate = await self.presence.hold()
        begin: tuple[Statement, ...] = (("BEGIN", ()), (DEAD_SQL, (gate,)))
        places = None if may_be_known(batch, self.gates_died) else await self._insert_all(connection, batch, begin)
        if places is None:
            places = await self._insert_unknown(connection, batch, begin)
        shown_gate = str(gate)
        for entry, place in zip(batch, places, strict=True):
            entry.row.gate = shown_gate
            if place.same_body:
                entry.row.account_id, entry.row.seq = place.account_id, place.seq
        return places

    async def _insert_all(
        self, connection: Connection, batch: list[Entry], begin: tuple[Statement, ...]
    ) -> list[Placed] | None:
        """In one round trip, as long as no gate has died; None when one has, and nothing is put in."""
        accepted, (dead, *_) = await insert_commands(connection, [entry.slip for entry in batch], *begin)
        self.gates_died = bool(dead)
        if may_be_known(batch, self.gates_died):
            await connection.undo()
            return None
        return [placed_by(entry, one) for entry, one in zip(batch, accepted, strict=True)]

    async def _insert_unknown(
        self, connection: Connection, batch: list[Entry], begin: tuple[Statement, ...]
    ) -> list[Placed]:
        """Looks first which of them repeat an earlier one."""
        dead = [row[0] for row in (await connection.run(*begin))[0]]
        self.gates_died = bool(dead)
        found = await known_again(connection, batch, dead)
        twins = {one: first for one, first in twins_of(batch).items() if one not in found and first not in found}
        fresh = [entry for entry in batch if entry.row.id not in found and entry.row.id not in twins]
        accepted, _ = await insert_commands(connection, [entry.slip for entry in fresh])
        for entry, one in zip(fresh, accepted, strict=True):
            found[entry.row.id] = placed_by(entry, one)
        for twin, first in twins.items():
            found[twin] = replace(found[first], repeat=Repeat.WINDOW)
        return [found[entry.row.id] for entry in batch]

    def _settle(self, batch: list[Entry], places: list[Placed]) -> None:
        self.bell.ring({place.account_id for place in places if place.repeat is Repeat.NO})
        for entry, place in zip(batch, places, strict=True):
            if not entry.placed.done():
                entry.placed.set_result(place)

    def _again(self, batch: list[Entry]) -> None:
        """Nothing was committed: once more while there is time, each by itself if a lock was in the way."""
        now = time.monotonic()
        for entry in batch:
            entry.tries += 1
        late = [entry for entry in batch if entry.tries > 2 or entry.until - now < TRANSACTION_SECONDS / 2]
        fail(late)
        self._singly([entry for entry in batch if entry not in late])

    def _singly(self, batch: list[Entry]) -> None:
        if len(batch) == 1 and batch[0].tries > 1:
            fail(batch)
        elif batch:
            self._spawn(self._commit_singly(batch))

    async def _commit_singly(self, batch: list[Entry]) -> None:
        line = Line("desk", lock_ms=250)
        for entry in batch:
            entry.tries += 1
            if entry.until - time.monotonic() < LEAST_SECONDS:
                fail([entry])
            else:
                await self._commit(line, [entry])
        await line.drop()

    async def _resolve(self, batch: list[Entry], backend: int) -> None:
        """Finds out whether a broken commit happened; past the senders' patience what did is left to be known again."""
        until = min(entry.until for entry in batch)
        try:
            await self._resolve_until(until, batch, backend)
        finally:
            self.in_doubt -= Counter(entry.row.fingerprint for entry in batch)

    async def _resolve_until(self, until: float, batch: list[Entry], backend: int) -> None:
        while time.monotonic() < until + DOUBT_SECONDS or not all(entry.is_forsaken for entry in batch):
            try:
                places = await look_up(self.doubts, batch, backend)
            except Exception:
                places = None
            if places is not None:
                self._settle_doubt(batch, places)
                return
            if time.monotonic() > until:
                doubt(batch, backend)
            await asyncio.sleep(0.1)

    def _settle_doubt(self, batch: list[Entry], places: dict[UUID, Placed]) -> None:
        self.bell.ring({place.account_id for place in places.values()})
        for entry in batch:
            place = places.get(entry.row.id)
            if place is None:
                fail([entry])
            elif not entry.is_forsaken:
                entry.row.account_id, entry.row.seq = place.account_id, place.seq
                (entry.truth or entry.placed).set_result(place)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def placed_by(entry: Entry, one: Accepted) -> Placed:
    if not one.repeat:
        return Placed(one.account_id, one.seq, one.order_id)
    same_body = one.fingerprint == entry.slip.fingerprint
    return Placed(one.account_id, one.seq, one.order_id, Repeat.REQUEST_ID, same_body)


def seconds_for(batch: list[Entry]) -> float:
    """How long a commit may take: the first of the group to be answered must hear of it in time."""
    left = min(entry.until for entry in batch) - time.monotonic()
    return min(max(left, LEAST_SECONDS), TRANSACTION_SECONDS)


def is_refusal(problem: BaseException) -> bool:
    """Whether the server itself said no: then nothing was committed."""
    return (
        isinstance(problem, psycopg.Error) and problem.sqlstate is not None and problem.sqlstate[:2] not in ("08", "57")
    )


def fail(batch: list[Entry]) -> None:
    for entry in batch:
        if not entry.is_forsaken:
            refuse(entry.truth or entry.placed, UnavailableError())


def doubt(batch: list[Entry], backend: int) -> None:
    """Past the time for an answer: neither yes nor no can be said."""
    for entry in batch:
        if not entry.placed.done():
            entry.truth = asyncio.get_running_loop().create_future()
            refuse(entry.placed, InDoubtError(backend))


def refuse(future: asyncio.Future[Placed], error: Exception) -> None:
    future.set_exception(error)
    future.exception()  # whoever asked may be gone
