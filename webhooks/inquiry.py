"""`GET .../requests/{id}`: what became of a request, as its sender would be answered now."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from orders.intake import Connection
from webhooks.answers import Answer, Asked, kept, of_outcome, refused
from webhooks.badges import Badge
from webhooks.errors import Fault
from webhooks.knock import REQUEST_ID
from webhooks.lines import Line

# What an answer is made of: the one that left, and the engine's decision on the command, if there is one.
ANSWER_COLUMNS: Final = "d.http, d.answer, d.seq, c.order_id, c.request_id, c.payload ->> 'client_order_id', c.outcome"
DELIVERIES: Final = (
    "webhooks_delivery d LEFT JOIN orders_ordercommand c ON c.account_id = d.account_id AND c.seq = d.seq"
)
# A key that is limited to some accounts reads its own requests and those of its accounts.
READABLE: Final = (
    "d.user_id = %(user)s AND (%(accounts)s::bigint[] = '{}' OR d.account_id = ANY(%(accounts)s) OR d.key_id = %(key)s)"
)
FOUND_SQL: Final = f"SELECT {ANSWER_COLUMNS} FROM {DELIVERIES} WHERE {READABLE} AND d.id = %(id)s"
# The request that used an id first, if its body was the same.
FIRST_SQL: Final = """
SELECT seq, order_id, payload ->> 'client_order_id' FROM orders_ordercommand
WHERE account_id = %s AND request_id = %s AND fingerprint = %s
  AND accepted_at > clock_timestamp() - interval '24 hours'
"""


async def became_of(line: Line, badge: Badge, request_id: str) -> Answer:
    rows: list[Any] = []
    if REQUEST_ID.fullmatch(request_id):
        rows = await line.use(lambda connection: found(connection, badge, UUID(request_id)))
    if not rows:
        return refused([Fault("not_found", "there is no such request")])
    return answer_now(*rows[0])


async def found(connection: Connection, badge: Badge, number: UUID) -> list[Any]:
    cursor = await connection.execute(FOUND_SQL, readable_by(badge.user_id, badge) | {"id": number})
    return await cursor.fetchall()


def readable_by(user_id: int | None, badge: Badge | None) -> dict[str, Any]:
    """What READABLE needs; without a key a user reads everything of theirs."""
    return {
        "user": user_id,
        "accounts": list(badge.accounts) if badge else [],
        "key": badge.id if badge else None,
    }


def answer_now(
    http: int,
    answer: dict[str, Any] | None,
    seq: int | None,
    order_id: int | None,
    request_id: str | None,
    client_order_id: str | None,
    outcome: dict[str, Any] | None,
) -> Answer:
    """From ANSWER_COLUMNS: what the sender would be told now."""
    if answer is not None and (seq is None or http != 200):
        return kept(http, answer)
    warnings = (answer or {}).get("warnings", ())
    return of_outcome(Asked(order_id, client_order_id or "", request_id, warnings), outcome)
