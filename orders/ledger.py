"""The bookkeeper: writes what a batch of commands did into the books, in the transaction that holds the lane.

Rows travel as one JSON text a table; a batch is a handful of statements in one round trip, however long it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from orders.rows import (
    DONE_TYPES,
    EVENT_TYPES,
    FILL_TYPES,
    LEDGER_TYPES,
    ORDER_TYPES,
    POSITION_TYPES,
    Page,
    Row,
    done_row,
    event_rows,
    fill_rows,
    ledger_rows,
    order_row,
    position_rows,
)
from orders.wire import Call, Statement

FIXED: Final = {"id", "instrument_id", "parent_id", "leg", "client_order_id", "type", "side", "origin", "created_at"}


def _rows(types: dict[str, str]) -> str:
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    return f"json_to_recordset($3::json) AS r ({columns})"


def _insert(table: str, types: dict[str, str], moment: str = "at") -> str:
    names = ", ".join(types)
    values = ", ".join(f"r.{name}" for name in types)
    return (
        f"INSERT INTO {table} (account_id, {moment}, {names}) SELECT $1::bigint, $2::timestamptz, {values}"
        f" FROM {_rows(types)}"
    )


def _changes(types: dict[str, str], fixed: set[str]) -> str:
    return ", ".join(f"{name} = r.{name}" for name in types if name not in fixed)


# Each is given the account, the moment, and the rows.
NEW_ORDERS: Final = Statement("ledger_new_orders", _insert("orders_order", ORDER_TYPES, "updated_at"))
ORDERS: Final = Statement(
    "ledger_orders",
    f"""
UPDATE orders_order AS o SET updated_at = $2::timestamptz, {_changes(ORDER_TYPES, FIXED)} FROM {_rows(ORDER_TYPES)}
WHERE o.id = r.id AND o.account_id = $1::bigint
""",
)
POSITIONS: Final = Statement(
    "ledger_positions",
    f"""
INSERT INTO orders_position (account_id, {", ".join(POSITION_TYPES)})
SELECT $1::bigint, {", ".join(f"r.{name}" for name in POSITION_TYPES)} FROM {_rows(POSITION_TYPES)}
WHERE $2::timestamptz IS NOT NULL
ON CONFLICT (account_id, instrument_id) DO UPDATE
SET {", ".join(f"{name} = EXCLUDED.{name}" for name in POSITION_TYPES if name != "instrument_id")}
""",
)
EVENTS: Final = Statement("ledger_events", _insert("orders_orderevent", EVENT_TYPES))
FILLS: Final = Statement("ledger_fills", _insert("orders_fill", FILL_TYPES))
LEDGER: Final = Statement("ledger_entries", _insert("orders_ledgerentry", LEDGER_TYPES))
DONE: Final = Statement(
    "ledger_done",
    f"""
UPDATE orders_ordercommand AS c
SET status = r.status, outcome = r.outcome, context = r.context, done_at = greatest($2::timestamptz, clock_timestamp()),
    request_id = CASE WHEN r.release THEN NULL ELSE c.request_id END
FROM {_rows(DONE_TYPES)}
WHERE c.account_id = $1::bigint AND c.seq = r.seq AND c.status = 0
""",
)
CLOSED: Final = Statement(
    "ledger_closed", "DELETE FROM orders_position WHERE account_id = $1 AND instrument_id = ANY($2::bigint[])"
)
BOOK: Final = Statement(
    "ledger_book",
    """
UPDATE orders_book SET done_seq = $1, balance = $2, halted = $3, risk = $4, day = $5, look = $6,
                       changed_at = clock_timestamp()
WHERE account_id = $7 AND done_seq = $8
""",
)


def calls_for(page: Page) -> list[Call]:
    """What writes a page into the open transaction."""
    orders = {number: order_row(page, order) for number, order in page.orders.items()}
    tables: list[tuple[Statement, Iterable[Row]]] = [
        (NEW_ORDERS, [row for number, row in orders.items() if number in page.born]),
        (ORDERS, [row for number, row in orders.items() if number not in page.born]),
        (POSITIONS, position_rows(page)),
        (EVENTS, event_rows(page)),
        (FILLS, fill_rows(page)),
        (LEDGER, ledger_rows(page)),
        (DONE, [done_row(done) for done in page.done]),
    ]
    listed = [(statement, list(rows)) for statement, rows in tables]
    account_id = page.book.account_id
    calls = [Call(statement, (account_id, page.now, json.dumps(rows))) for statement, rows in listed if rows]
    if closed := sorted(page.book.changed_positions - set(page.book.positions)):
        calls.append(Call(CLOSED, (account_id, closed)))
    return [*calls, Call(BOOK, _book_values(page))]


def _book_values(page: Page) -> tuple[Any, ...]:
    book = page.book
    risk = json.dumps({name: str(number) for name, number in book.risk.items()})
    last = page.done[-1].seq if page.done else page.before
    position = (json.dumps(book.day), json.dumps(page.look), book.account_id, page.before)
    return (last, book.balance, book.halted, risk, *position)
