"""What tests of the books start from: instruments, accounts, orders that wait."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from accounts.models import TradingAccount, User
from orders import instruments, intake
from orders.models import Instrument, Order

numbers = itertools.count(900_001)
TERMS = {"lot_size": 1, "tick_size": "0.01", "min_lot": "0.001", "max_lot": 100, "lot_step": "0.001", "margin_rate": 1}


def an_instrument(symbol: str = "BTCUSDT", symbol_type: str = "CRYPTO", **terms: Any) -> Instrument:
    made = Instrument.objects.create(symbol=symbol, symbol_type=symbol_type, **{"currency": "USD"} | TERMS | terms)
    instruments.forget()
    return made


def an_account(name: str = "DEMO-1", user: str = "alice", currency: str = "USD") -> TradingAccount:
    owner, _ = User.objects.get_or_create(username=user)
    account = TradingAccount.objects.create(name=name, user=owner, currency=currency)
    intake.open_books(account)
    return account


def a_waiting_order(account: TradingAccount, instrument: Instrument, side: str = "buy", **more: Any) -> Order:
    now = datetime.now(UTC)
    usual = {"type": "Limit", "qty": 1, "validity": "GTC", "state": "working", "created_at": now, "updated_at": now}
    return Order.objects.create(id=next(numbers), account=account, instrument=instrument, side=side, **usual | more)
