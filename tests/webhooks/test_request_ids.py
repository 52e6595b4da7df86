"""Every answer to a machine carries a number of its own, whatever becomes of the request."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from tests.instance import Product, Trader


@pytest.fixture(scope="module")
def trader(shared_product: Product) -> Trader:
    return shared_product.newcomer()


def test_every_answer_of_the_api_has_one(product: Product, trader: Trader) -> None:
    reader = {"Authorization": trader.key.basic}
    asked = [
        ("GET", "/api/v1/accounts", b"", reader, 200),
        ("GET", "/api/v1/accounts/", b"", reader, 200),
        ("GET", "/api/v1/accounts?limit=no", b"", reader, 400),
        ("GET", "/api/v1/accounts", b"", {}, 401),
        ("GET", "/api/v1/accounts/NOSUCH", b"", reader, 404),
        ("GET", "/api/v1/nothing", b"", reader, 404),
        ("POST", "/api/v1/accounts", b"", reader, 405),
        ("POST", "/api/v1/check", b"{}", reader, 200),
        ("POST", "/api/v1/check", b" " * 20_000, reader, 413),
        ("POST", "/api/v1/quotes", b"[]", {}, 401),
        ("GET", "/api/v1/quotes", b"", {}, 405),
        ("POST", "/api/v1/quotes", b" " * (2 * 1024 * 1024), {}, 413),
        ("GET", "/api/v1/schema", b"", {}, 200),
        ("POST", "/api/v1/schema", b"", {}, 405),
        ("GET", "/api/v1/schema/place.json", b"", {}, 200),
    ]
    numbers = []
    for method, path, body, headers, status in asked:
        answer = product.ask(method, path, body, headers)
        assert answer.status == status, f"{method} {path}: {answer.text}"
        numbers.append(UUID(answer.headers["x-request-id"]))
    assert len(set(numbers)) == len(asked)


def test_a_refusal_is_json_whatever_the_reader_accepts(product: Product, trader: Trader) -> None:
    for accept in ("text/html", "application/xml", "nonsense"):
        answer = product.ask("GET", "/api/v1/accounts", headers={"Authorization": trader.key.basic, "Accept": accept})
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert product.ask("GET", "/api/v1/accounts?format=xml", headers={"Authorization": trader.key.basic}).status == 200


def test_a_database_that_does_not_answer_is_no_fault_of_ours(product: Product, trader: Trader) -> None:
    with psycopg.connect(product.instance.database_url) as connection:
        connection.execute("LOCK TABLE orders_fill IN ACCESS EXCLUSIVE MODE")
        path = f"/api/v1/accounts/{trader.account}/fills"
        answer = product.ask("GET", path, headers={"Authorization": trader.key.basic})
        connection.rollback()
    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["x-request-id"]
    assert product.read(path, trader.key)["d"] == []
