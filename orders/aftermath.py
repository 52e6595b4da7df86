"""What follows a batch: the commit, and a second look for what happened meanwhile."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from orders import ledger
from orders.engine.commands import SeeQuote, StopOut
from orders.engine.values import Quote
from orders.lane import QUOTE_FIELDS, UNFINISHED, Reading
from orders.page import STOP_OUT
from orders.rows import Page
from orders.tray import Slip, put
from orders.wire import COMMIT, Call, Rows, Statement, Wire

ENGINE: Final = {"kind": "engine"}

MORE: Final = Statement(
    "after_more",
    "SELECT next_seq > done_seq + 1 FROM orders_tray JOIN orders_book USING (account_id) WHERE account_id = $1",
)
# The newest quote of each instrument to look at, if any since then concerns an order or position of the account.
MISSED: Final = Statement(
    "after_missed",
    f"""
SELECT {QUOTE_FIELDS} FROM (
    SELECT DISTINCT ON (q.instrument_id) q.*
    FROM unnest($2::bigint[], $3::bigint[]) AS l (instrument_id, seq)
    JOIN orders_quote q ON q.instrument_id = l.instrument_id AND q.seq > l.seq
    WHERE EXISTS (
        SELECT FROM orders_order o
        WHERE o.account_id = $1 AND {UNFINISHED} AND o.instrument_id = q.instrument_id
          AND (CASE o.side WHEN 'buy' THEN q.ask ELSE q.bid END <= o.wakes_at_or_below
               OR CASE o.side WHEN 'buy' THEN q.ask ELSE q.bid END >= o.wakes_at_or_above)
    ) OR EXISTS (
        SELECT FROM orders_position p
        WHERE p.account_id = $1 AND p.instrument_id = q.instrument_id
          AND (CASE WHEN p.qty > 0 THEN q.bid ELSE q.ask END <= p.wakes_at_or_below
               OR CASE WHEN p.qty > 0 THEN q.bid ELSE q.ask END >= p.wakes_at_or_above)
    )
    ORDER BY q.instrument_id, q.seq DESC
) AS newest
""",
)
STOP_OUT_QUEUED: Final = Statement(
    "after_stop_out",
    "SELECT EXISTS (SELECT FROM orders_ordercommand c JOIN orders_book b USING (account_id)"
    " WHERE account_id = $1 AND c.seq > b.done_seq AND c.kind = 'stop out')",
)
# Not worth waiting for the disk; only if nobody has been here since: who has the lane now saw the mark and looks too.
CLEAR: Final = Statement(
    "after_clear",
    """
WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
UPDATE orders_book SET look = '{}' FROM relaxed WHERE account_id IN (
    SELECT account_id FROM orders_book WHERE account_id = $1 AND done_seq = $2 AND look = $3::jsonb
    FOR UPDATE SKIP LOCKED
)
""",
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a second look found: commands that wait, quotes that were missed, a stop-out that is not in the tray."""

    more: bool
    missed: list[Quote]
    stop_out: bool


def write_and_commit(wire: Wire, page: Page) -> Found:
    """Writes, commits and looks again, in one round trip."""
    writing = [*ledger.calls_for(page), COMMIT]
    return _found(page.look, wire.run(*writing, *_second_look(page.book.account_id, page.look)))


def look_again(wire: Wire, reading: Reading) -> bool:
    """For an account without commands: whether something came up that there is to do."""
    if not reading.look:
        return False
    account_id = reading.book.account_id
    found = _found(reading.look, wire.run(*_second_look(account_id, reading.look)))
    return _follow(wire, account_id, reading.done_seq, reading.look, found)


def settle(wire: Wire, page: Page, found: Found) -> bool:
    """Puts what was found into the tray. Returns whether commands wait."""
    if not page.look:
        return found.more
    return _follow(wire, page.book.account_id, page.done[-1].seq, page.look, found)


def _second_look(account_id: int, look: dict[str, int]) -> list[Call]:
    """Begins after the commit: a quote that is not seen here is committed later, and its search sees our levels."""
    instruments = {int(key): seq for key, seq in look.items() if key != STOP_OUT}
    calls = [Call(MORE, (account_id,))]
    if STOP_OUT in look:
        calls.append(Call(STOP_OUT_QUEUED, (account_id,)))
    if instruments:
        calls.append(Call(MISSED, (account_id, list(instruments), list(instruments.values()))))
    return calls


def _found(look: dict[str, int], answers: list[Rows]) -> Found:
    more = answers.pop(0)[0][0]
    queued = answers.pop(0)[0][0] if STOP_OUT in look else True
    return Found(more, [Quote(*row) for row in answers[0]] if answers else [], not queued)


def _follow(wire: Wire, account_id: int, done_seq: int, look: dict[str, int], found: Found) -> bool:
    slips = [Slip(account_id, SeeQuote(quote), ENGINE) for quote in found.missed]
    if found.stop_out:
        slips.append(Slip(account_id, StopOut(0), ENGINE))
    if slips:
        with wire.conn.transaction(), wire.conn.cursor() as cursor:
            put(cursor, slips)
    if not found.missed:  # else the next batch begins with them
        wire.run(Call(CLEAR, (account_id, done_seq, json.dumps(look))))
    return found.more or bool(slips)
