"""Requests that were sent before, though they carry no id to say so.

A body that is the same to the byte counts as the same request when the answer to the first never left because its
process died, or when its key drops identical bodies within some seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from orders.intake import Connection
from webhooks.entry import Entry, Placed, Repeat

ORPHAN_SECONDS: Final = 30
QUEUE_CLASS: Final = 0x77696E64
# Requests of keys with a window come one after the other, in whatever process.
QUEUE_SQL: Final = f"SELECT pg_advisory_xact_lock({QUEUE_CLASS}, key) FROM unnest(%s::int[]) AS key ORDER BY key"
SAME_SQL: Final = """
SELECT DISTINCT ON (w.id) w.id, d.id, d.account_id, d.seq, c.order_id
FROM unnest(%s::uuid[], %s::bigint[], %s::bytea[], %s::int[]) AS w (id, key_id, fingerprint, seconds)
JOIN webhooks_delivery d ON d.key_id = w.key_id AND d.fingerprint = w.fingerprint AND d.seq IS NOT NULL
    AND d.received_at > clock_timestamp() - make_interval(secs => w.seconds)
JOIN orders_ordercommand c ON c.account_id = d.account_id AND c.seq = d.seq
"""
# A window runs from the request that was carried out; what it dropped does not prolong it.
DROPPED_SQL: Final = f"{SAME_SQL} WHERE c.delivery_id = d.id ORDER BY w.id, d.received_at DESC"
ORPHANS_SQL: Final = f"{SAME_SQL} WHERE d.answered_at IS NULL AND d.gate = ANY(%s) ORDER BY w.id, d.received_at"
CLAIM_SQL: Final = "UPDATE webhooks_delivery SET answered_at = clock_timestamp() WHERE id = ANY(%s)"

Known = dict[UUID, Placed]


def may_be_known(batch: Sequence[Entry], dead: bool) -> bool:
    """Whether any of them has to be compared with earlier ones. `dead`: gates have died lately."""
    return any(entry.slip.request_id is None and (dead or entry.identical_window) for entry in batch)


async def known_again(connection: Connection, batch: Sequence[Entry], dead: list[UUID]) -> Known:
    """By the request's id: where the command lies that it repeats."""
    nameless = [entry for entry in batch if entry.slip.request_id is None]
    known: Known = {}
    if dead and nameless:
        known = await orphans(connection, nameless, dead)
    windowed = [entry for entry in nameless if entry.identical_window and entry.row.id not in known]
    if windowed:
        known |= await dropped(connection, windowed)
    return known


async def orphans(connection: Connection, entries: Sequence[Entry], dead: list[UUID]) -> Known:
    """Each unanswered request is known again once."""
    rows = await same(connection, ORPHANS_SQL, entries, (ORPHAN_SECONDS for _ in entries), dead)
    claimed: set[UUID] = set()
    known: Known = {}
    for number, first, account_id, seq, order_id in rows:
        if first not in claimed:
            claimed.add(first)
            known[number] = Placed(account_id, seq, order_id, Repeat.ORPHAN)
    if claimed:
        await connection.execute(CLAIM_SQL, (list(claimed),))
    return known


async def dropped(connection: Connection, entries: Sequence[Entry]) -> Known:
    await connection.execute(QUEUE_SQL, ([entry.row.key_id for entry in entries],))
    rows = await same(connection, DROPPED_SQL, entries, (entry.identical_window for entry in entries))
    return {row[0]: Placed(row[2], row[3], row[4], Repeat.WINDOW) for row in rows}


async def same(
    connection: Connection, sql: str, entries: Sequence[Entry], seconds: Iterable[int], *values: Any
) -> list[Any]:
    ids = [entry.row.id for entry in entries]
    keys = [entry.row.key_id for entry in entries]
    fingerprints = [entry.row.fingerprint for entry in entries]
    cursor = await connection.execute(sql, (ids, keys, fingerprints, list(seconds), *values))
    return await cursor.fetchall()


def twins_of(batch: Sequence[Entry]) -> dict[UUID, UUID]:
    """Within one group: whoever repeats an earlier one of a key with a window, and that one."""
    firsts: dict[tuple[int | None, bytes | None], UUID] = {}
    twins: dict[UUID, UUID] = {}
    for entry in batch:
        if entry.identical_window and entry.slip.request_id is None:
            first = firsts.setdefault((entry.row.key_id, entry.row.fingerprint), entry.row.id)
            if first != entry.row.id:
                twins[entry.row.id] = first
    return twins
