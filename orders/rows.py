"""What a batch did, as rows of the books: orders, positions, events, fills, ledger entries, outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from orders.engine.events import AccountChanged, Event, MoneyMoved, OrderEvent, OrderFilled
from orders.engine.order import Book, Order, Position
from orders.engine.values import Guard
from orders.engine.wakes import Levels

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


# --- The columns -----------------------------------------------------------------------------------------

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

# --- Rows ------------------------------------------------------------------------------------------------


def order_row(page: Page, order: Order) -> Row:
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


def position_rows(page: Page) -> list[Row]:
    held = page.book.positions
    changed = (page.book.changed_positions | set(page.position_levels)) & set(held)
    return [position_row(held[number], page.position_levels[number]) for number in sorted(changed)]


def position_row(position: Position, levels: Levels) -> Row:
    return {
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


def ledger_rows(page: Page) -> Iterable[Row]:
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


def done_row(done: Done) -> Row:
    return {
        "seq": done.seq,
        "status": done.status,
        "outcome": done.outcome,
        "context": done.context,
        "release": done.releases_request,
    }
