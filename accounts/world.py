"""A world to start from: a JSON file of users, products, accounts, instruments, quotes and keys, and its first half.

Entries that exist already are left as they are, so that seeding twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models

from accounts.models import Product, Subscription, TradingAccount, User

Json = Mapping[str, Any]
SECTIONS = ("users", "products", "subscriptions", "accounts", "instruments", "sessions", "quotes", "keys")


class WorldError(ValueError):
    """What is wrong with the file, and where."""


def entries(world: Json, section: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[Json]:
    """The entries of a section; each has every required name and no unknown one."""
    found = world.get(section, [])
    if not isinstance(found, list):
        raise WorldError(f"{section}: must be a list")
    for number, entry in enumerate(found, start=1):
        where = f"{section}, entry {number}"
        if not isinstance(entry, dict):
            raise WorldError(f"{where}: must be an object")
        if missing := [name for name in required if entry.get(name) in (None, "")]:
            raise WorldError(f"{where}: {', '.join(missing)} missing")
        if unknown := [name for name in entry if name not in (*required, *optional)]:
            raise WorldError(f"{where}: unknown {', '.join(unknown)}")
        yield entry


def checked(row: models.Model, what: str) -> models.Model:
    """The row, if its own rules accept it."""
    try:
        row.full_clean()
    except ValidationError as error:
        faults = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise WorldError(f"{what}: {faults}") from None
    return row


def snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), name)


# --- People ------------------------------------------------------------------------------------------


def seed_people(world: Json) -> None:
    """Users with their groups, products and subscriptions."""
    if unknown := [section for section in world if section not in SECTIONS]:
        raise WorldError(f"unknown section {', '.join(unknown)}")
    for entry in entries(world, "users", ("username", "password"), ("email", "groups", "staff", "superuser")):
        if not User.objects.filter(username=entry["username"]).exists():
            seed_user(entry)
    for entry in entries(
        world, "products", ("code", "name"), ("category", "description", "price", "currency", "approval")
    ):
        if not Product.objects.filter(code=entry["code"]).exists():
            checked(Product(**entry), f"product {entry['code']}").save()
    for entry in entries(world, "subscriptions", ("user", "product"), ("status", "starts", "ends")):
        seed_subscription(entry)


def seed_user(entry: Json) -> None:
    boss = entry.get("superuser") is True
    user = User(
        username=entry["username"],
        email=entry.get("email", ""),
        is_staff=boss or entry.get("staff") is True,
        is_superuser=boss,
    )
    user.set_password(entry["password"])
    checked(user, f"user {entry['username']}").save()
    user.groups.set([Group.objects.get_or_create(name=name)[0] for name in entry.get("groups", [])])


def seed_subscription(entry: Json) -> None:
    user, product = named_user(entry["user"]), named(Product, code=entry["product"])
    if not Subscription.objects.filter(user=user, product=product).exists():
        times = {
            column: entry[name] for name, column in (("starts", "starts_at"), ("ends", "ends_at")) if name in entry
        }
        row = Subscription(user=user, product=product, status=entry.get("status", "active"), **times)
        checked(row, f"subscription of {user}").save()


def named_user(username: str) -> User:
    return named(User, username=username)


def named_account(name: str) -> TradingAccount:
    return named(TradingAccount, name=name)


def named(model: type[models.Model], **wanted: str) -> Any:
    found = model._default_manager.filter(**wanted).first()
    if found is None:
        raise WorldError(f"no {model._meta.verbose_name} {' '.join(wanted.values())}")
    return found
