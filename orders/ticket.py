"""The ticket: an order by hand, through the same tray and by the same rules as one from a webhook."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from accounts.models import TradingAccount
from orders.decimals import plain
from orders.engine.commands import Place
from orders.engine.rates import NoRateError, rate
from orders.engine.terms import PRICED, STOPPED, faults_of_place
from orders.engine.values import OrderType, Side, StopLossType, TakeProfitType, Validity
from orders.instruments import terms_of
from orders.models import Instrument
from orders.valuation import market_now, worth_of
from orders.written import Written

FIELDS: Final = (
    "qty",
    "cashOrderQty",
    "price",
    "stopPrice",
    "trStopOffset",
    "validity",
    "expireDate",
    "stopLoss",
    "takeProfit",
    "userComment",
)
HAS_PRICE: Final = PRICED | {OrderType.CARE}


def place_of(written: Written, instrument_id: int) -> Place:
    """The order. Fields that its type does not have are not read: they were not shown."""
    type_ = written.word("type", OrderType, OrderType.MARKET)
    validity = written.word("validity", Validity, Validity.DAY)
    return Place(
        order_id=0,
        instrument_id=instrument_id,
        type=type_,
        side=written.word("side", Side, Side.BUY),
        qty=written.number("qty"),
        cash_qty=written.number("cashOrderQty"),
        price=written.number("price") if type_ in HAS_PRICE else None,
        stop_price=written.number("stopPrice") if type_ in STOPPED else None,
        trail_ticks=written.number("trStopOffset") if type_ is OrderType.TRAILING_STOP else None,
        validity=validity,
        expire_at=written.moment("expireDate") if validity is Validity.GTD else None,
        stop_loss=written.guard("stopLoss", StopLossType),
        take_profit=written.guard("takeProfit", TakeProfitType),
        user_comment=written.comment("userComment") if type_ is OrderType.CARE else "",
    )


def checked_place(written: Written, account: TradingAccount, instrument_id: int) -> Place | None:
    """The order that was written, or None and its faults in `written`."""
    place = place_of(written, instrument_id)
    if account.status != TradingAccount.Status.ACTIVE:
        written.fault("", f"account {account.name} is {account.status}")
    unread = set(written.faults)
    terms = terms_of([instrument_id])[instrument_id]
    written.refuse(fault for fault in faults_of_place(place, terms, timezone.now()) if fault.field not in unread)
    return None if written.faults else place


@dataclass(slots=True)
class Ticket:
    """What the ticket shows. `token` makes a form that is sent twice one order."""

    account: TradingAccount
    instrument: Instrument
    written: Written
    token: str = field(default_factory=lambda: f"by-hand-{uuid.uuid4().hex}")

    types: Any = tuple(OrderType)
    validities: Any = tuple(Validity)
    stop_loss_types: Any = tuple(StopLossType)
    take_profit_types: Any = tuple(TakeProfitType)

    @property
    def value(self) -> dict[str, str]:
        usual = {"side": "buy", "type": "Market", "validity": "DAY", "qty": plain(self.instrument.min_lot)}
        return usual | self.written.values

    @property
    def faults(self) -> dict[str, list[str]]:
        return self.written.faults

    @property
    def whole_faults(self) -> list[str]:
        return self.written.faults.get("", [])

    @property
    def spread(self) -> Decimal | None:
        quote = getattr(self.instrument, "quote", None)
        return quote.ask - quote.bid if quote and quote.bid is not None and quote.ask is not None else None

    @property
    def available(self) -> Decimal | None:
        worth = next(iter(worth_of([self.account])), None)
        return worth.figures.available if worth and worth.figures else None

    @property
    def rate(self) -> Decimal | None:
        """From the instrument's currency to the account's, for the estimate."""
        try:
            return rate(market_now([self.instrument.pk]), self.instrument.currency, self.account.currency)
        except NoRateError:
            return None
