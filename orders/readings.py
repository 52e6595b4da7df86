"""An account as it was read under its lock, and how its rows become what the engine knows."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from orders.engine.commands import Command
from orders.engine.order import Book, Order, Position
from orders.engine.values import (
    Guard,
    Leg,
    OrderType,
    Quote,
    Side,
    State,
    StopLossType,
    TakeProfitType,
    Validity,
)
from orders.engine.wakes import Levels
from orders.tray_codec import decode
from orders.wire import Rows

log = logging.getLogger("orders.lane")

ORDER_FIELDS: Final = (
    "id, instrument_id, type, side, trim_scale(qty), validity, state, created_at, trim_scale(price),"
    " trim_scale(stop_price), trim_scale(trail_ticks), trim_scale(filled_qty), trim_scale(avg_price), fill_count,"
    " triggered, expire_at, parent_id, leg, stop_loss, take_profit, client_order_id, user_comment, reason, seen_seq,"
    " wakes_at_or_below, wakes_at_or_above"
)
QUOTE_FIELDS: Final = (
    "instrument_id, seq, trim_scale(bid), trim_scale(ask), time, at, trim_scale(bid_size), trim_scale(ask_size)"
)
UNFINISHED: Final = "state IN ('working', 'partially filled', 'inactive')"
# How many missed quotes are looked at in one go; when there are more, the rest is looked at the next time.
LOOK_LIMIT: Final = 1_000

TYPES: Final = {kind.value: kind for kind in OrderType}
SIDES: Final = {side.value: side for side in Side}
VALIDITIES: Final = {validity.value: validity for validity in Validity}
STATES: Final = {state.value: state for state in State}
LEGS: Final[dict[str, Leg | None]] = {"": None} | {leg.value: leg for leg in Leg}


@dataclass(slots=True)
class Waiting:
    """A queued command; `command` is None when its row cannot be read."""

    seq: int
    command: Command | None
    origin: dict[str, Any]
    attempts: int
    accepted_at: datetime


@dataclass(slots=True)
class Reading:
    """An account under its lock: its book, what waits, and the moment. `levels` are the trigger index as stored."""

    book: Book
    done_seq: int
    look: dict[str, int]
    now: datetime
    halted: bool
    waiting: list[Waiting] = field(default_factory=list)
    stored: dict[int, Levels] = field(default_factory=dict)
    levels: dict[int, Levels] = field(default_factory=dict)
    finals: list[Order] = field(default_factory=list)
    missed: list[Quote] = field(default_factory=list)
    fetched: tuple[Quote, ...] = ()

    @property
    def account_id(self) -> int:
        return self.book.account_id

    def add_order(self, row: tuple[Any, ...]) -> None:
        self.book.orders[row[0]] = order_of(row)
        self.stored[row[0]] = row[24:]

    def add_position(self, row: tuple[Any, ...]) -> None:
        self.book.positions[row[0]] = Position(*row[:5])
        self.levels[row[0]] = row[5:]


def reading_of(row: tuple[Any, ...], now: datetime) -> Reading:
    account_id, currency, balance, halted, risk, day, done_seq, look, _, everywhere = row
    rules = {name: Decimal(number) for name, number in risk.items()}
    return Reading(Book(account_id, currency, balance, halted, rules, day), done_seq, look, now, everywhere)


def assembled(books: Rows, commands: Rows, orders: Rows, positions: Rows) -> list[Reading]:
    """Rows of several accounts, each beginning with the account's id; what is of no book among them is left out."""
    now: datetime | None = max((row[8] for row in books), default=None)
    readings = {row[0]: reading_of(row, now) for row in books if now is not None}
    for row in commands:
        if reading := readings.get(row[0]):
            reading.waiting.append(waiting_of(row[1:]))
    for row in orders:
        if reading := readings.get(row[0]):
            reading.add_order(row[1:])
    for row in positions:
        if reading := readings.get(row[0]):
            reading.add_position(row[1:])
    return list(readings.values())


def waiting_of(row: tuple[Any, ...]) -> Waiting:
    seq, kind, payload, origin, attempts, accepted_at = row
    try:
        command = decode(kind, payload)
    except Exception:  # whatever is wrong with it, it must not keep the others from being read
        log.exception("a command cannot be read: %d, %s", seq, kind)
        command = None
    return Waiting(seq, command, origin, attempts, accepted_at)


def order_of(row: tuple[Any, ...]) -> Order:
    """An order from a row of ORDER_FIELDS."""
    (number, instrument_id, kind, side, qty, validity, state, created_at, price, stop_price, trail_ticks, *rest) = row
    (filled_qty, avg_price, fills, triggered, expire_at, parent_id, leg, stop_loss, take_profit, *rest) = rest
    client_order_id, user_comment, reason, seen_seq, _, _ = rest
    return Order(
        number,
        instrument_id,
        TYPES[kind],
        SIDES[side],
        qty,
        VALIDITIES[validity],
        STATES[state],
        created_at,
        price,
        stop_price,
        trail_ticks,
        filled_qty,
        avg_price,
        fills,
        triggered,
        expire_at,
        parent_id,
        LEGS[leg],
        stop_loss and Guard(Decimal(stop_loss["value"]), StopLossType(stop_loss["type"])),
        take_profit and Guard(Decimal(take_profit["value"]), TakeProfitType(take_profit["type"])),
        client_order_id,
        user_comment,
        reason,
        seen_seq,
    )
