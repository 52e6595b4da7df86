"""What follows a batch: the commit, and a second look for what happened meanwhile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orders import ledger
from orders.engine.commands import SeeQuote, StopOut
from orders.engine.values import Quote
from orders.page import STOP_OUT, Page
from orders.readings import QUOTE_FIELDS, UNFINISHED, Reading
from orders.tray import Slip, put
from orders.wire import COMMIT, Call, Rows, Statement, Wire

ENGINE: Final = {"kind": "engine"}

MORE: Final = Statement(
    "after_more",
    "SELECT account_id FROM orders_tray JOIN orders_book USING (account_id)"
    " WHERE account_id = ANY($1::bigint[]) AND next_seq > done_seq + 1",
)
# The newest quote of each instrument to look at, if any since then concerns an order or position of the account.
MISSED: Final = Statement(
    "after_missed",
    f"""
SELECT account, {QUOTE_FIELDS} FROM (
    SELECT DISTINCT ON (l.account, q.instrument_id) l.account, q.*
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS l (account, instrument, after)
    JOIN orders_quote q ON q.instrument_id = l.instrument AND q.seq > l.after
    WHERE EXISTS (
        SELECT FROM orders_order o
        WHERE o.account_id = l.account AND {UNFINISHED} AND o.instrument_id = q.instrument_id
          AND (CASE o.side WHEN 'buy' THEN q.ask ELSE q.bid END <= o.wakes_at_or_below
               OR CASE o.side WHEN 'buy' THEN q.ask ELSE q.bid END >= o.wakes_at_or_above)
    ) OR EXISTS (
        SELECT FROM orders_position p
        WHERE p.account_id = l.account AND p.instrument_id = q.instrument_id
          AND (CASE WHEN p.qty > 0 THEN q.bid ELSE q.ask END <= p.wakes_at_or_below
               OR CASE WHEN p.qty > 0 THEN q.bid ELSE q.ask END >= p.wakes_at_or_above)
    )
    ORDER BY l.account, q.instrument_id, q.seq DESC
) AS newest
""",
)
STOP_OUTS_QUEUED: Final = Statement(
    "after_stop_outs",
    "SELECT DISTINCT account_id FROM orders_ordercommand c JOIN orders_book b USING (account_id)"
    " WHERE account_id = ANY($1::bigint[]) AND c.seq > b.done_seq AND c.kind = 'stop out'",
)
# Not worth waiting for the disk; only where nobody was since: who has the lane now saw the mark and looks too.
CLEAR: Final = Statement(
    "after_clear",
    """
WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
UPDATE orders_book SET look = '{}' FROM relaxed WHERE account_id IN (
    SELECT b.account_id FROM json_to_recordset($1::json) AS r (account_id bigint, done_seq bigint, look jsonb)
    JOIN orders_book b ON b.account_id = r.account_id AND b.done_seq = r.done_seq AND b.look = r.look
    ORDER BY b.account_id FOR UPDATE OF b SKIP LOCKED
)
""",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What an account's book says that must be looked at again, and where its lane stands."""

    account_id: int
    done_seq: int
    look: dict[str, int]

    @property
    def instruments(self) -> list[tuple[int, int, int]]:
        return [(self.account_id, int(key), after) for key, after in self.look.items() if key != STOP_OUT]


def write_and_commit(wire: Wire, pages: Sequence[Page], now: datetime) -> set[int]:
    """Writes, commits and looks again, in one round trip. Returns the accounts where commands wait."""
    marks = [Mark(page.book.account_id, page.done[-1].seq, page.look) for page in pages]
    calls = _second_look(marks)
    answers = wire.run(*ledger.calls_for(pages, now), COMMIT, *calls)
    return _follow(wire, marks, calls, answers)


def look_again(wire: Wire, readings: Sequence[Reading]) -> set[int]:
    """The same for accounts that had no commands: one may have come while their lanes were held, its bell in vain; and
    somebody may have left a mark and not come back."""
    if not readings:
        return set()
    marks = [Mark(reading.account_id, reading.done_seq, reading.look) for reading in readings]
    calls = _second_look(marks)
    return _follow(wire, marks, calls, wire.run(*calls))


def _second_look(marks: Sequence[Mark]) -> list[Call]:
    """Begins after the commit: a quote that is not seen here is committed later, and its search sees our levels."""
    calls = [Call(MORE, ([mark.account_id for mark in marks],))]
    if stop_outs := [mark.account_id for mark in marks if STOP_OUT in mark.look]:
        calls.append(Call(STOP_OUTS_QUEUED, (stop_outs,)))
    if looks := [look for mark in marks for look in mark.instruments]:
        calls.append(Call(MISSED, tuple(map(list, zip(*looks, strict=True)))))
    return calls


def _follow(wire: Wire, marks: Sequence[Mark], calls: list[Call], answers: list[Rows]) -> set[int]:
    """Puts what was found into the trays, and wipes off the marks of those who have nothing left to see."""
    found = {call.statement.name: rows for call, rows in zip(calls, answers, strict=True)}
    missed = [(row[0], Quote(*row[1:])) for row in found.get(MISSED.name, [])]
    queued = {row[0] for row in found.get(STOP_OUTS_QUEUED.name, [])}
    slips = [Slip(account_id, SeeQuote(quote), ENGINE) for account_id, quote in missed]
    due = (mark.account_id for mark in marks if STOP_OUT in mark.look and mark.account_id not in queued)
    slips += [Slip(account_id, StopOut(0), ENGINE) for account_id in due]
    if slips:
        with wire.conn.transaction(), wire.conn.cursor() as cursor:
            put(cursor, slips)
    _clear(wire, [mark for mark in marks if mark.look and mark.account_id not in dict(missed)])
    return {row[0] for row in found[MORE.name]} | {slip.account_id for slip in slips}


def _clear(wire: Wire, marks: Sequence[Mark]) -> None:
    if marks:
        rows = [{"account_id": m.account_id, "done_seq": m.done_seq, "look": m.look} for m in marks]
        wire.run(Call(CLEAR, (json.dumps(rows),)))
