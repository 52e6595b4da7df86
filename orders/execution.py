"""The porter: carries accounts' commands, oldest first, into the engine and the books.

One transaction holds the lanes and writes effects, outcomes and the lanes' positions. Whoever dies in between has
done nothing; whoever comes next finds the same commands waiting.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import psycopg

from orders import aftermath, lane, terms_kept
from orders.batch import Batch
from orders.page import page_of
from orders.poison import BLAMED, CommandFailedError, OutOfStepError, Watch
from orders.readings import Reading
from orders.sight import see_markets
from orders.wire import Call, Statement, Wire, wire

log = logging.getLogger("orders.execution")

SECONDS_A_VISIT: Final = 5.0
COMMANDS_A_VISIT: Final = 500
COMMANDS_A_BATCH: Final = 200
ACCOUNTS_A_BATCH: Final = 32
TRIES: Final = 3
# A command that waits this long may have killed the one who began it: from then on tries are counted beforehand.
SUSPICIOUS_AGE: Final = timedelta(seconds=2)

COUNT: Final = Statement(
    "execution_count",
    "UPDATE orders_ordercommand AS c SET attempts = attempts + t.tries"
    " FROM unnest($1::bigint[], $2::bigint[], $3::int[]) AS t (account_id, seq, tries)"
    " WHERE c.account_id = t.account_id AND c.seq = t.seq",
)
# A crash of the database may forget it; a crash of ours does not.
RELAXED: Final = Call(Statement("", "SET LOCAL synchronous_commit = off"), ())


@dataclass(frozen=True, slots=True)
class Visit:
    """How many commands were executed, and whether the visit ended before the tray was empty."""

    executed: int
    more: bool


def drain(account_id: int) -> int:
    """Executes what waits in the account's tray; returns how many commands that were."""
    return visit(account_id).executed


def visit(account_id: int) -> Visit:
    """The same. Leaves at once when somebody else has the lane, and after 5 s or 500 commands.

    A connection that was lost meanwhile is replaced once: what was not committed is still in the tray.
    """
    line = wire()
    try:
        return Porter(line, account_id).run()
    except psycopg.OperationalError:
        if not line.conn.closed:
            raise
    return Porter(wire(), account_id).run()


def visit_all(account_ids: Iterable[int]) -> set[int]:
    """Executes what waits in several trays, many at a time. Returns the accounts where something still waits."""
    until = time.monotonic() + SECONDS_A_VISIT
    left = list(dict.fromkeys(account_ids))
    while left and time.monotonic() < until:
        group, left = left[:ACCOUNTS_A_BATCH], left[ACCOUNTS_A_BATCH:]
        left += _visit_group(group)
    return set(left)


def _visit_group(account_ids: list[int]) -> list[int]:
    """One batch of several accounts; with each alone when that fails. Returns where something still waits."""
    if len(account_ids) > 1:
        try:
            return sorted(Round(wire(), account_ids).run())
        except (CommandFailedError, OutOfStepError, *BLAMED) as problem:
            log.warning("%d accounts are drained one by one: %r", len(account_ids), problem)
        except psycopg.OperationalError:
            if not wire().conn.closed:
                log.warning("%d accounts are drained one by one", len(account_ids), exc_info=True)
    return [number for number in account_ids if _visit_calmly(number)]


def _visit_calmly(account_id: int) -> bool:
    """One account's own trouble is not another's."""
    try:
        return visit(account_id).more
    except psycopg.Error:
        raise
    except Exception:
        log.exception("account %d: not drained", account_id)
        return False


def execute(wire: Wire, readings: Sequence[Reading], counted: Mapping[int, int]) -> set[int]:
    """Carries out what was read under the locks, and commits. Returns the accounts where commands still wait.

    `counted` are the commands, by account, whose present try is in the books already.
    """
    try:
        markets = see_markets(wire, readings)
        terms = terms_kept.numbers_of(wire, markets[0].instruments.values())
        pages = []
        with Watch() as watch:
            for reading, market in zip(readings, markets, strict=True):
                batch = Batch(reading.book, market, reading.now, reading.finals, reading.missed, terms)
                _carry(reading, batch, watch, counted.get(reading.account_id))
                pages.append(page_of(reading, batch))
        return aftermath.write_and_commit(wire, pages, readings[0].now)
    except BaseException:
        terms_kept.forget()
        raise


def _carry(reading: Reading, batch: Batch, watch: Watch, counted: int | None) -> None:
    for index, waiting in enumerate(reading.waiting):
        if waiting.seq != reading.done_seq + index + 1:
            raise OutOfStepError(f"account {reading.account_id}: {waiting.seq} is not next")
        if waiting.attempts >= TRIES and waiting.seq != counted:
            batch.park(waiting)
            log.error("account %d: command %d is parked, not executed", reading.account_id, waiting.seq)
            continue
        try:
            watch.begin()
            batch.carry_out(waiting)
        except Exception as problem:
            raise CommandFailedError(index) from problem


def _is_old(reading: Reading) -> bool:
    return reading.now - reading.waiting[0].accepted_at > SUSPICIOUS_AGE


def _count(counted: Mapping[int, int], tries: int) -> Call:
    return Call(COUNT, (list(counted), list(counted.values()), [tries] * len(counted)))


class Round:
    """A walk past several lanes, in one transaction. An account with a suspect in front gets a visit of its own."""

    def __init__(self, wire: Wire, account_ids: Sequence[int]) -> None:
        self.wire = wire
        self.account_ids = account_ids
        self.counted: dict[int, int] = {}

    def run(self) -> set[int]:
        """Returns the accounts where something still waits."""
        limit = max(COMMANDS_A_BATCH // len(self.account_ids), 4)
        try:
            with self.wire.undone_on_error():
                readings = lane.lock_and_read(self.wire, self.account_ids, limit)
                suspects = {r.account_id for r in readings if r.waiting and r.waiting[0].attempts}
                more = self._execute([r for r in readings if r.waiting and r.account_id not in suspects])
        except Exception:
            self._uncount()
            raise
        for account_id in suspects:
            if _visit_calmly(account_id):
                more.add(account_id)
        return more | aftermath.look_again(self.wire, [r for r in readings if not r.waiting])

    def _execute(self, readings: list[Reading]) -> set[int]:
        self.counted = {r.account_id: r.waiting[0].seq for r in readings if _is_old(r)}
        if self.counted:
            readings = lane.let_go_and_lock(self.wire, readings, RELAXED, _count(self.counted, 1))
        if readings:
            return execute(self.wire, readings, self.counted)
        self.wire.conn.execute("ROLLBACK")
        return set()

    def _uncount(self) -> None:
        """We live: so nobody died of these commands."""
        if self.counted:
            with contextlib.suppress(psycopg.Error):
                self.wire.run(_count(self.counted, -1))


class Porter:
    """One visit to one account, prepared for commands that fail, and for those that killed whoever began them."""

    def __init__(self, wire: Wire, account_id: int) -> None:
        self.wire = wire
        self.account_id = account_id
        self.executed = 0
        self.more = True
        self.size = 0  # of the batch at hand
        self.limit = COMMANDS_A_BATCH
        self.one_by_one = False
        self.counted: int | None = None  # the command whose present try is in the books already
        self.uncounted = 0  # tries of the first command that failed before they were counted

    def run(self) -> Visit:
        until = time.monotonic() + SECONDS_A_VISIT
        while self.more and self.executed < COMMANDS_A_VISIT and time.monotonic() < until:
            try:
                self._batch()
            except CommandFailedError as failed:
                self._note_failure(failed.index, failed.__cause__)
            except BLAMED as problem:
                self._note_failure(0 if self.size == 1 else None, problem)
            except Exception:  # the database's trouble, or ours: no command is to blame
                self._uncount()
                raise
        return Visit(self.executed, self.more)

    def _batch(self) -> None:
        with self.wire.undone_on_error():
            readings = lane.lock_and_read(self.wire, [self.account_id], 1 if self.one_by_one else self.limit)
            if not readings or not readings[0].waiting:
                self.wire.conn.execute("ROLLBACK")
                self.more = bool(aftermath.look_again(self.wire, readings))
                return
            self.size = len(readings[0].waiting)
            if self._must_count(readings[0]) and not self._count(readings[0]):
                self.wire.conn.execute("ROLLBACK")
                self.more = False
                return
            counted = {} if self.counted is None else {self.account_id: self.counted}
            self.more = bool(execute(self.wire, readings, counted))
        self.executed += self.size
        self.uncounted = 0
        self.limit = COMMANDS_A_BATCH

    def _must_count(self, reading: Reading) -> bool:
        """Whether a try of the first command must be in the books before it is begun."""
        first = reading.waiting[0]
        if first.attempts:
            self.one_by_one = True
        suspicious = self.one_by_one or _is_old(reading)
        return suspicious and first.seq != self.counted and first.attempts < TRIES

    def _count(self, reading: Reading) -> bool:
        """Commits one more try of the first command: it outlives whoever dies of it. False: the lane is lost."""
        first = reading.waiting[0]
        tries, self.uncounted = self.uncounted + 1, 0
        self.counted = first.seq
        first.attempts += tries
        call = _count({self.account_id: first.seq}, tries)
        return bool(lane.let_go_and_lock(self.wire, [reading], RELAXED, call))

    def _uncount(self) -> None:
        """We live: so nobody died of it."""
        if self.counted is not None:
            with contextlib.suppress(psycopg.Error):
                self.wire.run(_count({self.account_id: self.counted}, -1))

    def _note_failure(self, index: int | None, problem: BaseException | None) -> None:
        """Decides how to go on: up to the culprit, one by one to find it, or with one more try of it."""
        log.warning("account %d: a batch failed and was undone", self.account_id, exc_info=problem)
        if self.size == 0:
            self.more = False
        elif index is None or index == 0:
            self.one_by_one = True
            self.uncounted += index == 0 and self.counted is None
            self.counted = None
        else:
            self.limit = index
