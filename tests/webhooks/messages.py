"""Messages of senders, to be varied by tests."""

from __future__ import annotations

from typing import Any

PLACE: dict[str, Any] = {
    "action": "place",
    "accountName": "MALLORY-1",
    "symbol": "BTCUSDT",
    "type": "Limit",
    "price": "10000",
    "qty": "0.001",
    "side": "buy",
    "validity": "GTC",
}
MODIFY: dict[str, Any] = {"action": "modify", "accountName": "MALLORY-1", "orderId": 1}
CANCEL: dict[str, Any] = {"action": "cancel", "accountName": "MALLORY-1", "orderId": 1}


def changed(message: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The message with other fields; `...` takes one away."""
    return {name: value for name, value in (message | changes).items() if value is not ...}
