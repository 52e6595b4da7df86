"""What happened. Past tense, frozen; the bookkeeper writes each down."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from orders.engine.values import Quote, Refusal, State


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """Something happened to an order. `state` is the order's after it; `details` are JSON-ready facts for people."""

    order_id: int
    state: State
    details: tuple[tuple[str, str], ...] = ()


class OrderPlaced(OrderEvent):
    __slots__ = ()


class OrderModified(OrderEvent):
    __slots__ = ()


class OrderTriggered(OrderEvent):
    __slots__ = ()


class OrderTrailed(OrderEvent):
    """Its stop followed the market."""

    __slots__ = ()


class OrderWoken(OrderEvent):
    """A sleeping stop loss or take profit began to work."""

    __slots__ = ()


class OrderResized(OrderEvent):
    """A leg grew or shrank with what it guards."""

    __slots__ = ()


class OrderCancelled(OrderEvent):
    __slots__ = ()


class OrderExpired(OrderEvent):
    __slots__ = ()


class OrderRejected(OrderEvent):
    """RefusedError by the engine on arrival, or by a dealer."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class OrderFilled(OrderEvent):
    """A trade. `fee` and `gross` (realised P/L before it) are in account currency; `quote` is None for a dealer's."""

    number: int = 0
    qty: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    gross: Decimal = Decimal(0)
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class MoneyMoved:
    """A ledger entry: `kind` is deposit, withdrawal, realised P/L, commission or adjustment."""

    kind: str
    amount: Decimal
    balance: Decimal
    order_id: int | None = None
    fill_number: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """Halted, resumed, risk rules set, a loss limit reached."""

    what: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StopOutDue:
    """Equity is below the stop-out level. Calls for a StopOut command in the account's tray."""

    equity: Decimal
    used_margin: Decimal


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """Nothing was done. All reasons at once; the first decides the status of the answer."""

    refusals: tuple[Refusal, ...]


Event = OrderEvent | MoneyMoved | AccountChanged | StopOutDue | CommandRefused
