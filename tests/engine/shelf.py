"""An account as its rows would hold it: what a command changed is written, and read back for the next command."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from orders.engine.commands import Cancel, Command, DealerFill, DealerReject, Expire, Modify
from orders.engine.events import Event
from orders.engine.exchange import execute
from orders.engine.market import Market
from orders.engine.order import Book, Order, Position
from orders.engine.values import Instrument, Quote, Session

# Decimal places of the columns.
PLACES = {"avg_price": 18, "balance": 8, "fee": 8}
OTHER_PLACES = 10


def through_a_column(name: str, value: Any) -> Any:
    """A decimal as it comes back: rounded to the column's places, with all its zeros."""
    if not isinstance(value, Decimal):
        return value
    return Decimal(f"{value:.{PLACES.get(name, OTHER_PLACES)}f}")


Row = tuple[Any, ...]
ORDER = tuple(f.name for f in fields(Order))
POSITION = tuple(f.name for f in fields(Position))
facts_of_order = attrgetter(*ORDER)
facts_of_position = attrgetter(*POSITION)


def row(names: tuple[str, ...], facts: Row) -> Row:
    return tuple(map(through_a_column, names, facts))


@dataclass(frozen=True)
class Record:
    """A row of the tray with its context: what the engine saw, and what it told."""

    command: Command
    now: datetime
    quotes: dict[int, Quote]
    instruments: dict[int, Instrument]
    halted: bool
    told: list[Event]


@dataclass
class Shelf:
    account_id: int
    currency: str
    balance: Decimal = Decimal(0)
    halted: bool = False
    risk: dict[str, Decimal] = field(default_factory=dict)
    day: dict[str, str] = field(default_factory=dict)
    orders: dict[int, Row] = field(default_factory=dict)
    positions: dict[int, Row] = field(default_factory=dict)

    def execute(self, command: Command, market: Market, now: datetime) -> list[Event]:
        book = self.book_for(command)
        told = execute(book, command, market, now)
        self.keep(book)
        return told

    def book_for(self, command: Command) -> Book:
        """A book with the unfinished orders, and the finished ones that the command names."""
        orders = (Order(*row_) for row_ in self.orders.values() if is_wanted(command, row_))
        named = {order.id: order for order in orders}
        positions = {id_: Position(*row_) for id_, row_ in self.positions.items()}
        facts = (self.account_id, self.currency, self.balance, self.halted, dict(self.risk), dict(self.day))
        return Book(*facts, orders=named, positions=positions)

    def keep(self, book: Book) -> None:
        """Writes what the engine says it changed, and nothing else."""
        self.balance = through_a_column("balance", book.balance)
        self.halted, self.risk, self.day = book.halted, dict(book.risk), dict(book.day)
        self.orders |= {id_: row(ORDER, facts_of_order(book.orders[id_])) for id_ in book.changed_orders}
        for id_ in book.changed_positions:
            self.positions.pop(id_, None)
            if id_ in book.positions:
                self.positions[id_] = row(POSITION, facts_of_position(book.positions[id_]))

    def holds(self, book: Book) -> bool:
        """Whether the rows are the book, to the last of its digits."""
        orders = {id_: facts_of_order(order) for id_, order in book.orders.items()}
        positions = {id_: facts_of_position(position) for id_, position in book.positions.items()}
        money = (book.balance, book.halted, book.risk, book.day)
        rows = (self.orders, self.positions, self.balance, self.halted, self.risk, self.day)
        return rows == (orders, positions, *money)


STATE, ID, NAME = ORDER.index("state"), ORDER.index("id"), ORDER.index("client_order_id")


def is_wanted(command: Command, row_: Row) -> bool:
    return not row_[STATE].is_final or names(command, row_[ID], row_[NAME])


def names(command: Command, order_id: int, client_order_id: str) -> bool:
    if isinstance(command, Modify | Cancel) and command.client_order_id:
        return command.client_order_id == client_order_id or command.order_id == order_id
    if isinstance(command, Modify | Cancel | Expire | DealerFill | DealerReject):
        return command.order_id == order_id
    return False


def market_of(record: Record, sessions: dict[str, tuple[Session, ...]]) -> Market:
    """The market as a replay shows it: only the quotes that were read."""
    return Market(record.instruments, dict(record.quotes), sessions, halted=record.halted)


def sight(market: Market) -> Market:
    """The same market, with an empty list of what was read."""
    return replace(market, quotes=dict(market.quotes), used=set())
