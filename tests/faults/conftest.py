"""A product for the faults of one test process, with twenty traders in it. It is put right again after each test."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.faults.lengths import FULL
from tests.instance import Product, Trader, World, throw_away

HERE = Path(__file__).parent
ACCOUNTS = 20
FULL_SECONDS = 600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FULL and HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(FULL_SECONDS))


def traders_in(product: Product, many: int = ACCOUNTS) -> list[Trader]:
    """Traders who each have an account and a key, in one seeding."""
    names = [f"t{number:02}-{secrets.token_hex(3)}" for number in range(many)]
    users = [{"username": name, "password": f"{name}-demo-pass", "email": "", "groups": []} for name in names]
    world: dict[str, list[dict[str, Any]]] = {
        "users": users,
        "subscriptions": [{"user": name, "product": "trading-webhooks"} for name in names],
        "accounts": [{"name": name.upper(), "user": name, "currency": "USD", "deposit": "1000000"} for name in names],
        "keys": [{"user": name, "name": "alerts"} for name in names],
    }
    keys = product.seed(world)
    return [Trader(name, f"{name}-demo-pass", name.upper(), keys[name]) for name in names]


@pytest.fixture(scope="session")
def tried_product(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with throw_away(world, tmp_path_factory.mktemp("faults")) as product:
        yield product


@pytest.fixture
def whole(tried_product: Product) -> Product:
    """A product of which everything runs."""
    put_right(tried_product)
    tried_product.reset_prices()
    return tried_product


def put_right(product: Product) -> None:
    """Starts what the test before left dead."""
    instance = product.instance
    if instance.redis and not instance.redis.is_running:
        product.restart("redis")
    for name, process in list(instance.processes.items()):
        if not process.is_running:
            product.restart(name)
    if not instance.answers():
        product.kill("web")
        product.restart("web")


@pytest.fixture(scope="session")
def traders(tried_product: Product) -> Sequence[Trader]:
    """Twenty of them. Tests tell their messages apart by what is in them, so all tests may send for the same."""
    return traders_in(tried_product)


@pytest.fixture
def make_traders() -> Callable[..., list[Trader]]:
    return traders_in
