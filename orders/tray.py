"""The tray: how commands are numbered and put in. The doors to it are in `intake`.

A command is accepted when the transaction that put it in has committed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Protocol
from uuid import UUID

from orders.engine.commands import Command, Modify, Place
from orders.engine.values import Guard
from orders.tray_codec import encode, kind_of


@dataclass(frozen=True, slots=True)
class Slip:
    """What goes into a tray. The ids inside the command are those it will be given on acceptance.

    `origin` says who: {"kind": "webhook" | "user" | "dealer" | "operator" | "engine", ...}.
    """

    account_id: int
    command: Command
    origin: dict[str, Any]
    delivery_id: UUID | None = None
    request_id: str | None = None
    fingerprint: bytes | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command's place in the tray.

    `repeat`: its request id was there already within 24 h. Nothing was put in; the rest is the first one's.
    """

    account_id: int
    seq: int
    order_id: int | None
    repeat: bool = False
    fingerprint: bytes | None = None
    delivery_id: UUID | None = None


# --- The SQL --------------------------------------------------------------------------------------------

# In account order, so that two groups never wait for each other crosswise. A statement of its own: the next one
# must see what those committed that held the locks before.
LOCK_SQL: Final = "SELECT FROM orders_tray WHERE account_id = ANY(%s) ORDER BY account_id FOR UPDATE"

RELEASE_SQL: Final = """
UPDATE orders_ordercommand AS c SET request_id = NULL
FROM unnest(%s::bigint[], %s::text[]) AS r (account_id, request_id)
WHERE c.account_id = r.account_id AND c.request_id = r.request_id AND c.request_id IS NOT NULL
  AND c.accepted_at < clock_timestamp() - interval '24 hours'
"""

INSERT_SQL: Final = """
WITH slip AS MATERIALIZED (
    SELECT s.*, f.seq AS first_seq, f.order_id AS first_order, f.fingerprint AS first_fingerprint,
           f.delivery_id AS first_delivery
    FROM ROWS FROM (json_to_recordset(%s::json) AS (
        account_id bigint, kind text, payload jsonb, order_id bigint, stop boolean, take boolean, origin jsonb,
        delivery_id uuid, request_id text, fingerprint text
    )) WITH ORDINALITY AS s (account_id, kind, payload, order_id, stop, take, origin, delivery_id, request_id,
                             fingerprint, n)
    LEFT JOIN LATERAL (
        SELECT c.seq, c.order_id, c.fingerprint, c.delivery_id FROM orders_ordercommand c
        WHERE c.account_id = s.account_id AND c.request_id = s.request_id AND c.request_id IS NOT NULL
    ) AS f ON s.request_id IS NOT NULL
), fresh AS MATERIALIZED (
    SELECT n, account_id, kind, payload, origin, delivery_id, request_id, fingerprint,
           row_number() OVER (PARTITION BY account_id ORDER BY n) AS place,
           CASE WHEN kind IN ('place', 'stop out') THEN nextval('orders_order_number') ELSE order_id END AS order_id,
           CASE WHEN stop THEN nextval('orders_order_number') END AS stop_loss_id,
           CASE WHEN take THEN nextval('orders_order_number') END AS take_profit_id
    FROM slip WHERE first_seq IS NULL
), numbered AS (
    UPDATE orders_tray AS t SET next_seq = t.next_seq + f.many
    FROM (SELECT account_id, count(*) AS many FROM fresh GROUP BY account_id) AS f
    WHERE t.account_id = f.account_id
    RETURNING t.account_id, t.next_seq - f.many - 1 AS before
), put AS (
    INSERT INTO orders_ordercommand (account_id, seq, kind, payload, order_id, stop_loss_id, take_profit_id, origin,
                                     delivery_id, request_id, fingerprint, status, attempts, accepted_at)
    SELECT f.account_id, t.before + f.place, f.kind,
           f.payload || jsonb_strip_nulls(jsonb_build_object('order_id', f.order_id, 'stop_loss_id', f.stop_loss_id,
                                                             'take_profit_id', f.take_profit_id)),
           f.order_id, f.stop_loss_id, f.take_profit_id, f.origin, f.delivery_id, f.request_id,
           decode(f.fingerprint, 'hex'), 0, 0, clock_timestamp()
    FROM fresh f JOIN numbered t ON t.account_id = f.account_id
    ORDER BY f.account_id, f.place
)
SELECT coalesce(s.first_seq, t.before + f.place), coalesce(s.first_order, f.order_id), s.first_seq IS NOT NULL,
       s.first_fingerprint, s.first_delivery
FROM slip s LEFT JOIN fresh f ON f.n = s.n LEFT JOIN numbered t ON t.account_id = f.account_id
ORDER BY s.n
"""

OPEN_SQL: Final = (
    "INSERT INTO orders_tray (account_id, next_seq) SELECT id, 1 FROM accounts_tradingaccount WHERE id = ANY(%s) "
    "ON CONFLICT DO NOTHING",
    "INSERT INTO orders_book (account_id, done_seq, balance, halted, risk, day, look, changed_at) "
    "SELECT id, 0, 0, false, '{}', '{}', '{}', clock_timestamp() FROM accounts_tradingaccount WHERE id = ANY(%s) "
    "ON CONFLICT DO NOTHING",
)

# --- One group of slips ---------------------------------------------------------------------------------

Statement = tuple[str, tuple[Any, ...]]
Row = tuple[int | None, int | None, bool, bytes | None, UUID | None]


class UnknownAccountError(LookupError):
    """A slip for an account that does not exist; nothing of its group was put in."""


class Group:
    """Slips that are put in together: the statements for them, and what the answers mean."""

    def __init__(self, slips: Sequence[Slip]) -> None:
        self.slips = slips
        self.rows: dict[int, Row] = {}
        self.firsts = self._firsts()

    def _firsts(self) -> list[int]:
        """For each slip the index of the first of the group with its request id: itself, or an earlier twin."""
        seen: dict[tuple[int, str], int] = {}
        return [
            index if slip.request_id is None else seen.setdefault((slip.account_id, slip.request_id), index)
            for index, slip in enumerate(self.slips)
        ]

    def open_indexes(self) -> list[int]:
        """Slips without an answer so far; twins wait for their first."""
        return [index for index in sorted(set(self.firsts)) if index not in self.rows]

    def statements(self, indexes: list[int]) -> list[Statement]:
        """What puts them in; the last statement answers a row for each."""
        slips = [self.slips[index] for index in indexes]
        named = [(slip.account_id, slip.request_id) for slip in slips if slip.request_id is not None]
        found: list[Statement] = [(LOCK_SQL, (sorted({slip.account_id for slip in slips}),))]
        if named:
            found.append((RELEASE_SQL, ([account for account, _ in named], [request for _, request in named])))
        return [*found, (INSERT_SQL, (json.dumps([_row_of(slip) for slip in slips]),))]

    def take(self, indexes: list[int], rows: list[Row]) -> list[int]:
        """Keeps the answers. Returns the accounts that have no tray yet."""
        self.rows |= {index: row for index, row in zip(indexes, rows, strict=True) if row[0] is not None}
        return [self.slips[index].account_id for index in indexes if index not in self.rows]

    def accepted(self) -> list[Accepted]:
        return [self._accepted(index, first) for index, first in enumerate(self.firsts)]

    def _accepted(self, index: int, first: int) -> Accepted:
        slip = self.slips[first]
        if first not in self.rows:
            raise UnknownAccountError(slip.account_id)
        seq, order_id, repeat, fingerprint, delivery_id = self.rows[first]
        assert seq is not None
        if repeat:
            return Accepted(slip.account_id, seq, order_id, True, fingerprint and bytes(fingerprint), delivery_id)
        return Accepted(slip.account_id, seq, order_id, index != first, slip.fingerprint, slip.delivery_id)


def _row_of(slip: Slip) -> dict[str, Any]:
    command = slip.command
    legs = (command.stop_loss, command.take_profit) if isinstance(command, Place | Modify) else (None, None)
    return {
        "account_id": slip.account_id,
        "kind": kind_of(command),
        "payload": encode(command),
        "order_id": getattr(command, "order_id", None),
        "stop": isinstance(legs[0], Decimal | Guard),
        "take": isinstance(legs[1], Decimal | Guard),
        "origin": slip.origin,
        "delivery_id": slip.delivery_id and str(slip.delivery_id),
        "request_id": slip.request_id,
        "fingerprint": slip.fingerprint and slip.fingerprint.hex(),
    }


class Cursor(Protocol):
    """Django's cursor, or psycopg's."""

    def execute(self, sql: Any, parameters: Any, /) -> Any: ...

    def fetchall(self) -> Any: ...


def put(cursor: Cursor, slips: Sequence[Slip]) -> list[Accepted]:
    """Puts a group in, inside the caller's transaction."""
    group = Group(slips)
    # Twice at most: accounts that were made without `open_books` are healed after the first.
    for _ in range(2):
        if indexes := group.open_indexes():
            for sql, parameters in group.statements(indexes):
                cursor.execute(sql, parameters)
            open_trays(cursor, group.take(indexes, cursor.fetchall()))
    return group.accepted()


def open_trays(cursor: Cursor, account_ids: list[int]) -> None:
    """Gives accounts their tray and their book; those that have them keep them."""
    for sql in OPEN_SQL if account_ids else ():
        cursor.execute(sql, (account_ids,))
