"""What follows a batch: the commit, and a second look for what happened meanwhile."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from orders import ledger
from orders.engine.commands import SeeQuote, StopOut
from orders.engine.values import Quote
from orders.lane import QUOTE_FIELDS, UNFINISHED, Connection, Reading
from orders.ledger import Page
from orders.page import STOP_OUT
from orders.tray import Slip, put

ENGINE: Final = {"kind": "engine"}

MORE_SQL: Final = "SELECT EXISTS (SELECT FROM orders_ordercommand WHERE account_id = %s AND status = 0)"
# The newest quote of each instrument to look at, if any since then concerns an order or position of the account.
MISSED_SQL: Final = f"""
SELECT {QUOTE_FIELDS} FROM (
    SELECT DISTINCT ON (q.instrument_id) q.*
    FROM unnest(%(instruments)s::bigint[], %(seqs)s::bigint[]) AS l (instrument_id, seq)
    JOIN orders_quote q ON q.instrument_id = l.instrument_id AND q.seq > l.seq
    WHERE EXISTS (
        SELECT FROM orders_order o
        WHERE o.account_id = %(account)s AND {UNFINISHED} AND o.instrument_id = q.instrument_id
          AND (CASE o.side WHEN 'buy' THEN q.ask ELSE q.bid END <= o.wakes_at_or_below
               OR CASE o.side WHEN 'buy' THEN q.ask ELSE q.bid END >= o.wakes_at_or_above)
    ) OR EXISTS (
        SELECT FROM orders_position p
        WHERE p.account_id = %(account)s AND p.instrument_id = q.instrument_id
          AND (CASE WHEN p.qty > 0 THEN q.bid ELSE q.ask END <= p.wakes_at_or_below
               OR CASE WHEN p.qty > 0 THEN q.bid ELSE q.ask END >= p.wakes_at_or_above)
    )
    ORDER BY q.instrument_id, q.seq DESC
) AS newest
"""
STOP_OUT_QUEUED_SQL: Final = """
SELECT EXISTS (SELECT FROM orders_ordercommand WHERE account_id = %s AND status = 0 AND kind = 'stop out')
"""
# Not worth waiting for the disk; only if nobody has been here since: who has the lane now saw the mark and looks too.
CLEAR_SQL: Final = """
WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
UPDATE orders_book SET look = '{}' FROM relaxed WHERE account_id IN (
    SELECT account_id FROM orders_book WHERE account_id = %s AND done_seq = %s AND look = %s::jsonb
    FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a second look found: commands that wait, quotes that were missed, a stop-out that is not in the tray."""

    more: bool
    missed: list[Quote]
    stop_out: bool


def write_and_commit(conn: Connection, page: Page) -> Found:
    """Writes, commits and looks again, in one round trip."""
    with conn.pipeline():
        ledger.write(conn, page)
        conn.execute("COMMIT")
        return _second_look(conn, page.book.account_id, page.look)


def look_again(conn: Connection, reading: Reading) -> bool:
    """For an account without commands: whether something came up that there is to do."""
    if not reading.look:
        return False
    account_id = reading.book.account_id
    with conn.pipeline():
        found = _second_look(conn, account_id, reading.look)
    return _follow(conn, account_id, reading.done_seq, reading.look, found)


def settle(conn: Connection, page: Page, found: Found) -> bool:
    """Puts what was found into the tray. Returns whether commands wait."""
    if not page.look:
        return found.more
    return _follow(conn, page.book.account_id, page.done[-1].seq, page.look, found)


def _second_look(conn: Connection, account_id: int, look: dict[str, int]) -> Found:
    """Begins after the commit: a quote that is not seen here is committed later, and its search sees our levels."""
    more = conn.execute(MORE_SQL, (account_id,))
    instruments = {int(key): seq for key, seq in look.items() if key != STOP_OUT}
    missed = None
    if instruments:
        values = {"account": account_id, "instruments": list(instruments), "seqs": list(instruments.values())}
        missed = conn.execute(MISSED_SQL, values, binary=True)
    queued = conn.execute(STOP_OUT_QUEUED_SQL, (account_id,)) if STOP_OUT in look else None
    return Found(_truth(more), [Quote(*row) for row in missed.fetchall()] if missed else [], not _truth(queued))


def _truth(cursor: Any) -> bool:
    return cursor is None or cursor.fetchone()[0]


def _follow(conn: Connection, account_id: int, done_seq: int, look: dict[str, int], found: Found) -> bool:
    slips = [Slip(account_id, SeeQuote(quote), ENGINE) for quote in found.missed]
    if found.stop_out:
        slips.append(Slip(account_id, StopOut(0), ENGINE))
    if slips:
        with conn.transaction(), conn.cursor() as cursor:
            put(cursor, slips)
    if not found.missed:  # else the next batch begins with them
        conn.execute(CLEAR_SQL, (account_id, done_seq, json.dumps(look)))
    return found.more or bool(slips)
