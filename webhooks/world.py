"""The keys of a world, and the whole of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.world import Json, WorldError, entries, named_account, named_user, seed_people
from orders.seeding import seed_accounts, seed_market
from orders.strict_json import NotJsonError, parse
from webhooks.keys import create_key
from webhooks.models import WebhookKey

KEY_LIMITS = ("expires", "actions", "accounts", "networks", "requestsPerMinute", "identicalWindowSeconds")


def read_world(path: Path) -> Json:
    try:
        world = parse(path.read_bytes())
    except OSError as error:
        raise WorldError(f"{path}: {error.strerror}") from None
    except NotJsonError as error:
        raise WorldError(f"{path}, line {error.line}, column {error.column}: {error.message}") from None
    if not isinstance(world, dict):
        raise WorldError(f"{path}: must be a JSON object")
    return world


def seed(world: Json, *, past: bool = False) -> list[dict[str, str]]:
    """Brings everything of the world into being that is not there yet; the credentials of the keys it made.

    `past`: with invented quotes from before its beginning, so that the charts have something to show.
    """
    seed_people(world)
    seed_market(world, past=past)
    seed_accounts(world)
    with transaction.atomic():
        return list(seed_keys(world))


def seed_keys(world: Json) -> Iterator[dict[str, str]]:
    for entry in entries(world, "keys", ("user", "name"), KEY_LIMITS):
        user = named_user(entry["user"])
        if WebhookKey.objects.filter(user=user, name=entry["name"]).exists():
            continue
        key, secret = create_key(
            user,
            entry["name"],
            expires_at=moment(entry["expires"]) if entry.get("expires") else None,
            accounts=[named_account(name) for name in entry.get("accounts", [])],
            actions=entry.get("actions", []),
            networks=entry.get("networks", []),
            requests_per_minute=whole(entry.get("requestsPerMinute")),
            identical_window_seconds=whole(entry.get("identicalWindowSeconds")) or 0,
        )
        path = f"/webhook/{key.api_key}/{secret}"
        yield {
            "user": user.username,
            "name": key.name,
            "apiKey": key.api_key,
            "secretKey": secret,
            "url": settings.PUBLIC_URL + path,
        }


def whole(value: object) -> int | None:
    try:
        return None if value is None else int(str(value))
    except ValueError:
        raise WorldError(f"keys: {value} is no whole number") from None


def moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        raise WorldError(f"keys: {text} is no time in ISO 8601 with a zone")
    return found
