"""`manage.py quote SYMBOL BID ASK`: one quote by hand."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orders.quotes import accept

OPTIONS = {
    "symbol-type": "symbolType",
    "contract-month": "contractMonth",
    "strike-price": "strikePrice",
    "strike-type": "strikeType",
    "bid-size": "bidSize",
    "ask-size": "askSize",
    "last": "last",
    "time": "time",
}


class Command(BaseCommand):
    help = "Gives one quote, as a feed would: manage.py quote BTCUSDT 64250 64250.5"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("symbol")
        parser.add_argument("bid")
        parser.add_argument("ask")
        for option, name in OPTIONS.items():
            parser.add_argument(f"--{option}", dest=name)

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("symbol", "bid", "ask", *OPTIONS.values())
        result = accept([{name: options[name] for name in names if options[name] is not None}], "operator")
        if result.refused:
            raise CommandError(result.refused[0].reason)
        self.stdout.write("taken")
