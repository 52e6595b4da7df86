"""The delivery log in the read API: what was posted with the reader's keys, and what came of it."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api import PAGE, BadQueryError, Books, enveloped
from webhooks.badges import Badge
from webhooks.inquiry import ANSWER_COLUMNS, DELIVERIES, READABLE, answer_now, readable_by
from webhooks.knock import REQUEST_ID

LARGEST_PAGE: Final = 200
COLUMNS: Final = (
    "d.id, d.received_at, k.name, host(d.source), d.method, d.action, d.account_name, d.summary, d.body, d.took_ms, "
    "d.dry_run, " + ANSWER_COLUMNS
)
FROM: Final = f"SELECT {COLUMNS} FROM {DELIVERIES} LEFT JOIN webhooks_webhookkey k ON k.id = d.key_id WHERE {READABLE}"
ONE_SQL: Final = f"{FROM} AND d.id = %(id)s"
PAGE_SQL: Final = f"{FROM} ORDER BY d.received_at DESC, d.id DESC LIMIT %(size)s"
NEXT_SQL: Final = PAGE_SQL.replace("ORDER BY", "AND (d.received_at, d.id) < (%(time)s::timestamptz, %(last)s) ORDER BY")


class Deliveries(Books):
    def rows(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        badge = self.request.auth if isinstance(self.request.auth, Badge) else None
        readable = readable_by(self.request.user.id, badge)
        with connection.cursor() as cursor:
            cursor.execute(sql, readable | values)
            return cursor.fetchall()


class Requests(Deliveries):
    def get(self, request: Request) -> Response:
        size = self.whole("limit", PAGE, LARGEST_PAGE)
        cursor = request.query_params.get("cursor")
        if cursor:
            time, last = place_of(cursor)
            rows = self.rows(NEXT_SQL, size=size + 1, time=time, last=last)
        else:
            rows = self.rows(PAGE_SQL, size=size + 1)
        following = cursor_after(rows[size - 1]) if len(rows) > size else None
        return enveloped([shape(row) for row in rows[:size]], following)


class OneRequest(Deliveries):
    def get(self, request: Request, number: str) -> Response:
        rows = self.rows(ONE_SQL, id=UUID(number)) if REQUEST_ID.fullmatch(number) else []
        if not rows:
            raise NotFound("no such request")
        return enveloped(shape(rows[0]))


def shape(row: tuple[Any, ...]) -> dict[str, Any]:
    number, received_at, key, source, method, action, account_name, summary, body, took_ms, dry_run, *rest = row
    http, answer, seq, order_id, request_id, client_order_id, outcome = rest
    now = answer_now(http, loaded(answer), seq, order_id, request_id, client_order_id, loaded(outcome))
    return {
        "id": str(number),
        "receivedAt": received_at.isoformat().replace("+00:00", "Z"),
        "key": key,
        "source": source,
        "method": method,
        "action": action or None,
        "accountName": account_name or None,
        "summary": summary,
        "dryRun": dry_run,
        "http": now.status,
        "code": now.code or None,
        "orderId": now.body.get("d", {}).get("orderId"),
        "state": now.body.get("d", {}).get("state"),
        "tookMs": took_ms,
        "body": body,
        "answer": now.body,
    }


def loaded(value: Any) -> Any:
    """jsonb through Django's connection comes as text."""
    return json.loads(value) if isinstance(value, str) else value


def cursor_after(row: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(f"{row[1].isoformat()} {row[0]}".encode()).decode()


def place_of(cursor: str) -> tuple[datetime, UUID]:
    try:
        time, _, number = base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii").partition(" ")
        at = datetime.fromisoformat(time)
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC), UUID(number)
    except (binascii.Error, ValueError, OverflowError):
        raise BadQueryError("cursor: must be the `next` of the page before") from None
