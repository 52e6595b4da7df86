"""A trader at work in tests of the books: what is asked goes through the tray, the porter and the ledger."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.management import CommandError, call_command

from accounts.models import TradingAccount
from orders import quotes
from orders.engine.commands import Cancel, Command, Modify, MoveMoney, Place
from orders.engine.values import Guard, OrderType, Side, StopLossType, TakeProfitType, Validity
from orders.execution import drain
from orders.intake import Accepted, Slip, outcome_of
from orders.models import Book, Instrument, Order, OrderCommand
from orders.tray import put
from tests.orders.making import an_account

ALICE = {"kind": "user", "user": "alice"}


def placing(instrument: Instrument, side: str = "buy", qty: str = "1", price: str | None = None, **more: Any) -> Place:
    """A Market order, or with a price a Limit order that rests until cancelled."""
    kind = OrderType.LIMIT if price else OrderType.MARKET
    usual = {"type": kind, "price": price and Decimal(price), "validity": Validity.GTC if price else Validity.DAY}
    return Place(order_id=0, instrument_id=instrument.pk, side=Side(side), qty=Decimal(qty), **usual | more)


@dataclass
class Trader:
    account: TradingAccount

    @classmethod
    def with_money(cls, name: str = "DEMO-1", amount: int = 1_000_000) -> Trader:
        trader = cls(an_account(name))
        assert trader.does(MoveMoney("deposit", Decimal(amount)))["ok"]
        return trader

    @property
    def id(self) -> int:
        return self.account.pk

    def asks(self, *commands: Command) -> list[Accepted]:
        """Puts commands into the tray, where they wait."""
        return submit_quietly([Slip(self.id, command, ALICE) for command in commands])

    def does(self, command: Command) -> dict[str, Any]:
        """Puts a command in and has it executed; its outcome."""
        [accepted] = self.asks(command)
        drain(self.id)
        outcome = outcome_of(self.id, accepted.seq, 0)
        assert outcome is not None
        return outcome

    def order(self, order_id: int) -> Order:
        return Order.objects.get(pk=order_id)

    @property
    def book(self) -> Book:
        return Book.objects.get(pk=self.id)

    def statuses(self) -> list[int]:
        return list(OrderCommand.objects.filter(account=self.account).order_by("seq").values_list("status", flat=True))


def submit_quietly(slips: list[Slip]) -> list[Accepted]:
    """Into the trays without a bell: nobody but the test executes them."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        return put(cursor, slips)


def quote(instrument: Instrument, bid: str, ask: str) -> None:
    result = quotes.accept([{"symbol": instrument.symbol, "bid": bid, "ask": ask}], "test")
    assert result.accepted == 1, result.refused


def random_command(chance: random.Random, instrument: Instrument) -> Command:
    """Something a busy sender might ask, mostly with sense."""
    side = chance.choice(["buy", "sell"])
    qty, name = str(chance.randrange(1, 5)), f"n{chance.randrange(5)}"
    what = chance.random()
    if what < 0.35:
        return placing(instrument, side, qty)
    if what < 0.5:
        guards = {
            "stop_loss": Guard(Decimal(chance.randrange(100, 400)), StopLossType.TICKS),
            "take_profit": Guard(Decimal(chance.randrange(100, 400)), TakeProfitType.TICKS),
        }
        return placing(instrument, side, qty, **guards)
    if what < 0.75:
        price = str(Decimal(10_000 + chance.randrange(-500, 500)) / 100)
        return placing(instrument, side, qty, price, client_order_id=name)
    if what < 0.9:
        price = Decimal(10_000 + chance.randrange(-500, 500)) / 100
        return Modify(client_order_id=name, price=price, qty=Decimal(qty))
    return Cancel(client_order_id=name)


def says(command: str, *arguments: str) -> tuple[int, str]:
    """Exit status and output of a management command."""
    out = io.StringIO()
    try:
        call_command(command, *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def assert_sound(*traders: Trader) -> None:
    """The books keep every rule, and a replay makes the same ones."""
    assert says("audit") == (0, "28 rules hold\n")
    for trader in traders:
        status, text = says("replay", trader.account.name)
        assert status == 0, text
