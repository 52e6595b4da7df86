"""Whose address a request has, with and without proxies of ours."""

from __future__ import annotations

import pytest

from webhooks.sources import client_address, is_within, networks_of


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ([], 0, "192.0.2.1"),
        (["203.0.113.9"], 0, "192.0.2.1"),
        (["203.0.113.9"], 1, "203.0.113.9"),
        (["10.0.0.1, 203.0.113.9"], 1, "203.0.113.9"),
        (["198.51.100.4", "203.0.113.9"], 2, "198.51.100.4"),
        ([], 1, None),
        (["203.0.113.9"], 2, None),
        (["x"], 1, None),
    ],
)
def test_a_client_cannot_choose_its_address(forwarded: list[str], proxies: int, address: str | None) -> None:
    assert client_address("192.0.2.1", forwarded, proxies) == address


def test_an_unknown_address_is_within_nothing() -> None:
    assert not is_within(None, networks_of(("0.0.0.0/0", "::/0")))
