"""`GET .../requests/{id}`: what became of a request, as its sender would be answered now."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from webhooks.answers import Answer, Asked, of_outcome, refused
from webhooks.errors import Fault
from webhooks.gatehouse import Gatehouse
from webhooks.knock import REQUEST_ID

FOUND_SQL: Final = """
SELECT d.http, d.answer, d.seq, c.order_id, c.request_id, c.payload ->> 'client_order_id', c.outcome
FROM webhooks_delivery d LEFT JOIN orders_ordercommand c ON c.account_id = d.account_id AND c.seq = d.seq
WHERE d.id = %s AND d.user_id = %s
"""
# The request that used an id first, if its body was the same.
FIRST_SQL: Final = """
SELECT seq, order_id, payload ->> 'client_order_id' FROM orders_ordercommand
WHERE account_id = %s AND request_id = %s AND fingerprint = %s
  AND accepted_at > clock_timestamp() - interval '24 hours'
"""


async def became_of(house: Gatehouse, user_id: int, request_id: str) -> Answer:
    rows: list[Any] = []
    if REQUEST_ID.fullmatch(request_id):
        rows = await house.line.rows(FOUND_SQL, UUID(request_id), user_id)
    if not rows:
        return refused([Fault("not_found", "there is no such request")])
    http, answer, seq, order_id, own_id, client_order_id, outcome = rows[0]
    if seq is None and answer is not None:
        return Answer(http, answer)
    warnings = (answer or {}).get("warnings", ())
    return of_outcome(Asked(order_id, client_order_id or "", own_id, warnings), outcome)
