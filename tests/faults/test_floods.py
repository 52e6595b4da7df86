"""Whoever floods the door with halves, guesses or others' names keeps nobody else from trading."""

from __future__ import annotations

import http.client
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.faults.alerts import market_order, story
from tests.faults.lengths import length
from tests.faults.promises import await_settled, kept, look
from tests.faults.senders import Load, send
from tests.faults.test_ended_keys import SignedIn
from tests.faults.test_killed_processes import alert_of
from tests.instance import Product, Trader

HEALTHY_SECONDS = length(3, 20)
# A short run shares its machine with other tests.
LATEST_SECONDS = length(2.5, 0.5)
GUESSES_PER_SECOND = length(200, 2_000)


def healthy(product: Product, traders: list[Trader]) -> Load:
    return Load(product, [story(trader, HEALTHY_SECONDS, f"healthy-{secrets.token_hex(3)}") for trader in traders], 20)


def assert_undisturbed(product: Product, load: Load) -> None:
    kept(product, load.sent)
    assert set(load.statuses) <= {200, 404, 422}, load.statuses
    assert all(len(sent.answers) == 1 for sent in load.sent)
    assert load.within(0.99) <= LATEST_SECONDS


def halves(trader: Trader) -> Iterator[bytes]:
    """Requests that begin and never end: in their first line, in their headers, in their body."""
    begun = f"POST {trader.key.path} HTTP/1.1\r\nHost: localhost\r\n"
    yield from (b"POST /webh", begun.encode(), (begun + 'Content-Length: 900\r\n\r\n{"action":').encode())


def test_a_thousand_half_open_requests_hold_nobody_up(whole: Product, traders: list[Trader]) -> None:
    address = urlsplit(whole.url)
    with ExitStack() as stack:
        for number in range(length(300, 1_000)):
            opened = stack.enter_context(socket.create_connection((address.hostname or "", address.port or 0), 5))
            opened.sendall(list(halves(traders[0]))[number % 3])
        with healthy(whole, traders) as load:
            pass
    assert_undisturbed(whole, load)


@contextmanager
def guessing(product: Product, trader: Trader) -> Iterator[list[int]]:
    """Wrong secrets for one key, from eight senders; the statuses they hear."""
    over, heard = threading.Event(), list[int]()
    address = urlsplit(product.url)

    def guess() -> None:
        with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)) as connection:
            while not over.wait(8 / GUESSES_PER_SECOND):
                try:
                    connection.request("POST", f"/webhook/{trader.key.api}/ws_{secrets.token_urlsafe(40)[:48]}", b"{}")
                    reply = connection.getresponse()
                    reply.read()
                except (ConnectionError, http.client.RemoteDisconnected):
                    connection.close()  # the server may end a connection; the next guess opens another
                else:
                    heard.append(reply.status)

    threads = [threading.Thread(target=guess, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        yield heard
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_guesses_are_slowed_and_the_owner_trades_on(whole: Product, traders: list[Trader]) -> None:
    """From the owner's very address: who knows the secret is never told to wait for those who do not."""
    with guessing(whole, traders[0]) as heard, healthy(whole, traders) as load:
        pass
    assert set(heard) <= {401, 429}
    assert len(heard) > HEALTHY_SECONDS * 20
    assert_undisturbed(whole, load)


# --- What belongs to others ---------------------------------------------------------------------------------


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Every address there is, with its parameters by name."""
    for pattern in patterns:
        route = before + str(getattr(pattern.pattern, "_route", ""))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif "<" in route:
            yield route


MINE_SQL = """
SELECT a.id, k.id, o.id, d.id
FROM accounts_tradingaccount a JOIN webhooks_webhookkey k ON k.user_id = a.user_id
JOIN orders_order o ON o.account_id = a.id JOIN webhooks_delivery d ON d.key_id = k.id
WHERE a.name = %s LIMIT 1
"""
COMMANDS_SQL = """
SELECT count(*) FROM orders_ordercommand c JOIN accounts_tradingaccount a ON a.id = c.account_id WHERE a.name = %s
"""


def belongings(product: Product, owner: Trader) -> dict[str, object]:
    """What an address may name of theirs."""
    account, key, order, delivery = look(product, MINE_SQL, owner.account)[0]
    return {"account": account, "key": key, "order": order, "delivery": delivery, "name": owner.account}


def filled(route: str, theirs: dict[str, object]) -> str | None:
    """The address with what is theirs in it; None where nothing can be anybody's."""
    parts = []
    for part in route.split("<"):
        inside, mark, rest = part.partition(">")
        if not mark:
            parts.append(part)
            continue
        word = inside.partition(":")[2] or inside
        found = next((value for name, value in theirs.items() if name in word), None)
        if found is None:
            return None
        parts.append(f"{found}{rest}")
    return "/" + "".join(parts)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_no_address_opens_what_belongs_to_others(whole: Product, traders: list[Trader], method: str) -> None:
    """Every address of the terminal that names something: asked by somebody else, signed in or with a key."""
    owner, other = traders[0], traders[1]
    assert send(whole, alert_of(owner, 1, market_order(f"mine-{method}"))).is_accepted
    await_settled(whole)
    theirs = belongings(whole, owner)
    before = look(whole, COMMANDS_SQL, owner.account)
    asked = [path for route in addresses(get_resolver().url_patterns) if (path := filled(route, theirs))]
    assert len(asked) > 15
    signed_in = SignedIn(whole, other)
    for path in asked:
        for headers in ({"Authorization": other.key.basic}, {"Cookie": signed_in.cookies}):
            answer = whole.ask(method, path, headers=headers)
            assert answer.status in (301, 302, 400, 401, 403, 404, 405), f"{method} {path}: {answer.status}"
            assert owner.username not in answer.text
    assert look(whole, COMMANDS_SQL, owner.account) == before
