"""Where a request comes from, and whether a key allows that."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from webhooks.keys import TRADINGVIEW_NETWORKS

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Stands in a key's networks for the addresses that TradingView publishes.
TRADINGVIEW: Final = "tradingview"


def client_address(peer: str | None, forwarded: Sequence[str], trusted_proxies: int) -> str | None:
    """The N-th address from the right of X-Forwarded-For with N proxies of ours, else the socket's.

    What stands further left is whatever the client typed.
    """
    hops = [hop.strip() for header in forwarded for hop in header.split(",")] if trusted_proxies else []
    return normal(hops[-trusted_proxies] if 0 < trusted_proxies <= len(hops) else peer)


@lru_cache(maxsize=4096)
def normal(text: str | None) -> str | None:
    """An address in its one spelling; None when it is none."""
    try:
        address = ipaddress.ip_address((text or "").strip("[]"))
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


@lru_cache(maxsize=4096)
def neighbourhood(address: str | None) -> str:
    """Who is throttled together: one IPv4 address, or an IPv6 network of /64."""
    if address is None or ":" not in address:
        return address or ""
    return str(ipaddress.ip_network((address, 64), strict=False))


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
