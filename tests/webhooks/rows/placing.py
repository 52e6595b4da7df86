"""What the fields of a placing mean together, with its instrument and with what is open already."""

from __future__ import annotations

from tests.webhooks.rows import FUTURE, GTD, MARKET, OPTION, SHARE, SOON, STOP, STOP_LIMIT, STOP_LOSS, TRAILING, Row

SPY = {"symbol": "SPY", "qty": 1, "price": 100}

ROWS = [
    Row("required", "qty", {"qty": ..., "cashOrderQty": 100}, {"qty": ...}),
    Row("account_unknown", "accountName", {}, {"accountName": "{account}-x"}),
    Row("account_unknown", "accountName", {}, {"accountName": "{lower}"}, id="a name's case counts"),
    Row("account_unknown", "accountName", {}, {"accountName": "MALLORY-1"}, id="another user's account"),
    Row("misspelled_field", "stop_loss", {"strategyName": "x"}, {"stop_loss": 9000}),
    Row("misspelled_field", "STOPLOSS", {}, {"STOPLOSS": None}, id="a near miss that is null"),
    # The instrument.
    Row("symbol_unknown", "symbol", {"symbol": "BINANCE:BTCUSDT.P"}, {"symbol": "BTCUSDX"}),
    Row("symbol_unknown", "symbol", {"symbol": "XBTUSD"}, {"symbol": "MNQ1!"}, id="an alias, a continuous contract"),
    Row("symbol_unknown", "symbol", {"symbol": "BTC/USDT"}, {"symbol": "BTC USDT X"}, id="with a slash"),
    Row("symbol_unknown", "symbolType", {"symbolType": "CRYPTO"}, {"symbolType": "FOREX"}),
    Row("symbol_ambiguous", "symbolType", SHARE | {"symbolType": "equity cfd"}, SHARE | {"symbolType": ...}),
    Row(
        "symbol_unknown", "contractMonth", FUTURE | {"contractMonth": "2031-03"}, FUTURE | {"contractMonth": "2029-01"}
    ),
    Row(
        "symbol_unknown",
        "contractMonth",
        FUTURE | {"contractMonth": 20301220},
        FUTURE | {"contractMonth": "2030-12-21"},
    ),
    Row("symbol_unknown", "strikePrice", OPTION | {"strikePrice": "250.0"}, OPTION | {"strikePrice": 300}),
    Row("isin_mismatch", "isin", SPY | {"isin": "US78462F1030"}, SPY | {"isin": "US0378331005"}),
    # The instrument's terms.
    Row("price_tick", "price", {"price": "10000.01"}, {"price": "10000.001"}),
    Row("price_tick", "stopPrice", STOP_LIMIT | {"stopPrice": "90000.5"}, STOP_LIMIT | {"stopPrice": "90000.005"}),
    Row("price_tick", "stopLoss", STOP_LOSS, {"stopLoss": "9000.001"}),
    Row("price_tick", "takeProfit", {"takeProfit": "11000.01"}, {"takeProfit": "11000.001"}),
    Row("qty_step", "qty", {"qty": "1e-3"}, {"qty": "0.0015"}),
    Row("qty_minimum", "qty", {"qty": "0.001"}, {"qty": "0.0001"}),
    Row("qty_maximum", "qty", {"qty": 100}, {"qty": 101}),
    # What goes with what.
    Row("expire_date_past", "expireDate", GTD, {"validity": "GTD", "expireDate": 1_600_000_000_000}),
    Row("expire_date_past", "expireDate", GTD, {"validity": "GTD", "expireDate": SOON // 1000}, id="seconds"),
    Row("expire_date_unexpected", "expireDate", GTD, {"validity": ..., "expireDate": SOON}),
    Row("guard_type_alone", "stopLossType", STOP_LOSS, {"stopLossType": "absolute"}),
    Row("guard_type_alone", "takeProfitType", {"takeProfit": 11000}, {"takeProfitType": "absolute"}),
    Row(
        "ticks_whole",
        "stopLoss",
        {"stopLoss": 50, "stopLossType": "tr offset"},
        {"stopLoss": 5.5, "stopLossType": "tr. offset"},
    ),
    Row(
        "ticks_whole",
        "takeProfit",
        {"takeProfit": 50, "takeProfitType": "OFFSET_IN_TICKS"},
        {"takeProfit": 5.5, "takeProfitType": "offset in ticks"},
    ),
    Row(
        "out_of_range",
        "stopLoss",
        {"stopLoss": "99.9", "stopLossType": "offset in percent", "side": "sell", "price": "90000"},
        {"stopLoss": 100, "stopLossType": "offset in %"},
    ),
    Row("not_for_type", "trStopOffset", TRAILING, STOP | {"trStopOffset": 100}),
    # What is open, and what was said before.
    Row(
        "client_order_id_taken",
        "clientOrderId",
        {"clientOrderId": "other {unique}"},
        {"clientOrderId": "same {unique}"},
        first=({"clientOrderId": "same {unique}"},),
    ),
    Row(
        "request_id_reused",
        "requestId",
        {"requestId": "same {unique}"},
        {"requestId": "same {unique}", "qty": "0.002"},
        first=({"requestId": "same {unique}"},),
    ),
    # The account, the market and the clock.
    Row("margin", "", {"qty": "1"}, {"qty": "100", "accountName": "{POOR}"}),
    Row("stop_through", "stopPrice", STOP, STOP | {"stopPrice": "60000"}),
    Row("fok", "", MARKET | {"validity": "FOK"}, {"validity": "FOK"}),
    Row("stop_loss_side", "stopLoss", STOP_LOSS, {"stopLoss": "10001"}),
    Row("take_profit_side", "takeProfit", {"takeProfit": "11000"}, {"takeProfit": "9999"}),
    Row("short_not_allowed", "side", SHARE, SHARE | {"side": "sell"}),
    Row(
        "cash_too_small",
        "cashOrderQty",
        {"qty": ..., "cashOrderQty": "100"},
        {"qty": ..., "cashOrderQty": "1"},
    ),
    Row("price_limits", "price", {"symbol": "ZQBAND", "price": "95"}, {"symbol": "ZQBAND", "price": "89"}),
    Row("price_limits", "price", {"symbol": "ZQBAND", "price": "110"}, {"symbol": "ZQBAND", "price": "111"}),
    Row("instrument_closed", "symbol", {"symbol": "ZQBAND", "price": "95"}, {"symbol": "ZQSHUT", "price": "95"}),
    Row("contract_expired", "symbol", {"symbol": "ZQBAND", "price": "95"}, {"symbol": "ZQPAST", "price": "95"}),
    Row("out_of_session", "", {"symbol": "ZQNIGHT"}, {"symbol": "ZQNIGHT"} | MARKET),
    Row("out_of_session", "", {"symbol": "ZQNIGHT"}, {"symbol": "ZQNIGHT", "validity": "IOC"}),
    Row("no_quote", "", {"symbol": "ZQMUTE"}, {"symbol": "ZQMUTE"} | MARKET),
    Row("quote_age", "", {"symbol": "ZQOLD"}, {"symbol": "ZQOLD"} | MARKET),
    Row("no_rate", "", {"symbol": "UK100", "price": "8000", "qty": 1}, {"symbol": "ZQFRANC", "price": "95", "qty": 1}),
    Row("halted", "", {}, {"accountName": "{HALTED}"}),
    # The account's risk rules.
    Row("max_order_amount", "qty", {"accountName": "{AMOUNT}"}, {"accountName": "{AMOUNT}", "qty": "0.002"}),
    Row("max_order_capital", "qty", {"accountName": "{CAPITAL}"}, {"accountName": "{CAPITAL}", "qty": "0.002"}),
    Row(
        "total_max_position_qty",
        "qty",
        {"accountName": "{TOTAL}", "validity": "IOC"},
        {"accountName": "{TOTAL}", "qty": 1},
    ),
    Row("max_orders_count", "", {"accountName": "{COUNT}"}, {"accountName": "{COUNT}"}),
    Row("max_pending_orders_number", "", {"accountName": "{PENDING}"}, {"accountName": "{PENDING}"}),
    Row(
        "max_positions_number",
        "",
        {"accountName": "{POSITIONS}"} | MARKET,
        {"accountName": "{POSITIONS}", "symbol": "EUR/USD", "qty": "0.01"} | MARKET,
    ),
    Row("daily_loss_limit", "", {"accountName": "{LOSS}", "qty": "1"} | MARKET, {"accountName": "{LOSS}"}),
    Row("max_drawdown_level", "", {}, {"accountName": "{DRAWN}"}),
    # What the key may do.
    Row("not_subscribed", "", broken_by="unsubscribed"),
    Row("key_paused", "", broken_by="paused"),
    Row("address_not_allowed", "", kept_by="here", broken_by="elsewhere"),
    Row("address_not_allowed", "", kept_by="here", broken_by="tradingview"),
    Row("action_not_allowed", "action", kept_by="place only", broken_by="cancel only"),
    Row("account_not_allowed", "accountName", {"accountName": "{SECOND}"}, kept_by="second", broken_by="second"),
    Row("account_suspended", "accountName", {}, {"accountName": "{SUSPENDED}"}),
    Row("account_suspended", "accountName", {}, {"accountName": "{CLOSED}"}),
    Row("rate_limited", "", kept_by="once a minute", broken_by="once a minute"),
    Row("invalid_key", "", broken_by="unknown"),
    Row("invalid_key", "", broken_by="wrong"),
    Row("invalid_key", "", broken_by="truncated"),
    Row("invalid_key", "", broken_by="expired"),
]
# Ignored with a warning, and not read further: the changes, and the field that the warning names.
IGNORED = [
    ({"userComment": "breakout"}, "userComment"),
    ({"qty": "abc", "cashOrderQty": "100"}, "qty"),
    ({"strategyName": "breakout"}, "strategyName"),
    ({"orderId": "{{id}}"}, "orderId"),
    ({"contractMonth": "2030-12", "symbolType": "CRYPTO"}, "contractMonth"),
    ({"contractMonth": "soon"}, "contractMonth"),
    ({"strikePrice": "{{strike}}"}, "strikePrice"),
    ({"strikeType": "x"}, "strikeType"),
]
