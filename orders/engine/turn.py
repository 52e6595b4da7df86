"""One command being carried out: the book it changes, what it may know, and what it has told so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from orders.engine.events import Event, OrderEvent
from orders.engine.market import Market
from orders.engine.order import Book, Order
from orders.engine.refusals import RefusedError, refusal
from orders.engine.states import Step, after
from orders.engine.values import ZERO, Instrument, Quote


@dataclass(slots=True)
class Turn:
    book: Book
    market: Market
    now: datetime
    events: list[Event] = field(default_factory=list)
    # Legs that just woke, with the quote that woke them: they see it before the turn ends.
    woken: list[tuple[Order, Quote]] = field(default_factory=list)
    # When the market is met: now, or when the quote that is shown was accepted.
    moment: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.moment = self.now

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def touch(self, order: Order) -> None:
        self.book.touch(order)

    def step(self, order: Order, step: Step) -> None:
        order.state = after(order.state, step)
        self.touch(order)
        if order.state.is_final:
            self.book.finished(order)

    def note(self, kind: type[OrderEvent], order: Order, *details: tuple[str, str]) -> None:
        """Tells of an order, in the state that it is in now."""
        self.events.append(kind(order.id, order.state, details))

    def instrument_of(self, order: Order) -> Instrument:
        return self.market.instrument(order.instrument_id)

    def held(self, instrument_id: int) -> Decimal:
        """Lots of a position; negative is short."""
        position = self.book.positions.get(instrument_id)
        return position.qty if position else ZERO

    def order_named(self, order_id: int | None, client_order_id: str = "") -> Order:
        """The order that a command names; the open one of a client's name, else the latest."""
        by_id = self.book.orders.get(order_id) if order_id is not None else None
        by_name = self._named_by_client(client_order_id) if client_order_id else None
        if order_id is not None and by_id is None:
            raise RefusedError([refusal("order_unknown", f"no order {order_id}", "orderId")])
        if client_order_id and by_name is None and (by_id is None or by_id.client_order_id != client_order_id):
            raise RefusedError([refusal("order_unknown", f'no order named "{client_order_id}"', "clientOrderId")])
        if by_id and client_order_id and by_id.client_order_id != client_order_id:
            text = f'order {by_id.id} is not named "{client_order_id}": send one of the two'
            raise RefusedError([refusal("order_ids_disagree", text, "clientOrderId")])
        named = by_id or by_name
        if named is None:
            raise RefusedError([refusal("required", "orderId or clientOrderId is required", "orderId")])
        return named

    def _named_by_client(self, name: str) -> Order | None:
        named = [order for order in self.book.orders.values() if order.client_order_id == name]
        return max(named, key=lambda order: (not order.state.is_final, order.id), default=None)
