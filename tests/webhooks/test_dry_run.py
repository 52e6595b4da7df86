"""A dry run tells what would happen, on every way in, and changes nothing anywhere."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.instance import Answer, Product, Trader
from tests.webhooks.messages import PLACE, changed

Json = dict[str, Any]
BOOKS = (
    *("orders_ordercommand", "orders_tray", "orders_book", "orders_order", "orders_orderevent", "orders_fill"),
    *("orders_position", "orders_ledgerentry"),
)


@pytest.fixture(scope="module")
def trader(shared_product: Product) -> Trader:
    return shared_product.newcomer()


@pytest.fixture
def books(product: Product) -> Iterator[Books]:
    with psycopg.connect(product.instance.database_url, autocommit=True) as connection:
        yield Books(connection)


class Books:
    """Every row of every tray and book of a product, and the counter of order ids."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def all(self) -> dict[str, list[str]]:
        """Once everything that waits is done: prices that a test sets concern other accounts, too."""
        until = time.monotonic() + 20
        while self.rows("SELECT seq FROM orders_ordercommand WHERE status = 0") and time.monotonic() < until:
            time.sleep(0.05)
        return {table: self.rows(f"SELECT (t.*)::text FROM {table} t") for table in BOOKS} | {
            "numbers": self.rows("SELECT last_value::text FROM orders_order_number")
        }

    def rows(self, sql: str) -> list[str]:
        return sorted(row[0] for row in self.connection.execute(sql))


def dry(trader: Trader, **changes: Any) -> Json:
    return changed(PLACE | {"accountName": trader.account, "dryRun": True}, **changes)


MARKET = {"type": "Market", "price": ..., "qty": "0.01"}
GUARDED = MARKET | {"stopLoss": 5, "stopLossType": "offset in %", "takeProfit": 5, "takeProfitType": "offset in %"}
PLACINGS: list[tuple[Json, Json]] = [
    ({}, {"state": "working", "qty": "0.001", "filledQty": "0", "price": "10000"}),
    (MARKET, {"state": "filled", "qty": "0.01", "filledQty": "0.01"}),
    (GUARDED, {"state": "filled", "filledQty": "0.01"}),
    ({"type": "Market", "price": ..., "qty": ..., "cashOrderQty": "1000"}, {"state": "filled"}),
    ({"validity": "IOC"}, {"state": "cancelled", "filledQty": "0"}),
    ({"type": "Care", "price": ...}, {"state": "working"}),
    ({"clientOrderId": "mine", "requestId": "once"}, {"clientOrderId": "mine", "requestId": "once"}),
]
REFUSALS: list[tuple[Json, int, str]] = [
    ({"qty": "0.0015"}, 400, "qty_step"),
    ({"symbol": "NOSUCH"}, 404, "symbol_unknown"),
    ({"accountName": "NOSUCH"}, 404, "account_unknown"),
    ({"qty": "100", "price": "60000"}, 422, "margin"),
    ({"validity": "FOK"}, 422, "fok"),
    ({"type": "Stop", "price": ..., "stopPrice": "1"}, 422, "stop_through"),
    ({"qty": "many"}, 400, "not_a_number"),
]


@pytest.mark.parametrize(("changes", "facts"), PLACINGS)
def test_what_placing_would_do(product: Product, trader: Trader, books: Books, changes: Json, facts: Json) -> None:
    before = books.all()
    answer = product.post(dry(trader, **changes), trader.key)
    assert answer.status == 200, answer.text
    d = answer.json["d"]
    assert d | facts | {"dryRun": True} == d
    assert "orderId" not in d
    assert {"requiredMargin", "available", "availableAfter", "fee"} <= set(d)
    assert books.all() == before


def test_a_dry_run_foretells_the_real_order(product: Product, trader: Trader) -> None:
    message = dry(trader, **MARKET)
    foretold = product.post(message, trader.key).json["d"]
    real = product.post(message | {"dryRun": False}, trader.key).json["d"]
    same = ("state", "filledQty", "avgPrice")
    assert [foretold[name] for name in same] == [real[name] for name in same]
    account = product.read(f"/api/v1/accounts/{trader.account}", trader.key)["d"]
    assert foretold["availableAfter"] == account["available"]
    fills = product.read(f"/api/v1/accounts/{trader.account}/fills", trader.key)["d"]
    assert float(foretold["fee"]) == float(fills[0]["fee"])


@pytest.mark.parametrize(("changes", "status", "code"), REFUSALS)
def test_what_placing_would_be_refused_for(
    product: Product, trader: Trader, books: Books, changes: Json, status: int, code: str
) -> None:
    before = books.all()
    answer = product.post(dry(trader, **changes), trader.key)
    assert (answer.status, answer.json["code"]) == (status, code), answer.text
    assert answer.json["d"]["dryRun"] is True
    assert "orderId" not in answer.json["d"]
    assert books.all() == before


def test_modifying_and_cancelling_by_way_of_trial(product: Product, trader: Trader, books: Books) -> None:
    placed = product.post(dry(trader, dryRun=..., clientOrderId="to-be-changed"), trader.key).json["d"]["orderId"]
    named = {"accountName": trader.account, "clientOrderId": "to-be-changed", "dryRun": "true"}
    before = books.all()
    modified = product.post({"action": "modify", "price": "11000", "qty": "0.002", **named}, trader.key).json["d"]
    assert modified | {"orderId": placed, "state": "working", "price": "11000", "qty": "0.002"} == modified
    met = product.post({"action": "modify", "price": "9000000", **named}, trader.key).json["d"]
    assert (met["state"], met["filledQty"]) == ("filled", "0.001")
    cancelled = product.post({"action": "cancel", **named}, trader.key).json["d"]
    assert cancelled | {"orderId": placed, "state": "cancelled"} == cancelled
    unknown = product.post({"action": "cancel", **named, "clientOrderId": "other"}, trader.key)
    assert (unknown.status, unknown.json["code"]) == (404, "order_unknown")
    off_tick = product.post({"action": "modify", "price": "9000.001", **named}, trader.key)
    assert (off_tick.status, off_tick.json["code"]) == (400, "price_tick")
    assert books.all() == before


def test_the_header_form_answers_the_same(product: Product, trader: Trader, books: Books) -> None:
    before = books.all()
    message = dry(trader, **MARKET)
    by_url = product.post(message, trader.key)
    raw = json.dumps(message).encode()
    by_header = product.ask("POST", "/webhook", raw, {"Authorization": trader.key.basic})
    assert by_header.json == by_url.json
    no_wait = product.post(message, trader.key, query="wait=0")
    assert no_wait.json == by_url.json
    assert books.all() == before


def test_a_dry_run_uses_up_no_request_id(product: Product, trader: Trader) -> None:
    message = dry(trader, requestId="once")
    tried = [product.post(message, trader.key) for _ in range(2)]
    assert "idempotent-replayed" not in tried[1].headers
    real = product.post(message | {"dryRun": None}, trader.key)
    assert real.json["d"]["orderId"]
    assert "idempotent-replayed" not in real.headers


def test_a_used_request_id_is_warned_of(product: Product, trader: Trader, books: Books) -> None:
    """Whatever the action: the real message would be taken as a repeat."""
    own = {"clientOrderId": "said before"}
    messages: list[Json] = [
        dry(trader, requestId="said-1", dryRun=..., **own),
        {"action": "modify", "accountName": trader.account, "price": "11000", "requestId": "said-2", **own},
        {"action": "cancel", "accountName": trader.account, "requestId": "said-3", **own},
    ]
    for message in messages:
        fresh = product.post(message | {"dryRun": True}, trader.key)
        assert (fresh.status, "warnings" in fresh.json) == (200, False), fresh.text
        assert product.post(message, trader.key).status == 200
        before = books.all()
        again = product.post(message | {"dryRun": True}, trader.key)
        assert "idempotent-replayed" not in again.headers
        if message["action"] == "modify":  # done already, and possible again
            assert again.status == 200
        assert [warning.partition(":")[0] for warning in again.json["warnings"]] == ["requestId"]
        assert "repeat" in again.json["warnings"][0]
        assert books.all() == before


def test_what_is_no_flag_is_refused_and_places_nothing(product: Product, trader: Trader, books: Books) -> None:
    before = books.all()
    for name, value in (("dryRun", "yes"), ("dryRun", 1), ("dry_run", True), ("dryrun", True)):
        answer = product.post(dry(trader, dryRun=...) | {name: value}, trader.key)
        assert (answer.status, answer.json["errors"][0]["field"]) == (400, name)
    assert books.all() == before


def test_the_log_marks_a_dry_run(product: Product, trader: Trader) -> None:
    answers: list[Answer] = [product.post(dry(trader), trader.key), product.post(dry(trader, qty=0), trader.key)]
    product.post(dry(trader, dryRun=...), trader.key)
    rows = product.read("/api/v1/requests?limit=3", trader.key)["d"]
    assert [row["dryRun"] for row in rows] == [False, True, True]
    for answer, row in zip(answers, reversed(rows[1:]), strict=True):
        assert row["id"] == answer.headers["x-request-id"]
        assert (row["http"], row["answer"]) == (answer.status, answer.json)
        asked = product.ask("GET", f"{trader.key.path}/requests/{row['id']}")
        assert (asked.status, asked.json) == (answer.status, answer.json)


def test_many_dry_runs_at_once_change_nothing(product: Product, trader: Trader, books: Books) -> None:
    before = books.all()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: product.post(dry(trader, **MARKET), trader.key), range(24)))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].status == 200
    assert books.all() == before
