"""`manage.py demo`: the world that `make run` starts with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.world import WorldError
from webhooks.world import read_world, seed

WORLD = Path(__file__).resolve().parents[2] / "demo.json"
PARTS = {"alice": "a trader with three accounts", "dora": "a dealer", "oscar": "an operator"}


class Command(BaseCommand):
    help = "Loads the demo world, if it is not there yet, and says who can sign in."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            world = read_world(WORLD)
            seed(world)
        except WorldError as error:
            raise CommandError(str(error)) from None
        for user in world["users"]:
            self.stdout.write(f"sign in as {user['username']} / {user['password']}: {PARTS[user['username']]}")
