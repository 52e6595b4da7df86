"""The contract as a table: every rule by messages that keep it and messages that break it.

`{account}` stands for the trader's account, `{name}` of another of the cast by its name in capitals (`{HALTED}`), `...`
takes a field away. A row's changes are made to a good message of its action.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
HOUR = 3_600_000
SOON = int(time.time() * 1000) + HOUR

PLACE: Json = {
    "action": "place",
    "accountName": "{account}",
    "symbol": "BTCUSDT",
    "type": "Limit",
    "price": "10000",
    "qty": "0.001",
    "side": "buy",
    "validity": "GTC",
}
MODIFY: Json = {"action": "modify", "accountName": "{account}", "orderId": "{order}"}
CANCEL: Json = {"action": "cancel", "accountName": "{account}", "orderId": "{order}"}
BASES = {"place": PLACE, "modify": MODIFY, "cancel": CANCEL}

MARKET: Json = {"type": "Market", "price": ..., "validity": ...}
STOP: Json = {"type": "Stop", "price": ..., "stopPrice": "90000"}
STOP_LIMIT: Json = {"type": "Stop limit", "stopPrice": "90000", "price": "90010"}
TRAILING: Json = {"type": "Trailing stop", "price": ..., "trStopOffset": 100, "side": "sell"}
CARE: Json = {"type": "Care", "price": ...}
GTD: Json = {"validity": "GTD", "expireDate": SOON}
SHARE: Json = {"symbol": "AAPL", "symbolType": "EQUITY", "price": "100", "qty": "1"}
FUTURE: Json = {"symbol": "ES", "symbolType": "FUTURES", "contractMonth": "2030-12-20", "price": "3000", "qty": "1"}
FUTURE_CFD: Json = {
    "symbol": "CL",
    "symbolType": "FUTURES_CFD",
    "contractMonth": "2030-12-18",
    "price": "50",
    "qty": "1",
}
OPTION: Json = {
    "symbol": "AAPL",
    "symbolType": "OPTIONS",
    "contractMonth": "2030-12-20",
    "strikePrice": 250,
    "strikeType": "Call",
    "price": "1",
    "qty": "1",
}
STOP_LOSS: Json = {"stopLoss": "9000"}
TAKE_PROFIT: Json = {"takeProfit": "11000"}


@dataclass(frozen=True)
class Row:
    """`code` and `field` of the refusal. `first` are orders that are placed before, anew for each of the two messages;
    `{order}` is the first one's id, `{stopLoss}` its stop loss's. `kept_by` and `broken_by` are keys of the cast."""

    code: str
    field: str = ""
    keeps: Json = dataclasses.field(default_factory=dict)
    breaks: Json = dataclasses.field(default_factory=dict)
    action: str = "place"
    first: tuple[Json, ...] = ()
    kept_by: str = "any"
    broken_by: str = "any"
    quotes: tuple[Json, ...] = ()  # between what comes first and the message
    id: str = ""

    def __str__(self) -> str:
        return self.id or "-".join(filter(None, (self.action, self.code, self.field)))


def changed(message: Json, changes: Json) -> Json:
    return {name: value for name, value in (message | changes).items() if value is not ...}
