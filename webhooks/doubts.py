"""Whether a commit happened whose connection broke while it was on its way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from webhooks.entry import Entry, Placed, Repeat
from webhooks.lines import Line

# Where the commands lie of those that were: their own, or those that they repeat.
COMMITTED_SQL: Final = """
SELECT d.id, c.account_id, c.seq, c.order_id, c.delivery_id = d.id
FROM webhooks_delivery d JOIN orders_ordercommand c ON c.account_id = d.account_id AND c.seq = d.seq
WHERE d.id = ANY(%s)
"""
# By name too: after a restart of the server the number may be another session's.
END_SQL: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND application_name = 'gate-desk'"
)
ENDED_SQL: Final = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s AND application_name = 'gate-desk')"
# They get the name of a process that never lived, so that they are known again when they are sent again.
ORPHAN_SQL: Final = """
WITH ghost AS (INSERT INTO webhooks_gateprocess (gate, started_at) VALUES (gen_random_uuid(), clock_timestamp())
               RETURNING gate)
UPDATE webhooks_delivery SET gate = ghost.gate FROM ghost WHERE id = ANY(%s) AND answered_at IS NULL
"""


async def look_up(line: Line, batch: Sequence[Entry], backend: int) -> dict[UUID, Placed] | None:
    """What was committed, by the request's id; None while the old session may still be at it."""
    ids = [entry.row.id for entry in batch]
    await line.rows(END_SQL, backend)
    if not (await line.rows(ENDED_SQL, backend))[0][0]:
        return None
    rows = await line.rows(COMMITTED_SQL, ids)
    places = {
        number: Placed(account, seq, order, Repeat.NO if is_own else Repeat.ORPHAN)
        for number, account, seq, order, is_own in rows
    }
    if late := [entry.row.id for entry in batch if entry.is_forsaken and entry.row.id in places]:
        await line.rows(ORPHAN_SQL, late)
    return places
