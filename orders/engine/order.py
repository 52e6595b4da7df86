"""The state of an account: its orders, positions and money. The core changes it; the bookkeeper copies it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from orders.engine.values import ZERO, Guard, Leg, OrderType, Side, State, Validity

BY_AGE = attrgetter("id")  # the books' rows come in any order: nothing may depend on it


@dataclass(slots=True)
class Order:
    id: int
    instrument_id: int
    type: OrderType
    side: Side
    qty: Decimal
    validity: Validity
    state: State
    created_at: datetime
    price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_ticks: Decimal | None = None
    filled_qty: Decimal = ZERO
    avg_price: Decimal | None = None
    fills: int = 0
    triggered: bool = False
    expire_at: datetime | None = None
    parent_id: int | None = None
    leg: Leg | None = None
    stop_loss: Guard | None = None
    take_profit: Guard | None = None
    client_order_id: str = ""
    user_comment: str = ""
    reason: str = ""
    seen_seq: int = 0  # the last quote it was matched with

    @property
    def remaining(self) -> Decimal:
        return self.qty - self.filled_qty


@dataclass(slots=True)
class Position:
    instrument_id: int
    qty: Decimal  # lots; negative is short
    avg_price: Decimal
    opened_at: datetime
    fee: Decimal = ZERO


Tie = tuple[int, Side | None]  # an instrument; with a side, lots at that side's quote, without one, lots × price


@dataclass(slots=True)
class Ties:
    """What the working orders would open, kept as they change: see `tied`."""

    shares: dict[int, tuple[Tie, Decimal]] = field(default_factory=dict)
    sums: dict[Tie, Decimal] = field(default_factory=dict)
    against: set[int] = field(default_factory=set)  # orders that stood against a position when they were counted
    stale_orders: set[int] = field(default_factory=set)
    stale_positions: set[int] = field(default_factory=set)
    is_counted: bool = False


@dataclass(slots=True)
class Book:
    """Everything an account's commands can read or change.

    `orders` holds every unfinished order, and those finished ones that a command names. Once a command was executed,
    put further orders in with `add`: the unfinished ones are kept apart.
    `changed_orders` and `changed_positions` collect the ids (a position's is its instrument's) that a command touched.
    """

    account_id: int
    currency: str
    balance: Decimal = ZERO
    halted: bool = False
    risk: dict[str, Decimal] = field(default_factory=dict)
    day: dict[str, str] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    positions: dict[int, Position] = field(default_factory=dict)
    changed_orders: set[int] = field(default_factory=set)
    changed_positions: set[int] = field(default_factory=set)
    ties: Ties = field(default_factory=Ties, repr=False, compare=False)
    _open: dict[int, Order] | None = field(default=None, repr=False, compare=False)

    def touch(self, order: Order) -> None:
        """To be told when an order is changed."""
        self.changed_orders.add(order.id)
        self.ties.stale_orders.add(order.id)

    def move(self, instrument_id: int) -> None:
        """To be told when a position is changed."""
        self.changed_positions.add(instrument_id)
        self.ties.stale_positions.add(instrument_id)

    def add(self, order: Order) -> None:
        self.orders[order.id] = order
        self.ties.stale_orders.add(order.id)
        if self._open is not None:
            self._open.pop(order.id, None)
            if not order.state.is_final:
                self._open[order.id] = order

    def unfinished(self) -> Collection[Order]:
        if self._open is None:
            self._open = {order.id: order for order in self.orders.values() if not order.state.is_final}
        return self._open.values()

    def finished(self, order: Order) -> None:
        """To be told when an order became final."""
        if self._open is not None:
            self._open.pop(order.id, None)

    def legs_of(self, parent_id: int) -> list[Order]:
        """The unfinished stop loss and take profit of an order."""
        return sorted((leg for leg in self.unfinished() if leg.parent_id == parent_id), key=BY_AGE)
