"""Check: any text in, plain words out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.instance import Answer, Product, Trader
from tests.webhooks.messages import PLACE, changed

Json = dict[str, Any]


@pytest.fixture(scope="module")
def trader(shared_product: Product) -> Trader:
    return shared_product.newcomer()


def ask(product: Product, trader: Trader, text: str | bytes, **headers: str) -> Answer:
    raw = text if isinstance(text, bytes) else text.encode()
    named = {"Authorization": trader.key.basic, "Content-Type": "text/plain"} | headers
    return product.ask("POST", "/api/v1/check", raw, named)


def report(product: Product, trader: Trader, text: str | bytes) -> Json:
    answer = ask(product, trader, text)
    assert answer.status == 200, answer.text
    return answer.json["d"]


def of(trader: Trader, **changes: Any) -> str:
    return json.dumps(changed(PLACE | {"accountName": trader.account}, **changes))


SAYINGS: list[tuple[Json, str]] = [
    ({}, "Buys 0.001 lots of BTCUSDT at 10000 or better for account {}; works until it is cancelled."),
    (
        {"type": "Market", "price": ..., "validity": ..., "side": "SELL", "stopLoss": 5, "stopLossType": "offset in %"},
        "Sells 0.001 lots of BTCUSDT at the market for account {}; what the market has no size for waits until the"
        " end of the trading day; stop loss 5 % away.",
    ),
    (
        {"qty": ..., "cashOrderQty": 500, "validity": "FOK"},
        "Buys lots worth 500 in the account's currency of BTCUSDT at 10000 or better for account {}; is filled whole"
        " at once, or refused.",
    ),
    (
        {"type": "Stop limit", "stopPrice": 90000, "validity": "GTD", "expireDate": 4102444800000},
        "Buys 0.001 lots of BTCUSDT at 10000 or better once the price reaches 90000 for account {}; works until"
        " 2100-01-01 00:00:00 UTC.",
    ),
    (
        {"type": "Trailing stop", "price": ..., "trStopOffset": 100, "side": "sell", "clientOrderId": "mine"},
        "Sells 0.001 lots of BTCUSDT at the market once the price turns by 100 ticks for account {}; works until it is"
        ' cancelled; is named "mine".',
    ),
    (
        {"dryRun": True, "takeProfit": 11000},
        "Tests only, and does nothing: buys 0.001 lots of BTCUSDT at 10000 or better for account {}; works until it is"
        " cancelled; take profit at 11000.",
    ),
    (
        {"action": "modify", "orderId": 7, "price": 9000, "stopLoss": None},
        "Changes order 7 of account {}: price 9000, quantity 0.001, validity GTC, no stop loss any more.",
    ),
    ({"action": "cancel", "clientOrderId": "mine"}, 'Cancels order "mine" of account {}.'),
]


@pytest.mark.parametrize(("changes", "says"), SAYINGS)
def test_what_a_good_message_would_do(product: Product, trader: Trader, changes: Json, says: str) -> None:
    found = report(product, trader, of(trader, **changes))
    assert (found["ok"], found["errors"]) == (True, [])
    assert found["says"] == says.format(trader.account)


FAULTS: list[tuple[Json, str, str, str]] = [
    ({"qty": "0.0015"}, "qty_step", "qty", "multiple of 0.001"),
    ({"side": "long"}, "unknown_word", "side", "did you mean buy?"),
    ({"action": "buy"}, "unknown_word", "action", "did you mean action place with side buy?"),
    ({"stop_loss": 5}, "misspelled_field", "stop_loss", "did you mean stopLoss?"),
    ({"symbol": "BTCUSDTT"}, "symbol_unknown", "symbol", "BTCUSDT"),
    ({"price": "{{close}}"}, "placeholder", "price", "was not replaced"),
    ({"validity": "GTD", "expireDate": 1700000000}, "expire_date_past", "expireDate", "seconds"),
    ({"accountName": "NOBODY"}, "account_unknown", "accountName", "NOBODY"),
    ({"price": ...}, "required", "price", "is required"),
]


@pytest.mark.parametrize(("changes", "code", "field", "words"), FAULTS)
def test_which_field_is_wrong_and_what_would_be_right(
    product: Product, trader: Trader, changes: Json, code: str, field: str, words: str
) -> None:
    text = json.dumps(json.loads(of(trader, **changes)), indent=1)
    found = report(product, trader, text)
    error = found["errors"][0]
    assert (found["ok"], error["code"], error["field"]) == (False, code, field)
    assert words in error["message"]
    assert error["rule"]
    if f'"{field}"' in text:
        line = text.splitlines()[error["line"] - 1]
        assert line[error["column"] - 1 :].startswith(f'"{field}"')
        assert error["excerpt"] == line


BROKEN: list[tuple[str, int, int, str]] = [
    ('{"action": "place",\n "qty": 1,\n}', 3, 1, "a comma before the closing brace"),
    ("{“action”: “place”}", 1, 2, "typographic quotes"),
    ("{'action': 'place'}", 1, 2, "single quotes"),
    ('{"action": "place",\n "qty": {{contracts}}}', 2, 9, "{{contracts}} was not replaced"),
    ('{"action": "place",\n "qty": NaN}', 2, 9, "NaN is no number"),
    ('Buy now: {"action": "place"}', 1, 1, "text before the JSON"),
    ('{"action": "place"} thanks', 1, 20, "text after the JSON"),
    ('{"action": "place"', 1, 19, "ends too early"),
    ("buy 1 BTC", 1, 1, "must be a JSON object in braces"),
]


@pytest.mark.parametrize(("text", "line", "column", "cause"), BROKEN)
def test_broken_json_has_a_place_and_a_cause(
    product: Product, trader: Trader, text: str, line: int, column: int, cause: str
) -> None:
    error = report(product, trader, text)["errors"][0]
    assert (error["code"], error["line"]) == ("not_json", line), error
    assert abs(error["column"] - column) <= 1, error
    assert cause in error["message"]


@pytest.mark.parametrize(
    "text", ["", " ", "[]", "5", "null", '"x"', b"\xff\xfe", "{}", '{"a":1,"a":2}', "[" * 9000, b"\0"]
)
def test_any_text_gets_words(product: Product, trader: Trader, text: str | bytes) -> None:
    found = report(product, trader, text)
    assert not found["ok"]
    assert found["errors"][0]["message"]


def test_a_message_for_somebody_elses_account_is_for_no_account(product: Product, trader: Trader) -> None:
    stranger = report(product, trader, of(trader, accountName="DEMO-1"))["errors"]
    nobody = report(product, trader, of(trader, accountName="NOSUCH"))["errors"]
    assert [error["code"] for error in stranger] == [error["code"] for error in nobody] == ["account_unknown"]


def test_only_whoever_has_a_key_or_a_session_may_ask(product: Product, trader: Trader) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": f"Basic {'x' * 20}"}):
        answer = ask(product, trader, of(trader), **headers)
        assert (answer.status, answer.json["code"]) == (401, "invalid_key")


def test_too_long_a_text_is_not_read(product: Product, trader: Trader) -> None:
    answer = ask(product, trader, " " * 16_385)
    assert (answer.status, answer.json["code"]) == (413, "body_too_large")


def test_no_secret_comes_back(product: Product, trader: Trader) -> None:
    text = json.dumps({"action": trader.key.secret, "accountName": trader.key.path, "x": trader.key.secret})
    for broken in (text, text[:-1]):
        assert trader.key.secret not in ask(product, trader, broken).text
