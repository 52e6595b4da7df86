"""`manage.py demo`: the world that `make run` starts with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.world import Json, WorldError
from webhooks.world import read_world, seed

WORLD = Path(__file__).resolve().parents[2] / "demo.json"
PARTS = {"alice": "a trader with three accounts", "dora": "a dealer", "oscar": "an operator"}


def is_anothers(world: Json) -> bool:
    """Whether there are users, and the demo was not here before."""
    names = {user["username"] for user in world["users"]}
    return User.objects.exists() and User.objects.filter(username__in=names).count() < len(names)


class Command(BaseCommand):
    help = (
        "Loads the demo world, if it is not there yet, and says who can sign in. Never beside users of another world."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            world = read_world(WORLD)
            if is_anothers(world):
                self.stdout.write("the database has users of its own: the demo's, whose passwords are known, stay out")
                return
            seed(world, past=True)
        except WorldError as error:
            raise CommandError(str(error)) from None
        for user in world["users"]:
            self.stdout.write(f"sign in as {user['username']} / {user['password']}: {PARTS[user['username']]}")
