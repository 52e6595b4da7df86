"""Every rule of the contract, with a message that keeps it and one that breaks it, over HTTP."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.instance import Product, Trader
from tests.webhooks.messages import PLACE, changed

Json = dict[str, Any]
HOUR = 3_600_000


def soon() -> int:
    return int(time.time() * 1000) + HOUR


STOP = {"type": "Stop", "price": ..., "stopPrice": "90000"}
STOP_LIMIT = {"type": "Stop limit", "stopPrice": "90000", "price": "90010"}
TRAILING = {"type": "Trailing stop", "price": ..., "trStopOffset": 100, "side": "sell"}
CARE = {"type": "Care", "price": ...}
AAPL = {"symbol": "AAPL", "price": "100", "qty": "1"}
OPTION = AAPL | {
    "symbolType": "OPTIONS",
    "contractMonth": "2030-12-20",
    "strikePrice": 250,
    "strikeType": "Call",
    "price": "1",
}
FUTURE = {"symbol": "ES", "symbolType": "FUTURES", "contractMonth": "2030-12-20", "price": "3000", "qty": "1"}

# What changes in a good Limit order: a change that keeps the rule, one that breaks it, the code, the field at fault.
PLACING: list[tuple[Json, Json, str, str]] = [
    ({}, {"action": ...}, "required", "action"),
    ({"action": "PLACE"}, {"action": "buy"}, "unknown_word", "action"),
    ({}, {"accountName": ...}, "required", "accountName"),
    ({"accountName": " {account} "}, {"accountName": "{account}-x"}, "account_unknown", "accountName"),
    ({}, {"accountName": 5}, "not_a_text", "accountName"),
    ({"symbol": "btcusdt"}, {"symbol": ...}, "required", "symbol"),
    ({"symbol": "BINANCE:BTCUSDT.P"}, {"symbol": "BTCUSDX"}, "symbol_unknown", "symbol"),
    (AAPL | {"symbolType": "equity cfd"}, AAPL, "symbol_ambiguous", "symbolType"),
    ({"symbolType": "crypto"}, {"symbolType": "COIN"}, "unknown_word", "symbolType"),
    (FUTURE, FUTURE | {"contractMonth": ...}, "required", "contractMonth"),
    (FUTURE | {"contractMonth": 20301220}, FUTURE | {"contractMonth": "Dec 2030"}, "contract_month", "contractMonth"),
    (FUTURE | {"contractMonth": "2031-03"}, FUTURE | {"contractMonth": "2029-01"}, "symbol_unknown", "contractMonth"),
    (OPTION, OPTION | {"strikePrice": ...}, "required", "strikePrice"),
    (OPTION | {"strikePrice": "250.0"}, OPTION | {"strikePrice": -1}, "not_positive", "strikePrice"),
    (OPTION | {"strikeType": "CALL"}, OPTION | {"strikeType": ...}, "required", "strikeType"),
    (
        {"symbol": "SPY", "isin": "US78462F1030", "qty": 1, "price": 100},
        {"symbol": "SPY", "isin": "US0378331005", "qty": 1, "price": 100},
        "isin_mismatch",
        "isin",
    ),
    ({"isin": ""}, {"isin": "US0378331006"}, "isin_invalid", "isin"),
    ({"type": "LIMIT"}, {"type": "OCO"}, "unknown_word", "type"),
    ({"type": "limit"}, {"type": ...}, "required", "type"),
    ({"price": "10000.01"}, {"price": ...}, "required", "price"),
    ({"price": 10000}, {"price": 0}, "not_positive", "price"),
    ({"price": "10000.01"}, {"price": "10000.001"}, "price_tick", "price"),
    (STOP, STOP | {"stopPrice": ...}, "required", "stopPrice"),
    (STOP_LIMIT, {"stopPrice": 1}, "not_for_type", "stopPrice"),
    (STOP_LIMIT | {"stopPrice": "90000.5"}, STOP_LIMIT | {"stopPrice": "90000.005"}, "price_tick", "stopPrice"),
    ({"qty": "0.002"}, {"qty": ...}, "required", "qty"),
    ({"qty": 0.002}, {"qty": "many"}, "not_a_number", "qty"),
    ({"qty": "1e-3"}, {"qty": "-0.001"}, "not_positive", "qty"),
    ({"qty": "0.001"}, {"qty": "0.0015"}, "qty_step", "qty"),
    ({"qty": "0.001"}, {"qty": "0.0001"}, "qty_minimum", "qty"),
    ({}, {"qty": 101}, "qty_maximum", "qty"),
    ({}, {"qty": "0.1000000000000000001"}, "too_many_digits", "qty"),
    ({}, {"qty": 1e30}, "out_of_range", "qty"),
    ({"qty": "{{size}}", "cashOrderQty": 100}, {"qty": "{{size}}"}, "placeholder", "qty"),
    ({"side": "BUY"}, {"side": ...}, "required", "side"),
    ({"side": "Buy"}, {"side": "up"}, "unknown_word", "side"),
    ({"qty": ..., "cashOrderQty": "100"}, {"qty": ..., "cashOrderQty": 0}, "not_positive", "cashOrderQty"),
    ({"validity": "day"}, {"validity": "forever"}, "unknown_word", "validity"),
    ({"validity": "FOK", "type": "Market"}, STOP | {"validity": "FOK"}, "validity_type", "validity"),
    ({"validity": "GTD", "expireDate": soon()}, {"validity": "GTD"}, "required", "expireDate"),
    ({"validity": "GTD", "expireDate": str(soon())}, {"expireDate": soon()}, "expire_date_unexpected", "expireDate"),
    ({}, {"validity": "GTD", "expireDate": 1_600_000_000_000}, "expire_date_past", "expireDate"),
    ({}, {"validity": "GTD", "expireDate": soon() + 0.5}, "not_an_integer", "expireDate"),
    ({"stopLoss": "9000"}, {"stopLoss": 0}, "not_positive", "stopLoss"),
    ({"stopLoss": 5, "stopLossType": "OFFSET_IN_%"}, {"stopLossType": "absolute"}, "guard_type_alone", "stopLossType"),
    (
        {"stopLoss": 50, "stopLossType": "tr offset"},
        {"stopLoss": 5.5, "stopLossType": "tr. offset"},
        "ticks_whole",
        "stopLoss",
    ),
    ({"stopLoss": "9000.01"}, {"stopLoss": "9000.001"}, "price_tick", "stopLoss"),
    ({"takeProfit": "11000"}, {"takeProfitType": "absolute"}, "guard_type_alone", "takeProfitType"),
    (
        {"takeProfit": 5, "takeProfitType": "offset in percent"},
        {"takeProfit": 5, "takeProfitType": "tr. offset"},
        "unknown_word",
        "takeProfitType",
    ),
    (TRAILING, TRAILING | {"trStopOffset": ...}, "required", "trStopOffset"),
    (TRAILING | {"trStopOffset": "100"}, TRAILING | {"trStopOffset": 1.5}, "ticks_whole", "trStopOffset"),
    (TRAILING, {"trStopOffset": 100}, "not_for_type", "trStopOffset"),
    (CARE | {"userComment": "x" * 255}, CARE | {"userComment": "x" * 256}, "too_long", "userComment"),
    ({"clientOrderId": "a" * 63}, {"clientOrderId": "a" * 65}, "too_long", "clientOrderId"),
    ({"requestId": "r" * 63}, {"requestId": "r" * 65}, "too_long", "requestId"),
    ({"requestId": "r-1"}, {"requestId": "r\u200b1"}, "unsafe_text", "requestId"),
    ({"strategyName": "x"}, {"stop_loss": 9000}, "misspelled_field", "stop_loss"),
]
IGNORED: list[tuple[Json, str]] = [
    ({"type": "Market", "price": "{{close}}"}, "price"),
    ({"userComment": "breakout"}, "userComment"),
    ({"qty": "abc", "cashOrderQty": "100"}, "qty"),
    ({"strategyName": "breakout"}, "strategyName"),
    ({"orderId": 5}, "orderId"),
    ({"contractMonth": "2030-12", "symbolType": "CRYPTO"}, "contractMonth"),
    ({"contractMonth": "soon"}, "contractMonth"),
    ({"strikePrice": "{{strike}}"}, "strikePrice"),
    ({"strikeType": "x"}, "strikeType"),
]
ABSENT = ("stopPrice", "trStopOffset", "expireDate", "stopLossType", "takeProfitType", "stopLoss", "clientOrderId")


@pytest.fixture(scope="module")
def trader(shared_product: Product) -> Trader:
    return shared_product.newcomer(deposit="10000000")


def of(trader: Trader, changes: Json) -> Json:
    """The good order with these changes, for the trader's account."""
    named = {
        name: value.replace("{account}", trader.account) if isinstance(value, str) else value
        for name, value in changes.items()
    }
    return changed(PLACE | {"accountName": trader.account}, **named)


@pytest.mark.parametrize(("keeps", "breaks", "code", "field"), PLACING)
def test_a_rule_of_placing(product: Product, trader: Trader, keeps: Json, breaks: Json, code: str, field: str) -> None:
    kept = product.post(of(trader, keeps), trader.key)
    assert kept.status == 200, kept.text
    broken = product.post(of(trader, breaks), trader.key)
    assert broken.status in (400, 404), broken.text
    assert (code, field) in [(error["code"], error["field"]) for error in broken.json["errors"]], broken.text
    assert broken.json["s"] == broken.json["status"] == "error"
    assert broken.json["errmsg"].isprintable()


@pytest.mark.parametrize(("changes", "name"), IGNORED)
def test_what_is_ignored_is_told_of(product: Product, trader: Trader, changes: Json, name: str) -> None:
    answer = product.post(of(trader, changes), trader.key)
    assert answer.status == 200, answer.text
    assert any(warning.startswith(f"{name}:") for warning in answer.json["warnings"]), answer.text


@pytest.mark.parametrize("name", ABSENT)
@pytest.mark.parametrize("value", [None, "", " "])
def test_null_and_empty_count_as_absent(product: Product, trader: Trader, name: str, value: object) -> None:
    answer = product.post(of(trader, {name: value}), trader.key)
    assert answer.status == 200, answer.text
    assert "warnings" not in answer.json


def test_every_fault_is_told_at_once(product: Product, trader: Trader) -> None:
    bad = {"type": "Fast", "qty": "many", "side": "up", "validity": "forever", "symbol": ..., "stoploss": 1}
    answer = product.post(of(trader, bad), trader.key)
    fields = [error["field"] for error in answer.json["errors"]]
    assert {"type", "qty", "side", "validity", "symbol", "stoploss"} <= set(fields)
    assert answer.json["errmsg"].endswith(f"and {len(fields) - 3} more")


def modification(product: Product, trader: Trader, **changes: Any) -> Any:
    """A modification of a fresh Limit order."""
    placed = product.post(of(trader, {}), trader.key)
    modify = {"action": "modify", "accountName": trader.account, "orderId": placed.json["d"]["orderId"]}
    return product.post(changed(modify, **changes), trader.key)


MODIFYING: list[tuple[Json, Json, str, str]] = [
    ({"price": "10001"}, {}, "nothing_to_change", ""),
    ({"price": "10001"}, {"price": None}, "nothing_to_change", ""),
    ({"qty": "0.002"}, {"qty": "0.0025"}, "qty_step", "qty"),
    ({"price": "10001"}, {"price": "10001.001"}, "price_tick", "price"),
    ({"price": "10001"}, {"stopPrice": "9000"}, "not_for_type", "stopPrice"),
    ({"validity": "DAY"}, {"validity": "GTD"}, "expire_date_required", "expireDate"),
    (
        {"validity": "GTD", "expireDate": soon()},
        {"validity": "DAY", "expireDate": soon()},
        "expire_date_unexpected",
        "expireDate",
    ),
    ({"stopLoss": "9000"}, {"stopLossType": "absolute"}, "guard_type_alone", "stopLossType"),
    ({"takeProfit": "11000"}, {"takeProfitType": "absolute"}, "guard_type_alone", "takeProfitType"),
    ({"stopLoss": None}, {"stopLoss": ""}, "nothing_to_change", ""),
    ({"price": "10001", "side": "buy"}, {"price": "10001", "side": "sell"}, "order_differs", "side"),
    ({"price": "10001", "type": "Limit"}, {"price": "10001", "type": "Stop"}, "order_differs", "type"),
    ({"price": "10001", "symbol": "BTCUSDT"}, {"price": "10001", "symbol": "EUR/USD"}, "order_differs", "symbol"),
    ({"price": "10001"}, {"orderId": ..., "price": "10001"}, "required", "orderId"),
    ({"price": "10001"}, {"orderId": "x", "price": "10001"}, "not_a_number", "orderId"),
    ({"price": "10001"}, {"orderId": 9_000_000_000_000, "price": "10001"}, "order_unknown", "orderId"),
]


@pytest.mark.parametrize(("keeps", "breaks", "code", "field"), MODIFYING)
def test_a_rule_of_modifying(
    product: Product, trader: Trader, keeps: Json, breaks: Json, code: str, field: str
) -> None:
    kept = modification(product, trader, **keeps)
    assert kept.status == 200, kept.text
    broken = modification(product, trader, **breaks)
    assert broken.status in (400, 404), broken.text
    assert (code, field) in [(error["code"], error["field"]) for error in broken.json["errors"]], broken.text


def test_the_rules_of_cancelling(product: Product, trader: Trader) -> None:
    placed = product.post(of(trader, {"clientOrderId": "to-go"}), trader.key).json["d"]["orderId"]
    cancel = {"action": "cancel", "accountName": trader.account}
    nameless = product.post(cancel, trader.key)
    assert (nameless.status, nameless.json["errors"][0]["field"]) == (400, "orderId")
    assert product.post(cancel | {"orderId": 9_000_000_000_000}, trader.key).json["code"] == "order_unknown"
    gone = product.post(cancel | {"clientOrderId": "to-go", "symbol": "BTCUSDT"}, trader.key)
    assert gone.json["d"] | {"state": "cancelled", "orderId": placed} == gone.json["d"]
    assert gone.json["warnings"] == ["symbol: ignored, cancel does not take it"]
    again = product.post(cancel | {"orderId": str(placed)}, trader.key)
    assert (again.status, again.json["code"]) == (409, "order_final")
    assert "cancelled" in again.json["errmsg"]
