"""`manage.py replay ACCOUNT`: the tray through the engine again, compared with every book. Exit 1 when they differ."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import TradingAccount
from orders.replaying import Replay
from orders.wire import hang_up, wire

MOST_LINES = 100


class Command(BaseCommand):
    help = "Replays the tray of an account through the engine and compares the result with its books."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account", help="the account's name")

    def handle(self, *args: Any, **options: Any) -> None:
        account = TradingAccount.objects.filter(name=options["account"]).first()
        if account is None:
            raise CommandError(f'there is no account "{options["account"]}"')
        replay = Replay(wire(), account.pk)
        found = 0
        try:
            for found, line in enumerate(replay.differences(), 1):
                if found <= MOST_LINES:
                    self.stdout.write(line)
        finally:
            hang_up()
        if found:
            raise CommandError(f"{account.name}: {replay.commands} commands replayed, {found} differences")
        self.stdout.write(f"{account.name}: {replay.commands} commands replayed, the books are equal")
