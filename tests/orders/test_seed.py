"""A world from a file: complete, once, and refused in one line when it is wrong."""

from __future__ import annotations

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from accounts.models import TradingAccount, User
from orders.models import Book, Instrument, LastQuote, LedgerEntry
from webhooks.models import WebhookKey

pytestmark = pytest.mark.django_db(transaction=True)

WORLD = Path(__file__).parents[1] / "conformance" / "world.json"


def seed(path: Path) -> list[dict[str, str]]:
    printed = StringIO()
    call_command("seed", str(path), stdout=printed)
    return json.loads(printed.getvalue())


def written(folder: Path, world: object) -> Path:
    path = folder / "world.json"
    path.write_text(world if isinstance(world, str) else json.dumps(world))
    return path


def everything() -> dict[str, list[Any]]:
    """Every row of the product, but for what passes by."""
    models = [*apps.get_app_config("accounts").get_models(), *apps.get_app_config("orders").get_models()]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in (*models, WebhookKey)}


def test_the_world_is_all_there() -> None:
    keys = seed(WORLD)
    world = json.loads(WORLD.read_text())
    assert [(key["user"], key["name"]) for key in keys] == [(key["user"], key["name"]) for key in world["keys"]]
    assert Instrument.objects.count() == len(world["instruments"])
    assert LastQuote.objects.exclude(bid=None).count() == len(world["quotes"])
    assert Instrument.objects.get(symbol="BTCUSDT").aliases == ["XBTUSD"]
    assert Instrument.objects.get(symbol="SPY").commission_per_lot == Decimal("0.01")
    book = Book.objects.get(account__name="DEMO-2")
    assert (book.balance, book.risk) == (1000, {"maxOrderAmount": "5", "maxPendingOrdersNumber": "3"})
    assert list(LedgerEntry.objects.filter(account__name="DEMO-2").values_list("kind", "amount")) == [("deposit", 1000)]
    assert User.objects.get(username="dora").groups.filter(name="dealer").exists()
    assert Client().login(username="alice", password="alice-demo-pass-1")


def test_a_second_time_changes_nothing_and_prints_an_empty_list() -> None:
    seed(WORLD)
    before = everything()
    assert seed(WORLD) == []
    assert everything() == before


def test_secrets_are_printed_and_not_kept() -> None:
    (key, *_) = seed(WORLD)
    assert key["url"].endswith(f"/webhook/{key['apiKey']}/{key['secretKey']}")
    assert key["secretKey"] not in str(everything())


def test_a_world_may_add_to_another(tmp_path: Path) -> None:
    seed(WORLD)
    more = {"accounts": [{"name": "MORE-1", "user": "bob", "currency": "EUR", "deposit": "12.5", "halted": True}]}
    assert seed(written(tmp_path, more)) == []
    book = Book.objects.get(account__name="MORE-1")
    assert (book.balance, book.halted) == (Decimal("12.5"), True)


@pytest.mark.parametrize(
    ("world", "says"),
    [
        ("{", "line 1"),
        ("[]", "object"),
        ({"usrs": []}, "usrs"),
        ({"users": {}}, "users"),
        ({"users": [5]}, "entry 1"),
        ({"users": [{"username": "x"}]}, "password"),
        ({"users": [{"username": "x", "password": "y", "shoe": 42}]}, "shoe"),
        ({"subscriptions": [{"user": "nobody", "product": "x"}]}, "nobody"),
        ({"accounts": [{"name": "A", "user": "nobody", "currency": "USD"}]}, "nobody"),
        ({"instruments": [{"symbol": "X"}]}, "symbolType"),
        ({"quotes": [{"symbol": "NONE", "bid": "1", "ask": "2"}]}, "NONE"),
        ({"keys": [{"user": "nobody", "name": "k"}]}, "nobody"),
    ],
)
def test_a_wrong_world_is_refused_in_one_line(world: object, says: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=says) as caught:
        seed(written(tmp_path, world))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("deposit", ["-5", "0", "NaN", "much"])
def test_a_deposit_that_is_none_leaves_no_account(deposit: str, tmp_path: Path) -> None:
    people = {"users": [{"username": "zoe", "password": "zoe-demo-pass-1"}]}
    account = {"accounts": [{"name": "ZOE-1", "user": "zoe", "currency": "USD", "deposit": deposit}]}
    with pytest.raises(CommandError, match="ZOE-1"):
        seed(written(tmp_path, people | account))
    assert not TradingAccount.objects.exists()


def test_the_demo_world_can_be_traded_in() -> None:
    printed = StringIO()
    call_command("demo", stdout=printed)
    assert "alice" in printed.getvalue()
    assert Instrument.objects.values("symbol_type").distinct().count() == len(Instrument.Type.choices)
    assert Instrument.objects.filter(quote__bid__isnull=True).count() == 0
    before = everything()
    call_command("demo", stdout=StringIO())
    assert everything() == before


def test_the_demo_stays_out_of_a_world_that_has_users() -> None:
    User.objects.create_user("zoe")
    printed = StringIO()
    call_command("demo", stdout=printed)
    assert "users of its own" in printed.getvalue()
    assert list(User.objects.values_list("username", flat=True)) == ["zoe"]
