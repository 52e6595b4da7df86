"""Old rows of the delivery log go, some at a time. What became of a request stays in the books."""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction

DELIVERIES_A_STEP: Final = 1_000
# Whatever is in the way, the pump has better things to do than to wait for it.
HURRY_SQL: Final = (
    "SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '3s'; SET LOCAL synchronous_commit = off"
)
FORGET_SQL: Final = """
DELETE FROM webhooks_delivery WHERE id IN (
    SELECT id FROM webhooks_delivery WHERE received_at < clock_timestamp() - make_interval(days => %s)
    ORDER BY received_at LIMIT %s FOR UPDATE SKIP LOCKED
)
"""


def forget_deliveries(days: int) -> bool:
    """One step; whether there is more to do at once. 0 days: everything is kept."""
    if not days:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(HURRY_SQL)
        cursor.execute(FORGET_SQL, (days, DELIVERIES_A_STEP))
        return bool(cursor.rowcount == DELIVERIES_A_STEP)
