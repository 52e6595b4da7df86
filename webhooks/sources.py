"""Whether a key allows where a request comes from."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

from accounts.addresses import client_address, neighbourhood, normal
from webhooks.keys import TRADINGVIEW_NETWORKS

__all__ = ["Network", "client_address", "is_within", "neighbourhood", "networks_of", "normal"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Stands in a key's networks for the addresses that TradingView publishes.
TRADINGVIEW: Final = "tradingview"


@lru_cache(maxsize=1024)
def networks_of(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """A key's networks; what cannot be read allows nothing."""
    found: list[Network] = []
    for text in texts:
        for part in TRADINGVIEW_NETWORKS if text.strip().lower() == TRADINGVIEW else (text,):
            try:
                found.append(ipaddress.ip_network(part.strip(), strict=False))
            except ValueError:
                continue
    return tuple(found)


def is_within(address: str | None, networks: tuple[Network, ...]) -> bool:
    if address is None:
        return False
    found = ipaddress.ip_address(address)
    return any(found in network for network in networks)
