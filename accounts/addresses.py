"""Where a request comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The address that a request of a browser comes from; None when it is unknown."""
    forwarded = request.headers.get("X-Forwarded-For")
    peer = request.META.get("REMOTE_ADDR")
    return client_address(peer, [forwarded] if forwarded else [], settings.TRUSTED_PROXIES)


def client_address(peer: str | None, forwarded: Sequence[str], trusted_proxies: int) -> str | None:
    """The N-th address from the right of X-Forwarded-For with N proxies of ours, else the socket's.

    What stands further left is whatever the client typed. With fewer addresses than proxies somebody came around them,
    or they are set up wrongly: then no address is known, and a key that is limited to some refuses.
    """
    if not trusted_proxies:
        return normal(peer)
    hops = [hop.strip() for header in forwarded for hop in header.split(",")]
    return normal(hops[-trusted_proxies]) if len(hops) >= trusted_proxies else None


@lru_cache(maxsize=4096)
def normal(text: str | None) -> str | None:
    """An address in its one spelling, without the name of a network card; None when it is none."""
    try:
        address = ipaddress.ip_address((text or "").strip("[]").partition("%")[0])
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
