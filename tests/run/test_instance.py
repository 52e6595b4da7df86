"""A throw-away product, as tests of faults use it: single processes die, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable

from tests.instance import Product


def test_each_process_can_be_killed_and_started_again(start_product: Callable[..., Product]) -> None:
    product = start_product(own_postgres=True)
    for name in ("web", "worker", "pump", "redis", "postgres"):
        product.kill(name)
        product.restart(name)
    assert product.ask("GET", "/health").status == 200


def test_without_its_database_the_product_is_unwell_but_answers(start_product: Callable[..., Product]) -> None:
    product = start_product(own_postgres=True)
    product.kill("postgres")
    assert product.ask("GET", "/health").status == 503
    product.restart("postgres")
    assert product.ask("GET", "/health").status == 200


def test_two_products_share_nothing(start_product: Callable[..., Product]) -> None:
    one, other = start_product(), start_product()
    newcomer = one.newcomer()
    assert [row["name"] for row in one.read("/api/v1/accounts", newcomer.key)["d"]] == [newcomer.account]
    refused = other.ask("GET", "/api/v1/accounts", headers={"Authorization": newcomer.key.basic})
    assert refused.status == 401


def test_a_frozen_redis_keeps_nobody_from_trading(start_product: Callable[..., Product]) -> None:
    product = start_product()
    trader = product.newcomer()
    product.freeze("redis")
    order = {"action": "place", "accountName": trader.account, "symbol": "BTCUSDT", "type": "Market", "side": "buy"}
    answer = product.post(order | {"qty": "0.1"}, trader.key)
    product.thaw("redis")
    assert (answer.status, answer.json["s"]) == (200, "ok")
