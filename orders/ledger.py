"""The bookkeeper: writes what a batch of commands did into the books, in the transaction that holds the lane.

Rows travel as one JSON text a table; a batch is a handful of statements in one round trip, however long it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from orders.engine.events import AccountChanged, Event, MoneyMoved, OrderEvent, OrderFilled
from orders.engine.order import Book, Order, Position
from orders.engine.values import Guard
from orders.engine.wakes import Levels
from orders.wire import Call, Statement

Row = dict[str, Any]


@dataclass(slots=True)
class Done:
    """A command that was carried out: its number, who asked, what happened, and what is said of it."""

    seq: int
    origin: dict[str, Any]
    status: int
    outcome: dict[str, Any]
    context: dict[str, Any]
    events: list[Event]
    caught_up: int = 0  # the first so many events come from quotes that the account had missed
    releases_request: bool = False


@dataclass(slots=True)
class Page:
    """What a batch leaves behind, ready to be written."""

    book: Book
    now: datetime
    before: int  # the number of the last command before the batch
    done: list[Done]
    orders: dict[int, Order]  # every order that the batch touched
    born: dict[int, dict[str, Any]]  # the new ones among them, with who asked
    levels: dict[int, Levels]  # the trigger index of the touched ones
    position_levels: dict[int, Levels]  # of the positions whose row changes
    look: dict[str, int] = field(default_factory=dict)


# --- The SQL ---------------------------------------------------------------------------------------------

ORDER_TYPES: Final = {
    "id": "bigint",
    "instrument_id": "bigint",
    "parent_id": "bigint",
    "leg": "text",
    "client_order_id": "text",
    "type": "text",
    "side": "text",
    "qty": "numeric",
    "filled_qty": "numeric",
    "avg_price": "numeric",
    "fill_count": "int",
    "price": "numeric",
    "stop_price": "numeric",
    "trail_ticks": "numeric",
    "triggered": "boolean",
    "validity": "text",
    "expire_at": "timestamptz",
    "state": "text",
    "reason": "text",
    "stop_loss": "jsonb",
    "take_profit": "jsonb",
    "user_comment": "text",
    "origin": "jsonb",
    "created_at": "timestamptz",
    "seen_seq": "bigint",
    "wakes_at_or_below": "numeric",
    "wakes_at_or_above": "numeric",
}
FIXED: Final = {"id", "instrument_id", "parent_id", "leg", "client_order_id", "type", "side", "origin", "created_at"}
POSITION_TYPES: Final = {
    "instrument_id": "bigint",
    "qty": "numeric",
    "avg_price": "numeric",
    "fee": "numeric",
    "opened_at": "timestamptz",
    "wakes_at_or_below": "numeric",
    "wakes_at_or_above": "numeric",
}
EVENT_TYPES: Final = {
    "order_id": "bigint",
    "seq": "bigint",
    "number": "int",
    "kind": "text",
    "state": "text",
    "origin": "jsonb",
    "details": "jsonb",
}
FILL_TYPES: Final = {
    "order_id": "bigint",
    "instrument_id": "bigint",
    "number": "int",
    "seq": "bigint",
    "side": "text",
    "qty": "numeric",
    "price": "numeric",
    "fee": "numeric",
    "gross": "numeric",
    "quote_seq": "bigint",
    "quote_bid": "numeric",
    "quote_ask": "numeric",
}
LEDGER_TYPES: Final = {
    "seq": "bigint",
    "number": "int",
    "kind": "text",
    "amount": "numeric",
    "balance": "numeric",
    "order_id": "bigint",
    "fill_number": "int",
    "note": "text",
}
DONE_TYPES: Final = {
    "seq": "bigint",
    "status": "smallint",
    "outcome": "jsonb",
    "context": "jsonb",
    "release": "boolean",
}


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
    orders = {number: _order_row(page, order) for number, order in page.orders.items()}
    tables: list[tuple[Statement, Iterable[Row]]] = [
        (NEW_ORDERS, [row for number, row in orders.items() if number in page.born]),
        (ORDERS, [row for number, row in orders.items() if number not in page.born]),
        (POSITIONS, _position_rows(page)),
        (EVENTS, _event_rows(page)),
        (FILLS, _fill_rows(page)),
        (LEDGER, _ledger_rows(page)),
        (DONE, [_done_row(done) for done in page.done]),
    ]
    listed = [(statement, list(rows)) for statement, rows in tables]
    account_id = page.book.account_id
    calls = [Call(statement, (account_id, page.now, json.dumps(rows))) for statement, rows in listed if rows]
    if closed := sorted(page.book.changed_positions - set(page.book.positions)):
        calls.append(Call(CLOSED, (account_id, closed)))
    return [*calls, Call(BOOK, _book_values(page))]


# --- Rows ------------------------------------------------------------------------------------------------


def _book_values(page: Page) -> tuple[Any, ...]:
    book = page.book
    risk = json.dumps({name: str(number) for name, number in book.risk.items()})
    last = page.done[-1].seq if page.done else page.before
    position = (json.dumps(book.day), json.dumps(page.look), book.account_id, page.before)
    return (last, book.balance, book.halted, risk, *position)


def _order_row(page: Page, order: Order) -> Row:
    below, above = page.levels[order.id]
    return {
        "id": order.id,
        "instrument_id": order.instrument_id,
        "parent_id": order.parent_id,
        "leg": order.leg.value if order.leg else "",
        "client_order_id": order.client_order_id,
        "type": order.type,
        "side": order.side,
        "qty": str(order.qty),
        "filled_qty": str(order.filled_qty),
        "avg_price": _text(order.avg_price),
        "fill_count": order.fills,
        "price": _text(order.price),
        "stop_price": _text(order.stop_price),
        "trail_ticks": _text(order.trail_ticks),
        "triggered": order.triggered,
        "validity": order.validity,
        "expire_at": order.expire_at and order.expire_at.isoformat(),
        "state": order.state,
        "reason": order.reason[:255],
        "stop_loss": _guard(order.stop_loss),
        "take_profit": _guard(order.take_profit),
        "user_comment": order.user_comment,
        "origin": page.born.get(order.id),
        "created_at": order.created_at.isoformat(),
        "seen_seq": order.seen_seq,
        "wakes_at_or_below": _text(below),
        "wakes_at_or_above": _text(above),
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _guard(guard: Guard | None) -> Row | None:
    return None if guard is None else {"value": str(guard.value), "type": guard.type}


def _position_rows(page: Page) -> list[Row]:
    held = page.book.positions
    changed = (page.book.changed_positions | set(page.position_levels)) & set(held)
    return [_position_row(held[number], page.position_levels[number]) for number in sorted(changed)]


def _position_row(position: Position, levels: Levels) -> Row:
    return {
        "instrument_id": position.instrument_id,
        "qty": str(position.qty),
        "avg_price": str(position.avg_price),
        "fee": str(position.fee),
        "opened_at": position.opened_at.isoformat(),
        "wakes_at_or_below": _text(levels[0]),
        "wakes_at_or_above": _text(levels[1]),
    }


def _event_rows(page: Page) -> Iterable[Row]:
    for done in page.done:
        number = 0
        for index, event in enumerate(done.events):
            if isinstance(event, OrderEvent):
                told: Row = {"order_id": event.order_id, "kind": KINDS[type(event)], "state": event.state}
            elif isinstance(event, AccountChanged):
                told = {"order_id": None, "kind": event.what[:32], "state": ""}
            else:
                continue
            number += 1
            yield told | {
                "seq": done.seq,
                "number": number,
                "origin": done.origin if index >= done.caught_up else ENGINE,
                "details": dict(event.details),
            }


class _Kinds(dict[type, str]):
    """OrderFilled is told as "filled"."""

    def __missing__(self, event: type) -> str:
        self[event] = event.__name__.removeprefix("Order").lower()
        return self[event]


KINDS: Final = _Kinds()
ENGINE: Final = {"kind": "engine"}


def _fill_rows(page: Page) -> Iterable[Row]:
    for done in page.done:
        for event in done.events:
            if isinstance(event, OrderFilled):
                yield _fill_row(done.seq, event, page.orders[event.order_id])


def _fill_row(seq: int, event: OrderFilled, order: Order) -> Row:
    quote = event.quote
    return {
        "order_id": event.order_id,
        "instrument_id": order.instrument_id,
        "number": event.number,
        "seq": seq,
        "side": order.side,
        "qty": str(event.qty),
        "price": str(event.price),
        "fee": str(event.fee),
        "gross": str(event.gross),
        "quote_seq": quote and quote.seq,
        "quote_bid": quote and str(quote.bid),
        "quote_ask": quote and str(quote.ask),
    }


def _ledger_rows(page: Page) -> Iterable[Row]:
    for done in page.done:
        moved = (event for event in done.events if isinstance(event, MoneyMoved))
        for number, event in enumerate(moved, 1):
            yield {
                "seq": done.seq,
                "number": number,
                "kind": event.kind,
                "amount": str(event.amount),
                "balance": str(event.balance),
                "order_id": event.order_id,
                "fill_number": event.fill_number,
                "note": event.note[:255],
            }


def _done_row(done: Done) -> Row:
    return {
        "seq": done.seq,
        "status": done.status,
        "outcome": done.outcome,
        "context": done.context,
        "release": done.releases_request,
    }
