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
