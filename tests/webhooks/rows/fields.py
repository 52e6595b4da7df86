"""Fields: for each a message in which it is read, for each kind the values that are none, for each word its message."""

from __future__ import annotations

from typing import Any

from tests.webhooks.rows import (
    CARE,
    FUTURE,
    FUTURE_CFD,
    GTD,
    MARKET,
    OPTION,
    SHARE,
    SOON,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING,
    Json,
)
from webhooks.shape import Kind

# By action and field: the changes to a good message with which the field is read.
READ: dict[str, dict[str, Json]] = {
    "place": {
        "action": {"action": " PLACE "},
        "accountName": {"accountName": " {account} "},
        "clientOrderId": {"clientOrderId": "own {unique}"},
        "symbol": {"symbol": "btcusdt"},
        "symbolType": {"symbolType": "crypto"},
        "contractMonth": FUTURE,
        "strikePrice": OPTION,
        "strikeType": OPTION,
        "isin": SHARE | {"isin": "US0378331005"},
        "type": {"type": "LIMIT"},
        "side": {"side": "Buy"},
        "qty": {"qty": 0.002},
        "cashOrderQty": {"qty": ..., "cashOrderQty": "100"},
        "price": {"price": "10000.01"},
        "stopPrice": STOP,
        "trStopOffset": TRAILING,
        "validity": {"validity": "gtc"},
        "expireDate": GTD,
        "stopLoss": STOP_LOSS,
        "stopLossType": STOP_LOSS | {"stopLossType": "Absolute"},
        "takeProfit": TAKE_PROFIT,
        "takeProfitType": TAKE_PROFIT | {"takeProfitType": "ABSOLUTE"},
        "userComment": CARE | {"userComment": "x" * 255},
        "requestId": {"requestId": "row {unique}"},
        "dryRun": {"dryRun": True},
    },
    "modify": {
        "action": {"action": "Modify", "price": "10001"},
        "accountName": {"price": "10002"},
        "orderId": {"price": "10003"},
        "clientOrderId": {"orderId": ..., "clientOrderId": "{own}", "price": "10004"},
        "qty": {"qty": "0.003"},
        "price": {"price": 10005},
        "stopPrice": {"orderId": "{stop}", "stopPrice": "91000"},
        "trStopOffset": {"orderId": "{trailing}", "trStopOffset": 120},
        "validity": {"validity": "DAY"},
        "expireDate": GTD,
        "stopLoss": {"stopLoss": "9001"},
        "stopLossType": {"stopLoss": "200", "stopLossType": "offset in ticks"},
        "takeProfit": {"takeProfit": "11001"},
        "takeProfitType": {"takeProfit": "200", "takeProfitType": "offset in ticks"},
        "userComment": {"orderId": "{care}", "userComment": "slowly"},
        "requestId": {"price": "10006", "requestId": "row {unique}"},
        "dryRun": {"price": "10007", "dryRun": "true"},
    },
    "cancel": {
        "action": {"action": "CANCEL", "dryRun": True},
        "accountName": {"dryRun": True},
        "orderId": {"dryRun": True},
        "clientOrderId": {"orderId": ..., "clientOrderId": "{own}", "dryRun": True},
        "requestId": {"dryRun": True, "requestId": "row {unique}"},
        "dryRun": {"dryRun": "TRUE"},
    },
}
NO_NUMBER: list[tuple[Any, str]] = [
    ("many", "not_a_number"),
    ("1,000", "not_a_number"),
    ("+1", "not_a_number"),
    (True, "not_a_number"),
    ([1], "not_a_number"),
    ("NaN", "not_a_number"),
    ("{{close}}", "placeholder"),
    ("0.1234567890123456789", "too_many_digits"),
    (1e30, "out_of_range"),
    (0, "not_positive"),
    ("-1", "not_positive"),
]
NO_TEXT: list[tuple[Any, str]] = [(5, "not_a_text"), (True, "not_a_text"), ({"a": 1}, "not_a_text")]
NO_NAME = [*NO_TEXT, ("a\u202eb", "unsafe_text"), ("a\u200bb", "unsafe_text"), ("a\u0000b", "unsafe_text")]
# By kind: values that are none of it, and what they are refused with.
MALFORMED: dict[Kind, list[tuple[Any, str]]] = {
    Kind.WORD: [*NO_TEXT, ("whatever", "unknown_word"), ("{{word}}", "placeholder")],
    Kind.NAME: [*NO_NAME, ("x" * 300, "too_long"), ("{{name}}", "placeholder")],
    Kind.TOKEN: [*NO_NAME, ("\u043ewn", "unsafe_text"), ("x" * 300, "too_long"), ("{{name}}", "placeholder")],
    Kind.TEXT: [*NO_TEXT, ("x" * 256, "too_long")],
    Kind.NUMBER: NO_NUMBER,
    Kind.TICKS: [*NO_NUMBER, ("1.5", "ticks_whole")],
    Kind.INTEGER: [*NO_NUMBER, ("1.5", "not_an_integer")],
    Kind.FLAG: [("yes", "not_a_flag"), (1, "not_a_flag"), ([], "not_a_flag")],
}
# Fields whose values are looked at in a way of their own, too.
MALFORMED_FIELD: dict[str, list[tuple[Any, str]]] = {
    "contractMonth": [
        *NO_TEXT[1:],
        ("Dec 2030", "contract_month"),
        ("2030-13", "contract_month"),
        ("2030-02-30", "contract_month"),
        (2030, "contract_month"),
        ("2030\u200b-12", "contract_month"),
        ("{{month}}", "placeholder"),
    ],
    "isin": [("US0378331006", "isin_invalid"), ("US037833100", "isin_invalid")],
    "clientOrderId": [("x" * 65, "too_long")],
    "requestId": [("x" * 65, "too_long")],
}
# Read in a way of its own: its digits may stand without quotes, and what is no month is no name either.
ONLY_ITS_OWN = {"contractMonth"}
# By field and word: the changes that make a good placing with it.
WORDS: dict[str, dict[str, Json]] = {
    "symbolType": {
        "CRYPTO": {},
        "EQUITY": SHARE,
        "EQUITY_CFD": SHARE,
        "ETF": {"symbol": "SPY", "price": "500", "qty": "1"},
        "FIXED_INCOME": {"symbol": "DE10Y", "price": "90", "qty": "1"},
        "FOREX": {"symbol": "EURUSD", "price": "1.05", "qty": "0.01"},
        "FUTURES": FUTURE,
        "FUTURES_CFD": FUTURE_CFD,
        "OPTIONS": OPTION,
        "SPREADBET": {"symbol": "UK100", "price": "8000", "qty": "0.5"},
    },
    "strikeType": {"Put": OPTION, "Call": OPTION},
    "type": {
        "Market": MARKET,
        "Limit": {},
        "Stop": STOP,
        "Stop limit": STOP_LIMIT,
        "Trailing stop": TRAILING,
        "Care": CARE,
    },
    "side": {"buy": {}, "sell": {"price": "90000"}},
    "validity": {
        "DAY": {},
        "GTC": {},
        "IOC": {},
        "GTD": {"expireDate": SOON},
        "FOK": MARKET,
        "GTS": {},
    },
    "stopLossType": {
        "absolute": STOP_LOSS,
        "offset in ticks": {"stopLoss": 500},
        "tr. offset": {"stopLoss": 500},
        "offset in %": {"stopLoss": "2.5"},
    },
    "takeProfitType": {
        "absolute": TAKE_PROFIT,
        "offset in ticks": {"takeProfit": 500},
        "offset in %": {"takeProfit": "2.5"},
    },
}
