"""The bookkeeper: writes what batches of commands did into the books, in the transaction that holds their lanes.

Rows travel as one JSON text a table: a handful of statements in one round trip, however many commands and accounts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from orders.page import Page
from orders.rows import (
    BOOK_TYPES,
    DONE_TYPES,
    EVENT_TYPES,
    FILL_TYPES,
    LEDGER_TYPES,
    ORDER_TYPES,
    POSITION_TYPES,
    Row,
    book_row,
    done_rows,
    event_rows,
    fill_rows,
    ledger_rows,
    order_row,
    position_rows,
)
from orders.wire import Call, Statement

# Not the type: a stop loss can become a trailing stop, and back.
FIXED: Final = {
    "id",
    "account_id",
    "instrument_id",
    "parent_id",
    "leg",
    "client_order_id",
    "side",
    "origin",
    "created_at",
}


def _rows(types: dict[str, str]) -> str:
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    return f"json_to_recordset($2::json) AS r ({columns})"


def _insert(table: str, types: dict[str, str], moment: str = "at") -> str:
    names = ", ".join(types)
    values = ", ".join(f"r.{name}" for name in types)
    return f"INSERT INTO {table} ({moment}, {names}) SELECT $1::timestamptz, {values} FROM {_rows(types)}"


def _changes(types: dict[str, str], fixed: set[str], source: str) -> str:
    return ", ".join(f"{name} = {source}.{name}" for name in types if name not in fixed)


# Each is given the moment and the rows.
NEW_ORDERS: Final = Statement("ledger_new_orders", _insert("orders_order", ORDER_TYPES, "updated_at"))
ORDERS: Final = Statement(
    "ledger_orders",
    f"""
UPDATE orders_order AS o SET updated_at = $1::timestamptz, {_changes(ORDER_TYPES, FIXED, "r")}
FROM {_rows(ORDER_TYPES)} WHERE o.id = r.id AND o.account_id = r.account_id
""",
)
POSITIONS: Final = Statement(
    "ledger_positions",
    f"""
INSERT INTO orders_position ({", ".join(POSITION_TYPES)})
SELECT {", ".join(f"r.{name}" for name in POSITION_TYPES)} FROM {_rows(POSITION_TYPES)}
WHERE $1::timestamptz IS NOT NULL
ON CONFLICT (account_id, instrument_id) DO UPDATE
SET {_changes(POSITION_TYPES, {"account_id", "instrument_id"}, "EXCLUDED")}
""",
)
EVENTS: Final = Statement("ledger_events", _insert("orders_orderevent", EVENT_TYPES))
FILLS: Final = Statement("ledger_fills", _insert("orders_fill", FILL_TYPES))
ENTRIES: Final = Statement("ledger_entries", _insert("orders_ledgerentry", LEDGER_TYPES))
DONE: Final = Statement(
    "ledger_done",
    f"""
UPDATE orders_ordercommand AS c
SET status = r.status, outcome = r.outcome, context = r.context, done_at = greatest($1::timestamptz, moment),
    request_id = CASE WHEN r.release THEN NULL ELSE c.request_id END
FROM {_rows(DONE_TYPES)}, (SELECT clock_timestamp() AS moment) AS one
WHERE c.account_id = r.account_id AND c.seq = r.seq AND c.status = 0
""",
)
BOOKS: Final = Statement(
    "ledger_books",
    f"""
UPDATE orders_book AS b
SET {_changes(BOOK_TYPES, {"account_id", "before"}, "r")}, changed_at = greatest($1::timestamptz, clock_timestamp())
FROM {_rows(BOOK_TYPES)} WHERE b.account_id = r.account_id AND b.done_seq = r.before
""",
)
CLOSED: Final = Statement(
    "ledger_closed",
    "DELETE FROM orders_position AS p USING unnest($1::bigint[], $2::bigint[]) AS c (account_id, instrument_id)"
    " WHERE p.account_id = c.account_id AND p.instrument_id = c.instrument_id",
)


def calls_for(pages: Sequence[Page], now: datetime) -> list[Call]:
    """What writes pages of different accounts into the open transaction."""
    orders = [(number in page.born, order_row(page, order)) for page in pages for number, order in page.orders.items()]
    tables: list[tuple[Statement, Iterable[Row]]] = [
        (NEW_ORDERS, (row for is_new, row in orders if is_new)),
        (ORDERS, (row for is_new, row in orders if not is_new)),
        (POSITIONS, (row for page in pages for row in position_rows(page))),
        (EVENTS, (row for page in pages for row in event_rows(page))),
        (FILLS, (row for page in pages for row in fill_rows(page))),
        (ENTRIES, (row for page in pages for row in ledger_rows(page))),
        (DONE, (row for page in pages for row in done_rows(page))),
        (BOOKS, (book_row(page) for page in pages)),
    ]
    listed = [(statement, list(rows)) for statement, rows in tables]
    calls = [Call(statement, (now, json.dumps(rows))) for statement, rows in listed if rows]
    closed = [(p.book.account_id, n) for p in pages for n in sorted(p.book.changed_positions - set(p.book.positions))]
    if closed:
        calls.append(Call(CLOSED, tuple(map(list, zip(*closed, strict=True)))))
    return calls
