"""One batch through the engine, in memory: what waits in the tray becomes a page for the books.

Nothing here touches the database, so that a replay goes the same way with what it read elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orders.decimals import plain
from orders.engine.commands import (
    Cancel,
    Command,
    DealerFill,
    DealerReject,
    Expire,
    Modify,
    Place,
    SeeQuote,
    StopOut,
)
from orders.engine.events import CommandRefused, Event
from orders.engine.exchange import execute
from orders.engine.market import Market
from orders.engine.order import Book, Order
from orders.engine.refusals import FINAL, REFUSED, kind_of
from orders.engine.values import Quote, Refusal
from orders.lane import Waiting
from orders.ledger import Done

DONE, REFUSED_STATUS, PARKED = 1, 2, 3
KEEPS_REQUEST: Final = frozenset({FINAL, REFUSED})
INTERNAL: Final = Refusal("internal", "internal error, not executed")


@dataclass(slots=True)
class Batch:
    """A book on its way through some commands.

    `finals` are the finished orders that commands may name: the engine gets to see them only when one does.
    """

    book: Book
    market: Market
    now: datetime
    finals: dict[int, Order]
    missed: list[Quote] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    touched: dict[int, Order] = field(default_factory=dict)
    touched_positions: set[int] = field(default_factory=set)
    born: dict[int, dict[str, Any]] = field(default_factory=dict)
    _before: object = None

    def __post_init__(self) -> None:
        self._before = self._worth_marks()

    @property
    def moved(self) -> bool:
        """Whether money, positions or rules changed: what the account's worth is judged by."""
        return bool(self.touched_positions) or self._before != self._worth_marks()

    def _worth_marks(self) -> object:
        book = self.book
        return book.balance, dict(book.risk), {key: value for key, value in book.day.items() if key != "orders"}

    def carry_out(self, waiting: Waiting) -> Done:
        """Executes one command, after the quotes that came before it and were missed."""
        command = waiting.command
        if command is None:
            raise ValueError(f"command {waiting.seq} cannot be read")
        self._bring_named(command)
        known = set(self.book.orders)
        self.market.used = set()
        # Only a quote, shown late, can move the market within a batch.
        moves = self.missed or isinstance(command, SeeQuote)
        view = dict(self.market.quotes) if moves else self.market.quotes
        caught: list[Quote] = []
        events: list[Event] = []
        while self.missed and self.missed[0].at <= waiting.accepted_at:
            caught.append(self.missed.pop(0))
            events += execute(self.book, SeeQuote(caught[-1]), self.market, self.now)
        before = len(events)
        target = _target(self.book, command)
        events += execute(self.book, command, self.market, self.now)
        refusals = _refusals(events)
        done = Done(
            waiting.seq,
            waiting.origin,
            REFUSED_STATUS if refusals else DONE,
            _outcome(self.book, command, target, refusals),
            _context(self.now, self.market, view, caught),
            events,
            before,
            bool(refusals) and kind_of(refusals[0].code) not in KEEPS_REQUEST,
        )
        self.done.append(done)
        self._take_stock(known, waiting.origin)
        return done

    def park(self, waiting: Waiting) -> None:
        """Gives up a command that cannot be executed."""
        context = {"now": self.now.isoformat()}
        self.done.append(Done(waiting.seq, waiting.origin, PARKED, refused([INTERNAL]), context, [], 0, True))

    def _bring_named(self, command: Command) -> None:
        order_id = getattr(command, "order_id", None)
        if order_id in self.finals:
            self.book.add(self.finals[order_id])
        name = command.client_order_id if isinstance(command, Modify | Cancel) else ""
        if name:
            namesakes = [number for number, order in self.finals.items() if order.client_order_id == name]
            if namesakes:
                self.book.add(self.finals[max(namesakes)])

    def _take_stock(self, known: set[int], origin: dict[str, Any]) -> None:
        """Notes what the command touched and puts the finished orders aside."""
        book = self.book
        for number in book.changed_orders:
            self.touched[number] = book.orders[number]
            if number not in known:
                self.born[number] = origin
        self.touched_positions |= book.changed_positions
        for number in [number for number in book.orders if number in book.changed_orders or number in self.finals]:
            if book.orders[number].state.is_final:
                self.finals[number] = book.orders.pop(number)
        book.changed_orders, book.changed_positions = set(), set()


# --- What is said of a command ------------------------------------------------------------------------------


def _refusals(events: Iterable[Event]) -> tuple[Refusal, ...]:
    return next((event.refusals for event in events if isinstance(event, CommandRefused)), ())


def _target(book: Book, command: Command) -> int | None:
    """The order that a command is about, as far as it exists before it."""
    if isinstance(command, Place | StopOut):
        return command.order_id
    if isinstance(command, Modify | Cancel) and command.order_id is None:
        named = [order for order in book.orders.values() if order.client_order_id == command.client_order_id]
        latest = max(named, key=lambda order: (not order.state.is_final, order.id), default=None)
        return latest.id if latest else None
    return command.order_id if isinstance(command, Modify | Cancel | Expire | DealerFill | DealerReject) else None


def _outcome(book: Book, command: Command, target: int | None, refusals: tuple[Refusal, ...]) -> dict[str, Any]:
    order = book.orders.get(target) if target is not None else None
    if not refusals:
        return {"ok": True} | ({"d": described(order)} if order else {})
    said = refused(refusals)
    if isinstance(command, Place) and order:
        said["d"] = described(order)
    return said


def refused(refusals: Iterable[Refusal]) -> dict[str, Any]:
    return {"ok": False, "errors": [{"code": r.code, "field": r.field, "message": r.text} for r in refusals]}


def described(order: Order) -> dict[str, Any]:
    said: dict[str, Any] = {"orderId": order.id, "state": order.state, "filledQty": plain(order.filled_qty)}
    if order.avg_price is not None:
        said["avgPrice"] = plain(order.avg_price)
    if order.client_order_id:
        said["clientOrderId"] = order.client_order_id
    return said


def _context(now: datetime, market: Market, view: dict[int, Quote], caught: list[Quote]) -> dict[str, Any]:
    """What the engine saw, so that a replay can be shown the same."""
    seen: dict[str, Any] = {"now": now.isoformat()}
    if market.used:
        seen["quotes"] = {str(number): view[number].seq for number in sorted(market.used) if number in view}
    if caught:
        seen["before"] = [[quote.instrument_id, quote.seq] for quote in caught]
    if market.halted:
        seen["halted"] = True
    return seen
