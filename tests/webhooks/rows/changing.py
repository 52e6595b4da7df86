"""What the fields of a modification and a cancelling mean together, and to their order."""

from __future__ import annotations

from tests.webhooks.rows import GTD, MARKET, PLACE, SOON, STOP, TRAILING, Json, Row

FILLED: Json = MARKET | {"qty": "0.001", "stopLoss": "60000"}
PARTLY: Json = {"symbol": "SPY", "price": "590.02", "qty": "150"}
GUARDED: Json = {"stopLoss": "9000"}
CROSSED: Json = {"symbol": "ZQTURN", "type": "Stop limit", "stopPrice": "110", "price": "90", "qty": "1"}
TURNED: tuple[Json, ...] = (
    {"symbol": "ZQTURN", "bid": "110", "ask": "110"},
    {"symbol": "ZQTURN", "bid": "100", "ask": "100"},
)
POOR: Json = {"accountName": "{POOR}"}
NEW: Json = {"price": "10001"}
NAMED: Json = {"clientOrderId": "name {unique}"}


def modifying(code: str, field: str, keeps: Json, breaks: Json, *first: Json, quotes: tuple[Json, ...] = ()) -> Row:
    return Row(code, field, keeps, breaks, "modify", first or ({},), quotes=quotes)


ROWS = [
    modifying("nothing_to_change", "", NEW, {}),
    modifying("nothing_to_change", "", NEW, {"price": None}),
    modifying("nothing_to_change", "", {"stopLoss": None}, {"stopLoss": ""}, GUARDED),
    modifying("nothing_to_change", "", {"takeProfit": None}, {"takeProfit": " "}, {"takeProfit": "11000"}),
    modifying("qty_step", "qty", {"qty": "0.002"}, {"qty": "0.0025"}),
    modifying("qty_minimum", "qty", {"qty": "0.002"}, {"qty": "0.0001"}),
    modifying("qty_maximum", "qty", {"qty": "0.002"}, {"qty": 101}),
    modifying("price_tick", "price", NEW, {"price": "10001.001"}),
    modifying("price_tick", "stopPrice", {"stopPrice": "91000"}, {"stopPrice": "91000.001"}, STOP),
    modifying("not_for_type", "stopPrice", NEW, {"stopPrice": "9000"}),
    modifying("not_for_type", "price", {"trStopOffset": 50}, NEW, TRAILING),
    modifying("not_for_type", "trStopOffset", {"stopPrice": "91000"}, {"trStopOffset": 50}, STOP),
    modifying("not_for_type", "userComment", NEW, {"userComment": "slowly"}),
    modifying("validity_type", "validity", {"validity": "DAY"}, {"validity": "IOC"}, STOP),
    modifying("expire_date_required", "expireDate", GTD, {"validity": "GTD"}),
    modifying("expire_date_unexpected", "expireDate", GTD, {"validity": "DAY", "expireDate": SOON}),
    modifying("expire_date_unexpected", "expireDate", NEW, {"expireDate": SOON}),
    modifying("expire_date_past", "expireDate", {"expireDate": SOON}, {"expireDate": 1_600_000_000_000}, GTD),
    modifying("guard_type_alone", "stopLossType", GUARDED, {"stopLossType": "absolute"}),
    modifying("guard_type_alone", "stopLossType", {"stopLoss": "9001"}, {"stopLossType": "tr. offset"}, GUARDED),
    modifying("guard_type_alone", "takeProfitType", {"takeProfit": "11000"}, {"takeProfitType": "absolute"}),
    modifying("order_differs", "side", NEW | {"side": "BUY"}, NEW | {"side": "sell"}),
    modifying("order_differs", "type", NEW | {"type": "limit"}, NEW | {"type": "Stop"}),
    modifying("order_differs", "symbol", NEW | {"symbol": "BTCUSDT"}, NEW | {"symbol": "EUR/USD"}),
    modifying("order_differs", "symbol", NEW | {"symbol": "btcusdt"}, NEW | {"symbol": "NOSUCH"}),
    modifying("required", "orderId", NEW | NAMED | {"orderId": ...}, NEW | {"orderId": ...}, NAMED),
    modifying("order_unknown", "orderId", NEW, NEW | {"orderId": 9_000_000_000_000}),
    modifying("order_unknown", "clientOrderId", NEW, NEW | {"orderId": ..., "clientOrderId": "never {unique}"}),
    modifying(
        "order_ids_disagree",
        "clientOrderId",
        NEW | NAMED,
        NEW | {"clientOrderId": "two {unique}"},
        NAMED,
        {"clientOrderId": "two {unique}"},
    ),
    modifying("stop_loss_side", "stopLoss", GUARDED, {"stopLoss": "10001"}),
    modifying("take_profit_side", "takeProfit", {"takeProfit": "10001"}, {"takeProfit": "9999"}),
    modifying("stop_through", "stopPrice", {"stopPrice": "91000"}, {"stopPrice": "60000"}, STOP),
    modifying("qty_below_filled", "qty", {"qty": "120"}, {"qty": "99"}, PARTLY),
    modifying(
        "leg_qty",
        "qty",
        {"orderId": "{stopLoss}", "stopPrice": "8999"},
        {"orderId": "{stopLoss}", "qty": "0.002"},
        GUARDED,
    ),
    modifying(
        "guard_is_order", "stopLoss", {"orderId": "{stopLoss}", "stopPrice": "59000"}, {"stopLoss": "59000"}, FILLED
    ),
    modifying("triggered", "stopPrice", {"price": "91"}, {"stopPrice": "120"}, CROSSED, quotes=TURNED),
    modifying("margin", "", POOR | {"qty": "0.002"}, POOR | {"qty": "0.02"}, POOR),
    modifying("order_final", "orderId", NEW, NEW | {"orderId": "{second}"}, {}, MARKET),
    Row("required", "orderId", {}, {"orderId": ...}, "cancel", ({},)),
    Row("required", "orderId", NAMED | {"orderId": ...}, {"orderId": ...}, "cancel", (NAMED,)),
    Row("order_unknown", "orderId", {}, {"orderId": 9_000_000_000_000}, "cancel", ({},)),
    Row("order_final", "orderId", {}, {"orderId": "{second}"}, "cancel", ({}, MARKET)),
    Row(
        "order_ids_disagree",
        "clientOrderId",
        NAMED,
        {"clientOrderId": "two {unique}"},
        "cancel",
        (NAMED, {"clientOrderId": "two {unique}"}),
    ),
    Row("order_unknown", "orderId", {"accountName": "{account}"}, {"accountName": "{SECOND}"}, "cancel", ({},)),
]
IGNORED = {
    "modify": [({"price": "10001", "cashOrderQty": "x"}, "cashOrderQty"), ({"price": "10001", "side": "buy"}, "side")],
    "cancel": [(dict(PLACE) | {"action": "cancel", "dryRun": True}, "symbol"), ({"note": 1, "dryRun": True}, "note")],
}
