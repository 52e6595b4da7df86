"""What the senders send: for each account a story of orders, three in ten of them changed or cancelled again."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.instance import Trader


@dataclass(frozen=True)
class Alert:
    """One message of one sender; its bytes occur once."""

    trader: Trader
    number: int
    action: str
    raw: bytes

    @property
    def fingerprint(self) -> bytes:
        return sha256(self.raw).digest()


def story(trader: Trader, many: int, seed: str, with_ids: float = 0.5) -> list[Alert]:
    """`many` messages; a share of them carries a requestId. The same seed tells the same story."""
    dice = random.Random(f"{seed} {trader.account}")
    resting: list[str] = []
    alerts: list[Alert] = []
    for number in range(many):
        body = next_wish(dice, resting, seed, number) | {"accountName": trader.account}
        if dice.random() < with_ids:
            body["requestId"] = f"{seed}-{number}"
        alerts.append(Alert(trader, number, body["action"], json.dumps(body).encode()))
    return alerts


def next_wish(dice: random.Random, resting: list[str], seed: str, number: int) -> dict[str, Any]:
    """Mostly places; changes and cancels what rests. `resting` are the names of those orders."""
    name = f"{seed}-{number}"
    if resting and dice.random() < 0.3 / 0.7:
        if dice.random() < 0.5:
            return {"action": "cancel", "clientOrderId": resting.pop(dice.randrange(len(resting)))}
        price = f"{40_000 + number}"  # of this message only, so that no two are the same
        return {"action": "modify", "clientOrderId": dice.choice(resting), "price": price, "qty": "0.002"}
    if len(resting) < 4:
        resting.append(name)
        return limit_order(name)
    return market_order(name, dice.choice(["buy", "sell"]))


def limit_order(name: str, price: str = "50000") -> dict[str, Any]:
    """Far below the market: it rests."""
    order = {"action": "place", "symbol": "BTCUSDT", "type": "Limit", "side": "buy", "qty": "0.001", "price": price}
    return order | {"validity": "GTC", "clientOrderId": name}


def market_order(name: str, side: str = "buy") -> dict[str, Any]:
    order = {"action": "place", "symbol": "AAPL", "symbolType": "EQUITY_CFD", "type": "Market", "side": side}
    return order | {"qty": "1", "clientOrderId": name}
