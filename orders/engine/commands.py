"""What an account can be asked to do. Imperative, frozen; the payload of a row in the tray."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Final

from orders.engine.values import Guard, OrderType, Quote, Side, Validity


class Keep:
    """The value of a field that a modification leaves alone; None removes a stop loss or take profit."""

    def __repr__(self) -> str:
        return "KEEP"


KEEP: Final = Keep()


@dataclass(frozen=True, slots=True)
class Place:
    """A new order. `order_id` and the ids of its legs were born with the command."""

    order_id: int
    instrument_id: int
    type: OrderType
    side: Side
    qty: Decimal | None = None  # lots; None when sized by cash
    cash_qty: Decimal | None = None  # in account currency
    price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_ticks: Decimal | None = None
    validity: Validity = Validity.DAY
    expire_at: datetime | None = None
    stop_loss: Guard | None = None
    take_profit: Guard | None = None
    stop_loss_id: int | None = None
    take_profit_id: int | None = None
    client_order_id: str = ""
    user_comment: str = ""

    def on(self, instrument_id: int) -> Place:
        """The same order on that instrument."""
        return Place(self.order_id, instrument_id, *FIELDS_AFTER_INSTRUMENT(self))


FIELDS_AFTER_INSTRUMENT: Final = attrgetter(*Place.__slots__[2:])


@dataclass(frozen=True, slots=True)
class Modify:
    """Changes of an order, named by its id, its client's name, or both. All of them happen, or none."""

    order_id: int | None = None
    client_order_id: str = ""
    price: Decimal | Keep = KEEP
    stop_price: Decimal | Keep = KEEP
    qty: Decimal | Keep = KEEP
    validity: Validity | Keep = KEEP
    expire_at: datetime | Keep = KEEP
    stop_loss: Decimal | Keep | None = KEEP
    stop_loss_type: str | Keep = KEEP
    take_profit: Decimal | Keep | None = KEEP
    take_profit_type: str | Keep = KEEP
    trail_ticks: Decimal | Keep = KEEP
    user_comment: str | Keep = KEEP
    # What the sender said of the order; other than the order's own is refused.
    side: Side | Keep = KEEP
    type: OrderType | Keep = KEEP
    instrument_id: int | Keep = KEEP
    # Ids for legs that the order does not have yet.
    stop_loss_id: int | None = None
    take_profit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    order_id: int | None = None
    client_order_id: str = ""


@dataclass(frozen=True, slots=True)
class SeeQuote:
    """A quote that concerns an order or a position of the account."""

    quote: Quote


@dataclass(frozen=True, slots=True)
class Expire:
    """An order's time is up. Nothing happens to one that is final, or whose time was moved."""

    order_id: int


@dataclass(frozen=True, slots=True)
class DealerFill:
    order_id: int
    qty: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class DealerReject:
    order_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class MoveMoney:
    """A deposit, withdrawal or adjustment: a signed amount in account currency."""

    kind: str
    amount: Decimal
    note: str = ""


@dataclass(frozen=True, slots=True)
class Halt:
    """Halts or resumes the account: halted, nothing opens; closing and cancelling still work."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetRisk:
    """Replaces the account's risk rules: maxOrderAmount and its like, as decimals by name."""

    rules: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class StopOut:
    """Closes the position with the largest loss, if the stop-out still holds.

    The answer to a StopOutDue: whoever keeps the tray puts one in for each such event, as the account's next command.
    `order_id` was born with it, like that of a Place.
    """

    order_id: int


Command = Place | Modify | Cancel | SeeQuote | Expire | DealerFill | DealerReject | MoveMoney | Halt | SetRisk | StopOut
