"""`manage.py seed FILE.json`: a world to start from."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.world import WorldError
from webhooks.world import read_world, seed


class Command(BaseCommand):
    help = (
        "Loads users, products, accounts, instruments, quotes and webhook keys. What exists is left alone, so a second "
        "run changes nothing. Prints the credentials of the keys it made, once, as JSON."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys = seed(read_world(options["file"]))
        except WorldError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps(keys, indent=2))
