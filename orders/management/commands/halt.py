"""`manage.py halt on|off`: the kill switch. Halted, nothing opens; closing and cancelling still work."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import TradingAccount
from orders.carrying import NotDone, act
from orders.engine.commands import Halt
from orders.engine.values import SymbolType
from orders.halts import halt_everywhere, halt_symbol

ORIGIN = {"kind": "operator", "user": "manage.py"}


class Command(BaseCommand):
    help = "Halts trading or lifts the halt: of an account, of every instrument of a symbol, or everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("switch", choices=["on", "off"])
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--account")
        where.add_argument("--symbol")
        parser.add_argument("--symbol-type", choices=list(map(str, SymbolType)))

    def handle(self, *args: Any, **options: Any) -> None:
        on = options["switch"] == "on"
        if options["symbol_type"] and not options["symbol"]:
            raise CommandError("--symbol-type goes with --symbol")
        if options["account"]:
            where = self.halt_account(options["account"], on)
        elif options["symbol"]:
            where = self.halt_symbol(options["symbol"], options["symbol_type"], on)
        else:
            halt_everywhere(on)
            where = "everything"
        self.stdout.write(f"{where}: {'halted' if on else 'trading'}")

    def halt_account(self, name: str, on: bool) -> str:
        account = TradingAccount.objects.filter(name=name).first()
        if account is None:
            raise CommandError(f"no account {name}")
        try:
            act(account.pk, Halt(on), ORIGIN)
        except NotDone as error:
            raise CommandError(f"{name}: {error}") from None
        return f"account {name}"

    def halt_symbol(self, symbol: str, symbol_type: str | None, on: bool) -> str:
        found = halt_symbol(symbol, SymbolType(symbol_type) if symbol_type else None, on)
        if not found:
            raise CommandError(f"no instrument {symbol} {symbol_type or ''}".rstrip())
        return ", ".join(f"{one} ({one.symbol_type})" for one in found)
