"""The answer: both spellings, the outcome or `pending`, its id, and what became of the request later."""

from __future__ import annotations

import re
import time
from uuid import UUID

import pytest

from tests.instance import Answer, Product, Trader
from tests.webhooks.messages import PLACE

MARKET = {"action": "place", "symbol": "BTCUSDT", "type": "Market", "qty": "0.001", "side": "buy"}


@pytest.fixture(scope="module")
def trader(shared_product: Product) -> Trader:
    return shared_product.newcomer()


def inquiry(product: Product, trader: Trader, answer: Answer) -> Answer:
    return product.ask("GET", f"{trader.key.path}/requests/{answer.headers['x-request-id']}")


def test_an_executed_order(product: Product, trader: Trader) -> None:
    answer = product.post(MARKET | {"accountName": trader.account, "requestId": "r1"}, trader.key)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["s"] == answer.json["status"] == "ok"
    d = answer.json["d"]
    assert isinstance(d["orderId"], int)
    assert (d["state"], d["requestId"], d["filledQty"], d["avgPrice"]) == ("filled", "r1", "0.001", "64250.5")
    assert UUID(answer.headers["x-request-id"])
    assert "set-cookie" not in answer.headers


def test_a_refused_order_names_its_number_and_reason(product: Product, trader: Trader) -> None:
    answer = product.post(MARKET | {"accountName": trader.account, "qty": "100"}, trader.key)
    assert (answer.status, answer.json["code"]) == (422, "margin")
    assert answer.json["d"]["state"] == "rejected"
    assert isinstance(answer.json["d"]["orderId"], int)


def test_without_waiting(product: Product, trader: Trader) -> None:
    answer = product.post(MARKET | {"accountName": trader.account, "clientOrderId": "mine"}, trader.key, "wait=0")
    assert answer.json["d"] == {
        "orderId": answer.json["d"]["orderId"],
        "state": "pending",
        "clientOrderId": "mine",
    }
    for _ in range(100):
        later = inquiry(product, trader, answer)
        if later.json["d"]["state"] != "pending":
            break
        time.sleep(0.05)
    assert later.json["d"]["state"] == "filled"
    assert later.json["d"]["orderId"] == answer.json["d"]["orderId"]
    assert later.headers["x-request-id"] == answer.headers["x-request-id"]


def test_what_became_of_a_refused_request(product: Product, trader: Trader) -> None:
    answer = product.post(PLACE | {"accountName": trader.account, "qty": "x"}, trader.key)
    later = inquiry(product, trader, answer)
    assert (later.status, later.text) == (answer.status, answer.text)


def test_another_users_request_is_no_request(product: Product, trader: Trader) -> None:
    answer = product.post(MARKET | {"accountName": trader.account}, trader.key)
    number = answer.headers["x-request-id"]
    for path in (f"{product.key('bob').path}/requests/{number}", f"{trader.key.path}/requests/{UUID(int=5)}"):
        strange = product.ask("GET", path)
        assert (strange.status, strange.json["code"]) == (404, "not_found")


def test_slash_and_headers(product: Product, trader: Trader) -> None:
    """The address with a final slash, and the key pair in headers instead of the path."""
    body = b'{"action": "cancel", "accountName": "%s", "orderId": 1}' % trader.account.encode()
    bearer = {"X-Api-Key": trader.key.api, "Authorization": f"Bearer {trader.key.secret}"}
    basic = {"Authorization": trader.key.basic}
    for path, headers in (
        (f"{trader.key.path}/", {}),
        ("/webhook", bearer),
        ("/webhook/", bearer),
        ("/webhook", basic),
    ):
        answer = product.ask("POST", path, body, headers)
        assert (answer.status, answer.json["code"]) == (404, "order_unknown")
    number = answer.headers["x-request-id"]
    assert product.ask("GET", f"/webhook/requests/{number}", headers=basic).json["code"] == "order_unknown"
    assert product.ask("POST", "/webhook", body, basic | {"Authorization": "Basic !"}).status == 401


def test_the_delivery_log_reads_like_the_answers(product: Product, trader: Trader) -> None:
    good = product.post(MARKET | {"accountName": trader.account}, trader.key)
    bad = product.post({"action": trader.key.secret}, trader.key)
    rows = {row["id"]: row for row in product.read("/api/v1/requests", trader.key)["d"]}
    kept, refused = rows[good.headers["x-request-id"]], rows[bad.headers["x-request-id"]]
    assert (kept["http"], kept["state"], kept["orderId"]) == (200, "filled", good.json["d"]["orderId"])
    assert kept["answer"] == good.json
    assert (kept["key"], kept["action"], kept["accountName"]) == ("first", "place", trader.account)
    assert kept["source"] == "127.0.0.1"
    assert re.fullmatch(r"Buy 0.001 BTCUSDT Market", kept["summary"])
    assert (refused["http"], refused["code"]) == (400, bad.json["code"])
    assert trader.key.secret not in str(rows)
    one = product.read(f"/api/v1/requests/{kept['id']}", trader.key)["d"]
    assert one["answer"] == good.json
    others = product.ask("GET", f"/api/v1/requests/{kept['id']}", headers={"Authorization": product.key("bob").basic})
    assert others.status == 404


def test_the_delivery_log_page_by_page(product: Product, trader: Trader) -> None:
    for _ in range(5):
        product.post("{}", trader.key)
    path, found = "/api/v1/requests?limit=2", []
    page = product.read(path, trader.key)
    while page["next"]:
        found += page["d"]
        page = product.read(f"{path}&cursor={page['next']}", trader.key)
    found += page["d"]
    whole = product.read("/api/v1/requests?limit=200", trader.key)["d"]
    assert [row["id"] for row in found] == [row["id"] for row in whole]
    assert product.ask("GET", "/api/v1/requests?cursor=x", headers={"Authorization": trader.key.basic}).status == 400
