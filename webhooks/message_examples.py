"""Messages that the documents show. The tests send each of them to the running product."""

from __future__ import annotations

from typing import Any, Final

from webhooks.shape import Action

Message = dict[str, Any]

ACCOUNT: Final = {"accountName": "DEMO-1"}
PLACE: Final = {"action": "place", **ACCOUNT, "symbol": "BTCUSDT", "side": "buy", "qty": 0.01}
EXAMPLES: Final[dict[Action, dict[str, tuple[str, Message]]]] = {
    Action.PLACE: {
        "market": ("Buy at the market", PLACE | {"type": "Market"}),
        "limit": (
            "Buy at a price, with a stop loss and a take profit",
            PLACE
            | {"type": "Limit", "price": 60000, "validity": "GTC"}
            | {"stopLoss": 2, "stopLossType": "offset in %", "takeProfit": 66000}
            | {"clientOrderId": "breakout-1", "requestId": "BTCUSDT-1795197600000"},
        ),
        "stop": ("Buy when the price rises", PLACE | {"type": "Stop", "stopPrice": 90000}),
        "trailing": (
            "Sell when the price turns",
            PLACE | {"type": "Trailing stop", "side": "sell", "trStopOffset": 5000},
        ),
        "cash": (
            "Buy for an amount of money",
            {name: value for name, value in PLACE.items() if name != "qty"} | {"type": "Market", "cashOrderQty": 1000},
        ),
        "option": (
            "Buy an option",
            PLACE
            | {"symbol": "AAPL", "symbolType": "OPTIONS", "contractMonth": "2030-12-20", "strikePrice": 250}
            | {"strikeType": "Call", "type": "Limit", "price": 1, "qty": 1},
        ),
        "care": ("Ask a dealer", PLACE | {"type": "Care", "userComment": "Work it slowly over the day"}),
        "dryRun": ("Try, place nothing", PLACE | {"type": "Market", "dryRun": True}),
    },
    Action.MODIFY: {
        "price": ("Move an order", {"action": "modify", **ACCOUNT, "clientOrderId": "breakout-1", "price": 60500}),
        "removeStopLoss": (
            "Take the stop loss away",
            {"action": "modify", **ACCOUNT, "clientOrderId": "breakout-1", "stopLoss": None},
        ),
    },
    Action.CANCEL: {
        "byName": ("Cancel by one's own name", {"action": "cancel", **ACCOUNT, "clientOrderId": "breakout-1"}),
        "byId": ("Cancel by the id that placing answered", {"action": "cancel", **ACCOUNT, "orderId": 1001}),
    },
}
# The other doors. The tests ask them the same.
CHECK_TEXT: Final = PLACE | {"type": "Market", "qty": "many"}
CHECK_GOOD: Final = {
    "ok": True,
    "says": "Buys 0.01 lots of BTCUSDT at the market for account DEMO-1; what the market has no size for waits until "
    "the end of the trading day.",
    "action": "place",
    "errors": [],
    "warnings": [],
}
CHECK_WRONG: Final = {
    "ok": False,
    "says": "It would be refused: one thing is wrong.",
    "action": "place",
    "errors": [
        {
            "code": "not_a_number",
            "field": "qty",
            "message": "must be a number, not many",
            "rule": 'The value must be a number, such as 1.5 or "1.5".',
            "status": 400,
            "line": 6,
            "column": 3,
            "excerpt": '  "qty": "many",',
        }
    ],
    "warnings": [],
}
QUOTE_EXAMPLES: Final[dict[str, Any]] = {
    "one": {"symbol": "BTCUSDT", "bid": "64250.00", "ask": "64250.50"},
    "several": [
        {"symbol": "EUR/USD", "bid": 1.0845, "ask": 1.0846, "bidSize": 10, "askSize": 10},
        {"symbol": "AAPL", "symbolType": "EQUITY", "bid": "230.10", "ask": "230.05", "time": "2026-11-20T18:02:00Z"},
    ],
}
TAKEN: Final = {
    "accepted": 1,
    "refused": [{"index": 1, "code": "crossed", "reason": "crossed: bid 230.10 is above ask 230.05"}],
}
