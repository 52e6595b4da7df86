"""Saying a thing twice: one order, the first answer again, also when the process that took it died."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.instance import Answer, Product, Trader

MARKET: dict[str, Any] = {"action": "place", "symbol": "BTCUSDT", "type": "Market", "qty": "0.001", "side": "buy"}


@pytest.fixture(scope="module")
def trader(shared_product: Product) -> Trader:
    return shared_product.newcomer()


def order_of(answer: Answer) -> int:
    assert answer.status == 200, answer.text
    number = answer.json["d"]["orderId"]
    assert isinstance(number, int)
    return number


def orders(product: Product, trader: Trader) -> list[dict[str, Any]]:
    found = product.read(f"/api/v1/accounts/{trader.account}/orders?limit=500", trader.key)["d"]
    assert isinstance(found, list)
    return found


def with_header(product: Product, trader: Trader, body: dict[str, Any], key: str) -> Answer:
    return product.ask("POST", trader.key.path, json.dumps(body).encode(), {"Idempotency-Key": key})


def test_fifty_at_once_are_one_order(product: Product) -> None:
    trader = product.newcomer()
    body = MARKET | {"accountName": trader.account, "requestId": "once"}
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: product.post(body, trader.key), range(50)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["x-request-id"] for answer in answers}) == 50
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 49
    assert len(orders(product, trader)) == 1


def test_a_repeat_gets_the_first_answer_again(product: Product, trader: Trader) -> None:
    body = MARKET | {"accountName": trader.account, "requestId": "again", "note": "x"}
    first, second = product.post(body, trader.key), product.post(body, trader.key)
    assert (first.status, first.text) == (second.status, second.text)
    assert second.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers


def test_a_refusal_of_the_engine_is_kept_and_one_of_the_message_is_not(product: Product, trader: Trader) -> None:
    too_much = MARKET | {"accountName": trader.account, "requestId": "refused", "qty": "99"}
    first, second = product.post(too_much, trader.key), product.post(too_much, trader.key)
    assert (first.status, first.text) == (second.status, second.text) == (422, first.text)
    assert second.headers["idempotent-replayed"] == "true"
    wrong = MARKET | {"accountName": trader.account, "requestId": "corrected", "qty": "0.0015"}
    assert product.post(wrong, trader.key).status == 400
    order_of(product.post(wrong | {"qty": "0.002"}, trader.key))
    unknown = {"action": "cancel", "accountName": trader.account, "requestId": "later", "clientOrderId": "soon"}
    assert product.post(unknown, trader.key).status == 404
    resting = MARKET | {"accountName": trader.account, "clientOrderId": "soon", "type": "Limit", "price": "1"}
    order_of(product.post(resting, trader.key))
    assert product.post(unknown, trader.key).json["d"]["state"] == "cancelled"


def test_another_body_with_the_same_id(product: Product, trader: Trader) -> None:
    body = MARKET | {"accountName": trader.account, "requestId": "other body"}
    order_of(product.post(body, trader.key))
    for other in (body | {"qty": "0.002"}, {**dict(reversed(body.items()))}):
        answer = product.post(other, trader.key)
        assert (answer.status, answer.json["code"]) == (409, "request_id_reused")
        assert "requestId" in answer.json["errmsg"]


def test_the_header_and_the_body(product: Product, trader: Trader) -> None:
    body = MARKET | {"accountName": trader.account}
    first = with_header(product, trader, body, "in the header")
    assert order_of(with_header(product, trader, body, "in the header")) == order_of(first)
    assert first.json["d"]["requestId"] == "in the header"
    both = body | {"requestId": "both"}
    order_of(with_header(product, trader, both, "both"))
    assert with_header(product, trader, both, "neither").json["code"] == "request_id_differs"
    assert with_header(product, trader, body, "x" * 65).status == 400


def test_the_same_id_on_another_account_is_another_request(product: Product, trader: Trader) -> None:
    body = MARKET | {"requestId": "shared"}
    other = product.newcomer()
    first = product.post(body | {"accountName": trader.account}, trader.key)
    second = product.post(body | {"accountName": other.account}, other.key)
    assert order_of(first) != order_of(second)


def test_a_repeat_finds_its_order_though_the_world_has_changed(product: Product, trader: Trader) -> None:
    """What was in the future then lies in the past now; the first answer stands."""
    body = MARKET | {"accountName": trader.account, "requestId": "gtd", "type": "Limit", "price": "1"}
    body |= {"validity": "GTD", "expireDate": int((time.time() + 1.2) * 1000)}
    first = product.post(body, trader.key)
    time.sleep(1.5)
    assert order_of(product.post(body, trader.key)) == order_of(first)
    late = product.post(body | {"requestId": "gtd late"}, trader.key)
    assert late.json["code"] == "expire_date_past"


def test_equal_bodies_without_an_id_are_two_orders(product: Product, trader: Trader) -> None:
    body = MARKET | {"accountName": trader.account, "qty": "0.003"}
    assert order_of(product.post(body, trader.key)) != order_of(product.post(body, trader.key))


def test_a_key_that_drops_identical_bodies(product: Product, trader: Trader) -> None:
    limits = {"user": trader.username, "name": "window", "identicalWindowSeconds": 2}
    key = product.seed({"keys": [limits]})[f"{trader.username}/window"]
    body = MARKET | {"accountName": trader.account, "qty": "0.004"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: product.post(body, key), range(8)))
    assert len({order_of(answer) for answer in answers}) == 1
    dropped = [answer for answer in answers if "idempotent-replayed" in answer.headers]
    assert len(dropped) == 7
    assert all("not carried out again" in answer.json["warnings"][-1] for answer in dropped)
    assert order_of(product.post(body | {"qty": "0.005"}, key)) not in {order_of(answer) for answer in answers}
    time.sleep(2.2)
    assert order_of(product.post(body, key)) not in {order_of(answer) for answer in answers}


def test_a_request_whose_answer_was_never_sent(start_product: Callable[..., Product]) -> None:
    """The web process dies after the commit; the same body, sent again, is the same request, once."""
    product = start_product()
    trader = product.newcomer()
    body = MARKET | {"accountName": trader.account}
    order_of(product.post(body, trader.key))
    order_of(product.post(body, trader.key))  # both answered: two orders
    product.kill("worker")  # nobody decides, so the answer waits
    product.kill("pump")
    with ThreadPoolExecutor(1) as pool:
        unanswered = pool.submit(product.post, body, trader.key)
        time.sleep(0.5)
        product.kill("web")
        with pytest.raises(OSError, match=r".*"):
            unanswered.result()
    product.restart("web")
    again = product.post(body, trader.key)
    assert again.headers["idempotent-replayed"] == "true"
    for name in ("worker", "pump"):
        product.restart(name)
    fresh = product.post(body, trader.key)
    assert "idempotent-replayed" not in fresh.headers
    assert order_of(fresh) != order_of(again)
    assert order_of(again) < order_of(fresh)
    for _ in range(100):
        if len(orders(product, trader)) == 4:
            break
        time.sleep(0.1)
    assert len(orders(product, trader)) == 4
