"""Who and what the rows are about: accounts, keys and instruments that differ in one thing each."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.instance import Answer, Key, Product
from tests.webhooks.rows import Json
from webhooks.keys import mint

KEYS = 10  # each may send a hundred at once
RICH = "1000000000"
ACCOUNTS: dict[str, Json] = {
    "ACCOUNT": {"deposit": RICH},
    "SECOND": {"deposit": RICH},
    "POOR": {"deposit": "100"},
    "HALTED": {"deposit": RICH, "halted": True},
    "SUSPENDED": {"deposit": RICH, "status": "suspended"},
    "CLOSED": {"deposit": RICH, "status": "closed"},
    "AMOUNT": {"deposit": RICH, "risk": {"maxOrderAmount": "0.001"}},
    "CAPITAL": {"deposit": RICH, "risk": {"maxOrderCapital": "15"}},
    "TOTAL": {"deposit": RICH, "risk": {"totalMaxPositionQty": "0.5"}},
    "COUNT": {"deposit": RICH, "risk": {"maxOrdersCount": "1"}},
    "PENDING": {"deposit": RICH, "risk": {"maxPendingOrdersNumber": "1"}},
    "POSITIONS": {"deposit": RICH, "risk": {"maxPositionsNumber": "1"}},
    "LOSS": {"deposit": RICH, "risk": {"dailyLossLimit": "0.1"}},
    "DRAWN": {"deposit": "1000", "risk": {"maxDrawdownLevel": "2000"}},
}
LIMITS: dict[str, Json] = {
    "place only": {"actions": ["place"]},
    "cancel only": {"actions": ["cancel"]},
    "here": {"networks": ["127.0.0.0/8", "::1"]},
    "elsewhere": {"networks": ["203.0.113.0/24"]},
    "tradingview": {"networks": ["tradingview"]},
    "second": {"accounts": ["SECOND"]},
    "once a minute": {"requestsPerMinute": 1},
    "expired": {"expires": "2020-01-01T00:00:00Z"},
    "paused": {},
}
TERMS: Json = {
    "symbolType": "CRYPTO",
    "currency": "USD",
    "lotSize": "1",
    "tickSize": "0.01",
    "minLot": "0.001",
    "maxLot": "100",
    "lotStep": "0.001",
    "marginRate": "1",
}
INSTRUMENTS: dict[str, Json] = {
    "ZQBAND": {"lowPriceLimit": "90", "highPriceLimit": "110"},
    "ZQSHUT": {"status": "closed"},
    "ZQPAST": {"lastTradingDay": "2020-01-31"},
    "ZQNIGHT": {"calendar": "ZQNIGHT"},
    "ZQMUTE": {},
    "ZQOLD": {"maxQuoteAgeSeconds": 60},
    "ZQFRANC": {"currency": "CHF"},
    "ZQTURN": {},
}
SESSION: Json = {
    "calendar": "ZQNIGHT",
    "opens": "2090-01-02T08:00:00Z",
    "closes": "2090-01-02T16:00:00Z",
    "dayCloses": "2090-01-02T16:00:00Z",
}
QUOTED = {"ZQBAND": {}, "ZQSHUT": {}, "ZQPAST": {}, "ZQNIGHT": {}, "ZQFRANC": {}, "ZQTURN": {}}
OLD: Json = {"symbol": "ZQOLD", "bid": "100", "ask": "100", "time": "2025-01-01T00:00:00Z"}
PAUSE = """
from webhooks.models import WebhookKey
from webhooks.keys import pause_key
pause_key(WebhookKey.objects.get(api_key={!r}))
"""


@dataclass
class Cast:
    product: Product
    accounts: dict[str, str]
    keys: dict[str, Key]
    any_key: Iterator[Key]
    numbers: Iterator[int]

    def key(self, name: str) -> Key:
        return next(self.any_key) if name == "any" else self.keys[name]

    def filled(self, message: Json, names: Json) -> Json:
        """With what `{...}` stands for."""
        known = self.accounts | {"account": self.accounts["ACCOUNT"], "lower": self.accounts["ACCOUNT"].lower()} | names
        return {name: filled(value, known) for name, value in message.items()}

    def post(self, message: Json, key: str = "any") -> Answer:
        return self.product.post(message, self.key(key))


def filled(value: Any, known: Json) -> Any:
    if not isinstance(value, str) or "{" not in value:
        return value
    for name, what in known.items():
        if value == f"{{{name}}}":
            return what
        value = value.replace(f"{{{name}}}", str(what))
    return value


def world_of(user: str) -> dict[str, list[Json]]:
    named = {name: f"{user}-{name}".upper() for name in ACCOUNTS}
    keys = {f"key {number}": {} for number in range(KEYS)} | LIMITS
    for name, limits in keys.items():
        keys[name] = limits | ({"accounts": [named[one] for one in limits["accounts"]]} if "accounts" in limits else {})
    return {
        "accounts": [{"name": named[name], "user": user, "currency": "USD"} | more for name, more in ACCOUNTS.items()],
        "keys": [{"user": user, "name": name} | limits for name, limits in keys.items()],
        "instruments": [TERMS | {"symbol": symbol} | more for symbol, more in INSTRUMENTS.items()],
        "sessions": [SESSION],
        "quotes": [OLD, *({"symbol": symbol, "bid": "100", "ask": "100"} for symbol in QUOTED)],
    }


def cast_for(product: Product) -> Cast:
    trader, stranger = product.newcomer(), product.newcomer(subscribed=False)
    seeded = product.seed(world_of(trader.username))
    keys = {name.partition("/")[2]: key for name, key in seeded.items() if "/" in name}
    product.manage("shell", "--no-imports", "--command", PAUSE.format(keys["paused"].api))
    keys["unsubscribed"] = stranger.key
    keys["unknown"] = Key("", "", *mint())
    keys["wrong"] = replace(trader.key, secret=mint()[1])
    keys["truncated"] = replace(trader.key, secret=trader.key.secret[:-1])
    accounts = {name: f"{trader.username}-{name}".upper() for name in ACCOUNTS}
    plain = itertools.cycle([keys[f"key {number}"] for number in range(KEYS)])
    return Cast(product, accounts, keys, plain, itertools.count(int(secrets.token_hex(3), 16)))
