"""One batch through the engine, in memory: what waits in the tray becomes a page for the books.

Nothing here touches the database, so that a replay goes the same way with what it read elsewhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
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
from orders.engine.risk import STOP_OUT_DUE
from orders.engine.values import InstrumentStatus, Quote, Refusal
from orders.readings import Waiting

DONE, REFUSED_STATUS, PARKED = 1, 2, 3
# What holds unless a context says otherwise.
STOP_OUT_LEVEL: Final = Decimal("0.5")
KEEPS_REQUEST: Final = frozenset({FINAL, REFUSED})
INTERNAL: Final = Refusal("internal", "internal error, not executed")


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


class Batch:
    """A book on its way through some commands.

    `finals` are the finished orders that commands may name: the engine gets to see them only when one does.
    """

    def __init__(
        self,
        book: Book,
        market: Market,
        now: datetime,
        finals: Iterable[Order] = (),
        missed: Iterable[Quote] = (),
        terms: Mapping[int, int] | None = None,
    ) -> None:
        self.book, self.market, self.now = book, market, now
        self.later_terms = {str(key): number for key, number in (terms or {}).items() if number > 1}
        self.missed = deque(missed)
        self.finals: dict[int, Order] = {}
        self.latest: dict[str, int] = {}  # by the client's name of it, the newest finished order
        for order in finals:
            self._put_aside(order)
        self.known = {*book.orders, *self.finals}
        self.done: list[Done] = []
        self.touched: dict[int, Order] = {}
        self.just_touched: set[int] = set()  # by the last command
        self.touched_positions: set[int] = set()
        self.born: dict[int, dict[str, Any]] = {}
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
        brought = self._bring_named(command)
        self.market.used = set()
        # Only a quote, shown late, can move the market within a batch.
        moves = self.missed or isinstance(command, SeeQuote)
        view = dict(self.market.quotes) if moves else self.market.quotes
        caught, events = self._catch_up(waiting.accepted_at)
        before = len(events)
        target = _target(self.book, command)
        events += execute(self.book, command, self.market, self.now)
        refusals = _refusals(events[before:])
        done = Done(
            waiting.seq,
            waiting.origin,
            REFUSED_STATUS if refusals else DONE,
            _outcome(self.book, command, target, refusals),
            self._context(view, caught),
            events,
            before,
            bool(refusals) and kind_of(refusals[0].code) not in KEEPS_REQUEST,
        )
        self.done.append(done)
        self._take_stock(brought, waiting.origin)
        return done

    def park(self, waiting: Waiting) -> Done:
        """Gives up a command that cannot be executed. A stop-out that is still due is announced again."""
        if isinstance(waiting.command, StopOut):
            self.book.day.pop(STOP_OUT_DUE, None)
        context = {"now": self.now.isoformat()}
        done = Done(waiting.seq, waiting.origin, PARKED, refused([INTERNAL]), context, [], 0, True)
        self.done.append(done)
        return done

    def _catch_up(self, until: datetime) -> tuple[list[Quote], list[Event]]:
        caught: list[Quote] = []
        events: list[Event] = []
        while self.missed and self.missed[0].at <= until:
            caught.append(self.missed.popleft())
            events += execute(self.book, SeeQuote(caught[-1]), self.market, self.now)
        return caught, events

    def _context(self, view: dict[int, Quote], caught: list[Quote]) -> dict[str, Any]:
        """What the engine saw, so that a replay can be shown the same."""
        market = self.market
        seen: dict[str, Any] = {"now": self.now.isoformat()}
        if market.used:
            seen["quotes"] = {str(number): view[number].seq for number in sorted(market.used) if number in view}
        if caught:
            seen["before"] = [[quote.instrument_id, quote.seq] for quote in caught]
        if market.halted:
            seen["halted"] = True
        if shut := {str(i.id): i.status for i in market.instruments.values() if i.status is not InstrumentStatus.OPEN}:
            seen["status"] = shut
        if self.later_terms:
            seen["terms"] = self.later_terms
        if market.stop_out_level != STOP_OUT_LEVEL:
            seen["stopOutLevel"] = str(market.stop_out_level)
        return seen

    def _bring_named(self, command: Command) -> list[int]:
        """Puts the finished orders that a command names before the engine."""
        named = [getattr(command, "order_id", None)]
        if isinstance(command, Modify | Cancel) and command.client_order_id:
            named.append(self.latest.get(command.client_order_id))
        brought = [number for number in named if number in self.finals]
        for number in brought:
            self.book.add(self.finals[number])
        return brought

    def _take_stock(self, brought: list[int], origin: dict[str, Any]) -> None:
        """Notes what the command touched and puts the finished orders aside."""
        book = self.book
        for number in book.changed_orders:
            self.touched[number] = book.orders[number]
            if number not in self.known:
                self.known.add(number)
                self.born[number] = origin
        for number in (*book.changed_orders, *brought):
            order = book.orders.get(number)
            if order is not None and order.state.is_final:
                self._put_aside(book.orders.pop(number))
        self.touched_positions |= book.changed_positions
        self.just_touched = book.changed_orders
        book.changed_orders, book.changed_positions = set(), set()

    def _put_aside(self, order: Order) -> None:
        self.finals[order.id] = order
        name = order.client_order_id
        if name and order.id >= self.latest.get(name, 0):
            self.latest[name] = order.id


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
