"""The pump: makes sure that nothing stays lying. What bells tell quickly, it finds again by looking.

It lives without Redis: what waits too long it has executed by a helper process of its own, since a command that kills
its executor must not take the pump along.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import psycopg
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection as django_connection

from orders import quotes
from orders.engine.commands import Expire
from orders.equity_record import EquityRecorder
from orders.pump_helper import Helper
from orders.retention import forget_quotes
from orders.tasks import ring
from orders.tray import Slip, put
from orders.wire import hang_up, wire

log = logging.getLogger("orders.pump")

TICK_SECONDS: Final = 0.25
OLD_SECONDS: Final = 2.0  # a lane that waits this long is drained by the pump's own helper, whatever bells say
RING_AGAIN_SECONDS: Final = 2.0
AFTER_TROUBLE_SECONDS: Final = 1.0
MOST_AT_ONCE: Final = 1_000
CHORE_SECONDS: Final = 60.0

# Lanes with commands, or with a mark to look again, that nobody has come for; by the age of the oldest. The statement's
# own time can be looked up in an index, the running clock cannot.
WAITING_SQL: Final = """
SELECT account_id, max(age) FROM (
    SELECT account_id, extract(epoch FROM clock_timestamp() - accepted_at)::float8 AS age FROM (
        SELECT account_id, accepted_at FROM orders_ordercommand
        WHERE status = 0 AND accepted_at < statement_timestamp() - interval '0.5 seconds'
        ORDER BY accepted_at LIMIT 5000
    ) AS oldest
    UNION ALL
    SELECT account_id, extract(epoch FROM clock_timestamp() - changed_at)::float8 FROM orders_book
    WHERE look <> '{}' AND changed_at < statement_timestamp() - interval '0.5 seconds'
) AS waiting
GROUP BY account_id ORDER BY max(age) DESC
"""
# A question for each of the few that are due, never a join over all commands.
EXPIRED_SQL: Final = """
SELECT o.account_id, o.id FROM orders_order o
WHERE o.state IN ('working', 'partially filled', 'inactive') AND o.expire_at <= statement_timestamp()
  AND (SELECT c.id FROM orders_ordercommand c
       WHERE c.order_id = o.id AND c.kind = 'expire' AND c.status IN (0, 3) LIMIT 1) IS NULL
ORDER BY o.expire_at, o.id LIMIT %s
"""


class Chore:
    """A duty without hurry: a step each minute, and the next one soon when the step says that there is more to do."""

    def __init__(self, name: str, step: Callable[[], bool]) -> None:
        self.__name__, self.step = name, step
        self.due = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        if now >= self.due:
            self.due = now + CHORE_SECONDS  # also when it fails
            if self.step():
                self.due = now


class Pump:
    """Looks around every quarter of a second. Its duties are apart: trouble with one does not stop the others.

    `chores` are steps of other rooms, by their names.
    """

    def __init__(self, **chores: Callable[[], bool]) -> None:
        self.helper = Helper()
        self.recorder = EquityRecorder()
        self.rung: dict[int, float] = {}  # when a lane was rung for last
        chores |= {"forget_quotes": partial(forget_quotes, settings.QUOTE_RETENTION_DAYS)}
        self.chores = [Chore(name, step) for name, step in chores.items()]

    def run(self, stop: threading.Event) -> None:
        duties: list[Callable[[], None]] = [self.expire_orders, self.empty_lanes, self.show_quotes, self.record_equity]
        duties += self.chores
        try:
            while not stop.is_set():
                begun = time.monotonic()
                trouble = [duty for duty in duties if not self._do(duty)]
                pause = AFTER_TROUBLE_SECONDS if trouble else TICK_SECONDS - (time.monotonic() - begun)
                stop.wait(max(pause, 0.01))
        finally:
            self.helper.close()
            hang_up()
            django_connection.close()

    def _do(self, duty: Callable[[], None]) -> bool:
        try:
            duty()
        except (psycopg.Error, DatabaseError) as problem:
            log.warning("%s: %s", duty.__name__, str(problem).strip() or type(problem).__name__)
        except Exception:
            log.exception(duty.__name__)
        else:
            return True
        hang_up()
        django_connection.close()
        return False

    # --- Duties ---------------------------------------------------------------------------------------------

    def expire_orders(self) -> None:
        """Puts a command in for every order whose time is up, by the database's clock."""
        conn = wire().conn
        with conn.transaction(), conn.cursor() as cursor:
            due = cursor.execute(EXPIRED_SQL, (MOST_AT_ONCE,)).fetchall()
            if due:
                put(cursor, [Slip(account_id, Expire(order_id), {"kind": "engine"}) for account_id, order_id in due])
        if due:
            ring({account_id for account_id, _ in due})

    def empty_lanes(self) -> None:
        """Rings for lanes that wait; the oldest, or all when bells do not ring, go to the helper."""
        waiting = wire().conn.execute(WAITING_SQL).fetchall()
        now = time.monotonic()
        self.rung = {number: at for number, at in self.rung.items() if now - at < RING_AGAIN_SECONDS}
        unrung = [number for number, _ in waiting if number not in self.rung]
        answered = ring(unrung) if unrung else True
        if answered:
            self.rung |= dict.fromkeys(unrung, now)
        self.helper.drain([number for number, age in waiting if age > OLD_SECONDS or not answered])

    def show_quotes(self) -> None:
        """Finishes what a dead process began: quotes that are stored, but not shown to everybody."""
        quotes.show_pending()

    def record_equity(self) -> None:
        """Writes down, minute by minute, what accounts are worth."""
        self.recorder.go_on()
