"""An account, an instrument with a price, an engine that works while a view waits, and a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client

from accounts.models import TradingAccount
from orders import quotes
from orders.engine.commands import MoveMoney
from orders.execution import drain
from orders.intake import Slip, submit
from orders.models import Instrument
from orders.wire import hang_up
from tests.orders.making import an_account, an_instrument


@pytest.fixture
def btc() -> Instrument:
    made = an_instrument(commission_fixed=Decimal("1.5"))
    quotes.accept([{"symbol": "BTCUSDT", "bid": "64250.00", "ask": "64250.50"}], "feed")
    return made


@pytest.fixture
def alice(btc: Instrument) -> TradingAccount:
    account = an_account()
    submit(Slip(account.pk, MoveMoney("deposit", Decimal(100_000), "opening"), {"kind": "operator"}))
    drain(account.pk)
    return account


@pytest.fixture
def engine(alice: TradingAccount) -> Iterator[None]:
    """Drains the account's tray while a view waits for its decision."""
    stopped = threading.Event()

    def work() -> None:
        while not stopped.wait(0.01):
            drain(alice.pk)
        connection.close()
        hang_up()

    worker = threading.Thread(target=work)
    worker.start()
    yield
    stopped.set()
    worker.join(10)


def browser(account: TradingAccount) -> Client:
    client = Client()
    client.force_login(account.user)
    return client
