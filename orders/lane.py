"""The lane of an account: its lock, and everything that is read under it before a batch of commands."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from orders.engine.commands import Cancel, Command, DealerFill, DealerReject, Expire, Modify, Place, SeeQuote
from orders.engine.order import Book, Order, Position
from orders.engine.values import Guard, Leg, OrderType, Quote, Side, State, StopLossType, TakeProfitType, Validity
from orders.engine.wakes import Levels
from orders.tray_codec import decode
from orders.wire import BEGIN, COMMIT, Call, Rows, Statement, Wire

log = logging.getLogger("orders.lane")

# --- What is read under the lock ------------------------------------------------------------------------

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

BOOK: Final = Statement(
    "lane_book",
    """
SELECT a.currency, trim_scale(b.balance), b.halted, b.risk, b.day, b.done_seq, b.look, clock_timestamp(),
       (SELECT coalesce(bool_or(everywhere), false) FROM orders_tradinghalt)
FROM orders_book b JOIN accounts_tradingaccount a ON a.id = b.account_id
WHERE b.account_id = $1 FOR UPDATE OF b SKIP LOCKED
""",
)
# For whoever only looks: the same without the lock, which a transaction that cannot write may not take.
BOOK_SEEN: Final = Statement("lane_book_seen", BOOK.sql.replace(" FOR UPDATE OF b SKIP LOCKED", ""))
BEGIN_READ_ONLY: Final = Call(Statement("", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), ())
COMMANDS: Final = Statement(
    "lane_commands",
    """
SELECT seq, kind, payload, origin, attempts, accepted_at FROM orders_ordercommand
WHERE account_id = $1 AND seq > (SELECT done_seq FROM orders_book WHERE account_id = $1) ORDER BY seq LIMIT $2
""",
)
ORDERS: Final = Statement(
    "lane_orders",
    f"SELECT {ORDER_FIELDS} FROM orders_order WHERE account_id = $1 AND {UNFINISHED} ORDER BY id",
)
POSITIONS: Final = Statement(
    "lane_positions",
    """
SELECT instrument_id, trim_scale(qty), trim_scale(avg_price), opened_at, trim_scale(fee), wakes_at_or_below,
       wakes_at_or_above
FROM orders_position WHERE account_id = $1 ORDER BY instrument_id
""",
)
BY_ID: Final = Statement(
    "lane_by_id",
    f"SELECT {ORDER_FIELDS} FROM orders_order WHERE id = ANY($1::bigint[]) AND account_id = $2",
)
# The latest final order of each client's name; the open ones are at hand already.
BY_NAME: Final = Statement(
    "lane_by_name",
    f"""
SELECT {ORDER_FIELDS} FROM orders_order o JOIN (
    SELECT max(id) AS id FROM orders_order
    WHERE account_id = $1 AND client_order_id = ANY($2::text[]) AND client_order_id <> '' AND NOT {UNFINISHED}
    GROUP BY client_order_id
) AS latest USING (id)
""",
)
# Quotes that came while the last batch was being committed, which a search may have missed.
LOOK: Final = Statement(
    "lane_look",
    f"""
SELECT {QUOTE_FIELDS} FROM orders_quote WHERE instrument_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
""",
)
LOOK_LIMIT: Final = 1_000


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
    waiting: list[Waiting]
    stored: dict[int, Levels]
    levels: dict[int, Levels]
    finals: list[Order] = field(default_factory=list)
    missed: list[Quote] = field(default_factory=list)
    fetched: tuple[Quote, ...] = ()


RELOCK: Final = Statement(
    "lane_relock", "SELECT done_seq FROM orders_book WHERE account_id = $1 FOR UPDATE SKIP LOCKED"
)


def let_go_and_lock(wire: Wire, reading: Reading, *calls: Call) -> bool:
    """Commits some calls and takes the lane again. False: somebody else was quicker, and has it or has gone on."""
    account_id = reading.book.account_id
    [locked] = wire.run(*calls, COMMIT, BEGIN, Call(RELOCK, (account_id,)))
    return locked == [(reading.done_seq,)]


def lock_and_read(wire: Wire, account_id: int, limit: int) -> Reading | None:
    """Begins a transaction, locks the lane and reads the account. None: there is no lane, or somebody else has it."""
    mine = (account_id,)
    book, commands, orders, positions = wire.run(
        BEGIN, Call(BOOK, mine), Call(COMMANDS, (account_id, limit)), Call(ORDERS, mine), Call(POSITIONS, mine)
    )
    return _reading(account_id, book[0], commands, orders, positions) if book else None


def read_only(wire: Wire, account_id: int) -> Reading | None:
    """The account as it stands, in a transaction that cannot write; nothing waits in it. None: there is no book."""
    mine = (account_id,)
    book, orders, positions = wire.run(
        BEGIN_READ_ONLY, Call(BOOK_SEEN, mine), Call(ORDERS, mine), Call(POSITIONS, mine)
    )
    return _reading(account_id, book[0], [], orders, positions) if book else None


def _reading(account_id: int, row: tuple[Any, ...], commands: Rows, orders: Rows, positions: Rows) -> Reading:
    currency, balance, halted, risk, day, done_seq, look, now, everywhere = row
    rules = {name: Decimal(number) for name, number in risk.items()}
    book = Book(account_id, currency, balance, halted, rules, day)
    book.orders = {order[0]: order_of(order) for order in orders}
    book.positions = {position[0]: Position(*position[:5]) for position in positions}
    return Reading(
        book,
        done_seq,
        look,
        now,
        everywhere,
        [waiting_of(command) for command in commands],
        {order[0]: order[24:] for order in orders},
        {position[0]: position[5:] for position in positions},
    )


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


TYPES: Final = {kind.value: kind for kind in OrderType}
SIDES: Final = {side.value: side for side in Side}
VALIDITIES: Final = {validity.value: validity for validity in Validity}
STATES: Final = {state.value: state for state in State}
LEGS: Final[dict[str, Leg | None]] = {"": None} | {leg.value: leg for leg in Leg}

# --- What the commands name ---------------------------------------------------------------------------------

Names = Modify | Cancel | Expire | DealerFill | DealerReject


def named_ids(commands: Iterable[Command | None]) -> set[int]:
    return {c.order_id for c in commands if isinstance(c, Names) and c.order_id is not None}


def named_by_client(commands: Iterable[Command | None]) -> set[str]:
    return {c.client_order_id for c in commands if isinstance(c, Modify | Cancel) and c.client_order_id}


def instruments_of(reading: Reading) -> set[int]:
    """Every instrument that the account or its commands have to do with."""
    book = reading.book
    found = {order.instrument_id for order in book.orders.values()} | set(book.positions)
    found |= {int(instrument_id) for instrument_id in reading.look if instrument_id.isdigit()}
    for waiting in reading.waiting:
        command = waiting.command
        if isinstance(command, Place):
            found.add(command.instrument_id)
        elif isinstance(command, SeeQuote):
            found.add(command.quote.instrument_id)
    return found
