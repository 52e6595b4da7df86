"""What a batch did, as rows of the books: orders, positions, events, fills, ledger entries, outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from orders.engine.events import AccountChanged, MoneyMoved, OrderEvent, OrderFilled
from orders.engine.order import Book, Order, Position
from orders.engine.values import Guard
from orders.engine.wakes import Levels
from orders.page import Page

Row = dict[str, Any]

# --- The columns -----------------------------------------------------------------------------------------

ORDER_TYPES: Final = {
    "id": "bigint",
    "account_id": "bigint",
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
POSITION_TYPES: Final = {
    "account_id": "bigint",
    "instrument_id": "bigint",
    "qty": "numeric",
    "avg_price": "numeric",
    "fee": "numeric",
    "opened_at": "timestamptz",
    "wakes_at_or_below": "numeric",
    "wakes_at_or_above": "numeric",
}
EVENT_TYPES: Final = {
    "account_id": "bigint",
    "order_id": "bigint",
    "seq": "bigint",
    "number": "int",
    "kind": "text",
    "state": "text",
    "origin": "jsonb",
    "details": "jsonb",
}
FILL_TYPES: Final = {
    "account_id": "bigint",
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
    "account_id": "bigint",
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
    "account_id": "bigint",
    "seq": "bigint",
    "status": "smallint",
    "outcome": "jsonb",
    "context": "jsonb",
    "release": "boolean",
}
BOOK_TYPES: Final = {
    "account_id": "bigint",
    "before": "bigint",
    "done_seq": "bigint",
    "balance": "numeric",
    "halted": "boolean",
    "risk": "jsonb",
    "day": "jsonb",
    "look": "jsonb",
}

# --- Rows ------------------------------------------------------------------------------------------------


def order_row(page: Page, order: Order) -> Row:
    below, above = page.levels[order.id]
    return {
        "id": order.id,
        "account_id": page.book.account_id,
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


def position_rows(page: Page) -> Iterable[Row]:
    book = page.book
    for number in sorted((book.changed_positions | set(page.position_levels)) & set(book.positions)):
        yield position_row(book, book.positions[number], page.position_levels[number])


def position_row(book: Book, position: Position, levels: Levels) -> Row:
    return {
        "account_id": book.account_id,
        "instrument_id": position.instrument_id,
        "qty": str(position.qty),
        "avg_price": str(position.avg_price),
        "fee": str(position.fee),
        "opened_at": position.opened_at.isoformat(),
        "wakes_at_or_below": _text(levels[0]),
        "wakes_at_or_above": _text(levels[1]),
    }


def event_rows(page: Page) -> Iterable[Row]:
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
                "account_id": page.book.account_id,
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


def fill_rows(page: Page) -> Iterable[Row]:
    for done in page.done:
        for event in done.events:
            if isinstance(event, OrderFilled):
                yield _fill_row(page, done.seq, event)


def _fill_row(page: Page, seq: int, event: OrderFilled) -> Row:
    quote, order = event.quote, page.orders[event.order_id]
    return {
        "account_id": page.book.account_id,
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


def ledger_rows(page: Page) -> Iterable[Row]:
    for done in page.done:
        moved = (event for event in done.events if isinstance(event, MoneyMoved))
        for number, event in enumerate(moved, 1):
            yield {
                "account_id": page.book.account_id,
                "seq": done.seq,
                "number": number,
                "kind": event.kind,
                "amount": str(event.amount),
                "balance": str(event.balance),
                "order_id": event.order_id,
                "fill_number": event.fill_number,
                "note": event.note[:255],
            }


def done_rows(page: Page) -> Iterable[Row]:
    for done in page.done:
        yield {
            "account_id": page.book.account_id,
            "seq": done.seq,
            "status": done.status,
            "outcome": done.outcome,
            "context": done.context,
            "release": done.releases_request,
        }


def book_row(page: Page) -> Row:
    book = page.book
    return {
        "account_id": book.account_id,
        "before": page.before,
        "done_seq": page.done[-1].seq,
        "balance": str(book.balance),
        "halted": book.halted,
        "risk": {name: str(number) for name, number in book.risk.items()},
        "day": book.day,
        "look": page.look,
    }
