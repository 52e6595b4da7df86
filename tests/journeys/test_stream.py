"""`/live`: what an open terminal is told, and who may listen."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.instance import Product, Trader

PATIENCE = 10.0


def cookies_of(answer: http.client.HTTPResponse) -> dict[str, str]:
    jar = SimpleCookie()
    for value in answer.headers.get_all("Set-Cookie") or []:
        jar.load(value)
    return {name: morsel.value for name, morsel in jar.items()}


def as_header(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


class Person:
    """Somebody with a session, without a browser."""

    def __init__(self, product: Product, trader: Trader) -> None:
        self.address = urlsplit(product.url)
        answer, page = self.send("GET", "/account/login/")
        cookies = cookies_of(answer)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "login": trader.username, "password": trader.password}
        answer, _ = self.send("POST", "/account/login/", cookies, form)
        assert answer.status == 302
        self.cookies = cookies | cookies_of(answer)

    def send(
        self, method: str, path: str, cookies: dict[str, str] | None = None, form: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, str]:
        connection = http.client.HTTPConnection(self.address.hostname or "", self.address.port, timeout=PATIENCE)
        headers = as_header(cookies or {}) | {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, urlencode(form or {}) if form else None, headers)
        answer = connection.getresponse()
        page = answer.read().decode()
        connection.close()
        return answer, page

    @contextmanager
    def listening(self, query: str = "") -> Iterator[Stream]:
        connection = http.client.HTTPConnection(self.address.hostname or "", self.address.port, timeout=PATIENCE)
        connection.request("GET", f"/live?{query}", headers=as_header(self.cookies))
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        try:
            yield Stream(answer)
        finally:
            connection.close()

    def sign_out(self) -> None:
        _, page = self.send("GET", "/account/logout/", self.cookies)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        self.send("POST", "/account/logout/", self.cookies, {"csrfmiddlewaretoken": token[1]})


class Stream:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.answer = answer

    def events(self) -> Iterator[tuple[str, Any]]:
        """(name, data) as they come, until the server ends it."""
        name = ""
        while line := self.answer.readline().decode():
            if line.startswith("event: "):
                name = line.removeprefix("event: ").strip()
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))

    def wait_for(self, wanted: str) -> Any:
        """The next event of that name; beats pass by."""
        until = time.monotonic() + PATIENCE
        for name, data in self.events():
            if name == wanted:
                return data
            assert time.monotonic() < until, f"no {wanted} within {PATIENCE} s"
        raise AssertionError(f"the stream ended before {wanted}")


def buy(product: Product, trader: Trader, qty: str = "0.1") -> None:
    body = {"action": "place", "accountName": trader.account, "symbol": "BTCUSDT", "side": "buy", "type": "Market"}
    assert product.post(body | {"qty": qty}, trader.key).status == 200


@pytest.mark.parametrize("cookie", ["", "sessionid=", "sessionid=abcdefgh", "sessionid=\u00e9; x=y", "nonsense"])
def test_nobody_listens_without_signing_in(product: Product, cookie: str) -> None:
    headers = {"Cookie": cookie.encode("utf-8").decode("latin-1")}
    answer = product.ask("GET", "/live", headers=headers)
    assert (answer.status, answer.text) == (401, "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_only_tells(product: Product, method: str) -> None:
    assert product.ask(method, "/live").status == 405


def test_an_order_is_told_at_once_to_its_owner(product: Product) -> None:
    trader = product.newcomer()
    with Person(product, trader).listening() as stream:
        stream.wait_for("beat")
        started = time.monotonic()
        buy(product, trader)
        accounts = stream.wait_for("books")
        assert time.monotonic() - started < 2
        assert len(accounts) == 1
        assert stream.wait_for("requests") == 1


def test_prices_are_told_of_what_one_holds(product: Product) -> None:
    trader = product.newcomer()
    buy(product, trader)
    with Person(product, trader).listening() as stream:
        (_, bid, _), *others = stream.wait_for("quotes")
        assert float(bid) == 64250.0
        assert others == []
        product.quote({"symbol": "EUR/USD", "bid": "1.07", "ask": "1.0702"})
        product.quote({"symbol": "BTCUSDT", "bid": "64240.00", "ask": "64240.50"})
        told = stream.wait_for("quotes")
        assert [float(price) for price in told[0][1:]] == [64240.0, 64240.5]
        assert len(told) == 1


def test_whoever_asks_hears_every_price(product: Product) -> None:
    with Person(product, product.newcomer()).listening("quotes=all") as stream:
        assert len(stream.wait_for("quotes")) >= 10


def test_what_happened_since_a_page_was_made_is_told_on_joining(product: Product) -> None:
    trader = product.newcomer()
    person = Person(product, trader)
    since = time.time()
    buy(product, trader)
    with person.listening(f"since={since}") as stream:
        assert len(stream.wait_for("books")) == 1


@pytest.mark.parametrize("since", ["", "x", "nan", "inf", "-1", "1e999", "%00"])
def test_a_senseless_since_is_lived_with(product: Product, since: str) -> None:
    with Person(product, product.newcomer()).listening(f"since={since}") as stream:
        assert len(stream.wait_for("beat")) == 3


def test_the_stream_ends_with_the_session(product: Product) -> None:
    person = Person(product, product.newcomer())
    with person.listening() as stream:
        stream.wait_for("beat")
        person.sign_out()
        until = time.monotonic() + 3
        for _ in stream.events():
            assert time.monotonic() < until, "it goes on telling"
    assert person.send("GET", "/live", person.cookies)[0].status == 401


def test_one_person_cannot_hold_every_stream(product: Product) -> None:
    person, held = Person(product, product.newcomer()), []
    for _ in range(40):
        connection = http.client.HTTPConnection(person.address.hostname or "", person.address.port, timeout=PATIENCE)
        connection.request("GET", "/live", headers=as_header(person.cookies))
        held.append((connection, connection.getresponse().status))
    statuses = [status for _, status in held]
    for connection, _ in held:
        connection.close()
    assert set(statuses) == {200, 429}
    assert statuses.count(200) >= 20


PASSWORD_CHANGED = "user.set_password('another-long-pass-for-tests')"


@pytest.mark.parametrize("change", ["user.is_active = False", PASSWORD_CHANGED])
def test_the_stream_ends_when_its_listener_may_not_sign_in_so_any_more(product: Product, change: str) -> None:
    trader = product.newcomer()
    person = Person(product, trader)
    with person.listening() as stream:
        stream.wait_for("beat")
        find = f"from accounts.models import User; user = User.objects.get(username={trader.username!r})"
        product.manage("shell", "-v", "0", "-c", f"{find}; {change}; user.save()")
        until = time.monotonic() + 3
        for _ in stream.events():
            assert time.monotonic() < until, "it goes on telling"
    assert person.send("GET", "/live", person.cookies)[0].status == 401
