"""The porter: carries an account's commands, oldest first, into the engine and the books.

One transaction holds the lane and writes effects, outcomes and the lane's position. Whoever dies in between has
done nothing; whoever comes next finds the same commands waiting.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import psycopg

from orders import aftermath, lane
from orders.batch import Batch
from orders.lane import Reading
from orders.page import page_of
from orders.sight import see_market
from orders.wire import Call, Statement, Wire, wire

log = logging.getLogger("orders.execution")

SECONDS_A_DRAIN: Final = 5.0
COMMANDS_A_DRAIN: Final = 500
COMMANDS_A_BATCH: Final = 200
TRIES: Final = 3
# A command that waits this long may have killed the one who began it: from then on beginnings are counted.
SUSPICIOUS_AGE: Final = timedelta(seconds=2)
ENGINE_SECONDS: Final = 3.0

COUNT: Final = Statement(
    "execution_count",
    "UPDATE orders_ordercommand SET attempts = attempts + $1::int WHERE account_id = $2 AND seq = $3",
)


class CommandFailedError(Exception):
    """Carrying out one command of the batch raised: a bug."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(f"command {index} of the batch")


class OutOfStepError(RuntimeError):
    """The tray has a gap: nothing may be executed behind it."""


class OverrunError(Exception):
    """The engine did not come back in time."""


@dataclass(frozen=True, slots=True)
class Visit:
    """How many commands were executed, and whether the visit ended before the tray was empty."""

    executed: int
    more: bool


# A crash of the database may forget it; a crash of ours does not.
RELAXED: Final = Call(Statement("", "SET LOCAL synchronous_commit = off"), ())
# What the database says of a command's effects; anything else it says is its own trouble.
BLAMED: Final = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.QueryCanceled,
    psycopg.errors.ProgramLimitExceeded,
    LookupError,
    ValueError,
    ArithmeticError,
    AssertionError,
)


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


class Porter:
    """One visit to one account."""

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
        until = time.monotonic() + SECONDS_A_DRAIN
        while self.more and self.executed < COMMANDS_A_DRAIN and time.monotonic() < until:
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
            reading = lane.lock_and_read(self.wire, self.account_id, 1 if self.one_by_one else self.limit)
            if reading is None or not reading.waiting:
                self.wire.conn.execute("ROLLBACK")
                self.more = reading is not None and aftermath.look_again(self.wire, reading)
                return
            self.size = len(reading.waiting)
            if self._must_count(reading) and not self._count(reading):
                self.wire.conn.execute("ROLLBACK")
                self.more = False
                return
            self._execute(reading)
        self.limit = COMMANDS_A_BATCH

    def _execute(self, reading: Reading) -> None:
        market = see_market(self.wire, reading)
        batch = Batch(reading.book, market, reading.now, reading.finals, reading.missed)
        self._carry(reading, batch)
        page = page_of(reading, batch)
        found = aftermath.write_and_commit(self.wire, page)
        self.executed += len(page.done)
        self.uncounted = 0
        self.more = aftermath.settle(self.wire, page, found)

    def _carry(self, reading: Reading, batch: Batch) -> None:
        with Watch() as watch:
            for index, waiting in enumerate(reading.waiting):
                if waiting.seq != reading.done_seq + index + 1:
                    raise OutOfStepError(f"account {self.account_id}: {waiting.seq} is not next")
                if waiting.attempts >= TRIES and waiting.seq != self.counted:
                    batch.park(waiting)
                    log.error("account %d: command %d is parked, not executed", self.account_id, waiting.seq)
                    continue
                try:
                    watch.begin(ENGINE_SECONDS)
                    batch.carry_out(waiting)
                except Exception as problem:
                    raise CommandFailedError(index) from problem

    # --- Poison ---------------------------------------------------------------------------------------------

    def _must_count(self, reading: Reading) -> bool:
        """Whether a try of the first command must be in the books before it is begun."""
        first = reading.waiting[0]
        if first.attempts:
            self.one_by_one = True
        suspicious = self.one_by_one or reading.now - first.accepted_at > SUSPICIOUS_AGE
        return suspicious and first.seq != self.counted and first.attempts < TRIES

    def _count(self, reading: Reading) -> bool:
        """Commits one more try of the first command: it outlives whoever dies of it. False: the lane is lost."""
        first = reading.waiting[0]
        tries, self.uncounted = self.uncounted + 1, 0
        self.counted = first.seq
        first.attempts += tries
        return lane.let_go_and_lock(self.wire, reading, RELAXED, Call(COUNT, (tries, self.account_id, first.seq)))

    def _uncount(self) -> None:
        """Takes a counted try back."""
        if self.counted is not None:
            with contextlib.suppress(psycopg.Error):
                self.wire.run(Call(COUNT, (-1, self.account_id, self.counted)))

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


class Watch:
    """Raises OverrunError in the engine when one command takes too long. Works in a process's main thread only."""

    def __init__(self) -> None:
        self.works = threading.current_thread() is threading.main_thread()
        self.previous: Any = None

    def __enter__(self) -> Watch:
        if self.works:
            self.previous = signal.signal(signal.SIGALRM, self._overrun)
        return self

    def begin(self, seconds: float) -> None:
        if self.works:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def __exit__(self, *_: object) -> None:
        if self.works:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self.previous)

    @staticmethod
    def _overrun(*_: object) -> None:
        raise OverrunError(f"a command took more than {ENGINE_SECONDS} s")
