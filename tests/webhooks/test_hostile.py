"""What attackers and broken senders post: answered below 500, quickly, and nothing of it reaches a tray."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

import pytest

from tests.instance import Product, Trader
from tests.webhooks.messages import PLACE, changed

GOOD = json.dumps(PLACE)


def with_qty(text: str) -> str:
    return json.dumps(changed(PLACE, qty=...))[:-1] + f', "qty": {text}}}'


def with_name(text: str) -> str:
    return json.dumps(changed(PLACE, accountName=...))[:-1] + f', "accountName": "{text}"}}'


BODIES: dict[str, str | bytes] = {
    "empty": "",
    "white space": " \n\t ",
    "a brace": "{",
    "a byte": b"\x00",
    "a NUL in a name": with_name("DEMO\\u0000-1"),
    "a raw NUL": GOOD.replace("BTC", "B\x00TC"),
    "bad UTF-8": GOOD.encode().replace(b"BTC", b"B\xff\xfeC"),
    "half a character": GOOD.encode()[:-2] + b"\xc3",
    "UTF-16": GOOD.encode("utf-16"),
    "UTF-32": GOOD.encode("utf-32"),
    "overlong UTF-8": b'{"action": "\xc0\xae"}',
    "a lone surrogate": with_name("\\ud800"),
    "a direction override": with_name("DEMO\\u202e-1"),
    "a zero-width space": with_name("DEMO\\u200b-1"),
    "a letter that looks alike": with_name("DЕMO-1"),
    "100,000 brackets": "[" * 100_000,
    "8,000 brackets": "[" * 8_000,
    "8,000 braces": '{"a":' * 2_700,
    "nested in a field": '{"action": ' + "[" * 8_000 + "]" * 8_000,
    "2,000 keys": json.dumps({f"k{number}": 1 for number in range(1_500)}),
    "a million keys": "{" + ",".join(f'"{number}":1' for number in range(1_000_000)) + "}",
    "16,385 bytes": GOOD + " " * (16_385 - len(GOOD)),
    "10 megabytes": b"x" * 10_000_000,
    "a key twice": GOOD[:-1] + ', "qty": 100}',
    "a key twice in a nested object": GOOD[:-1] + ', "note": {"a": 1, "a": 2}}',
    "NaN": with_qty("NaN"),
    "Infinity": with_qty("-Infinity"),
    "quoted NaN": with_qty('"NaN"'),
    "1e999": with_qty("1e999"),
    "1e-400": with_qty("1e-400"),
    "minus zero": with_qty("-0"),
    "5,000 digits": with_qty("9" * 5_000),
    "a huge exponent": with_qty("1e" + "9" * 300),
    "2^63": with_qty("9223372036854775808"),
    "true": with_qty("true"),
    "an underscore": with_qty('"1_000"'),
    "other digits": with_qty('"١٢"'),
    "an object": with_qty("{}"),
    "a list": with_qty("[1]"),
    "SQL in a name": with_name("x'; DROP TABLE orders_order; --"),
    "a template in a name": with_name("{% debug %}{{ 7*7 }}"),
    "a format string": with_name("%s%n{0.__class__}"),
    "CRLF in a name": with_name("x\\r\\nSet-Cookie: a=b"),
    "script in a name": with_name("<script>alert(1)</script>"),
    "a formula in a name": with_name("=HYPERLINK(1)"),
    "proto": GOOD[:-1] + ', "__proto__": {"qty": 5}, "qty": ""}',
    "huge order id": '{"action": "cancel", "accountName": "MALLORY-1", "orderId": 99999999999999999999}',
    "negative order id": '{"action": "cancel", "accountName": "MALLORY-1", "orderId": -1}',
    "XML": "<?xml version='1.0'?><order/>",
    "a form": "action=place&qty=1",
    "JSON twice": GOOD + GOOD,
    "a year beyond dates": '{"action": "modify", "accountName": "MALLORY-1", "orderId": 1, "expireDate": 9e17}',
}


@pytest.fixture(scope="module")
def mallory(shared_product: Product) -> Trader:
    return shared_product.newcomer()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_hostile_bodies(product: Product, mallory: Trader, body: str | bytes) -> None:
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    answer = product.post(raw.replace(b"MALLORY-1", mallory.account.encode()), mallory.key)
    assert 400 <= answer.status < 500, answer.text
    assert answer.json["s"] == answer.json["status"] == "error"
    assert answer.json["errmsg"].isprintable()
    assert answer.headers["x-request-id"]
    assert not {"set-cookie", "location"} & set(answer.headers)
    assert product.read(f"/api/v1/accounts/{mallory.account}/orders", mallory.key)["d"] == []


@pytest.mark.parametrize(
    "request_line",
    [
        "GET {path}",
        "HEAD {path}",
        "PUT {path}",
        "DELETE {path}",
        "PATCH {path}",
        "OPTIONS {path}",
        "BREW {path}",
        "POST {path}/requests/x",
    ],
)
def test_other_methods(product: Product, mallory: Trader, request_line: str) -> None:
    method, path = request_line.format(path=mallory.key.path).split()
    answer = product.ask(method, path)
    assert answer.status == 405
    assert answer.headers["allow"] == ("GET" if "requests" in path else "POST")
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/webhook", 401),
        ("/webhook/", 401),
        ("/webhook/{api}", 401),
        ("/webhook/{api}/", 401),
        ("/webhook/{secret}/{api}", 401),
        ("/webhook/{api}/{secret}x", 401),
        ("/webhook/{api}/ws_", 401),
        ("/webhook/%00/%ff", 401),
        ("/webhook/{api}/{secret}/orders", 404),
        ("/webhook/{api}/{secret}/requests/x/y", 404),
        ("/webhook/a/b/c/d/e/f", 404),
    ],
)
def test_other_addresses(product: Product, mallory: Trader, path: str, status: int) -> None:
    path = path.format(api=mallory.key.api, secret=mallory.key.secret)
    answer = product.ask("POST", path, GOOD.encode())
    assert answer.status == status
    assert answer.json["s"] == "error"
    assert mallory.key.secret not in answer.text


def spoken(product: Product, head: str, pieces: Iterable[bytes] = ()) -> tuple[bytes, float]:
    """What the server says to raw bytes, and after how many seconds."""
    address = urlsplit(product.url)
    with socket.create_connection((address.hostname or "", address.port or 80), timeout=5) as connection:
        started = time.monotonic()
        connection.sendall(head.encode())
        try:
            for piece in pieces:
                connection.sendall(piece)
        except OSError:
            pass  # it has answered and closed
        answer = connection.recv(65_536)
        return answer, time.monotonic() - started


def head(trader: Trader, *headers: str) -> str:
    return "\r\n".join([f"POST {trader.key.path} HTTP/1.1", "Host: localhost", *headers, "", ""])


@pytest.mark.parametrize("length", [16_385, 10_000_000, 10**15])
def test_a_declared_size_is_refused_without_waiting_for_it(product: Product, mallory: Trader, length: int) -> None:
    answer, seconds = spoken(product, head(mallory, f"Content-Length: {length}"))
    assert answer.startswith(b"HTTP/1.1 413")
    assert seconds < 2


def test_endless_chunks_are_refused_at_the_limit(product: Product, mallory: Trader) -> None:
    chunks = (b"1000\r\n" + b"x" * 4096 + b"\r\n" for _ in range(10_000))
    answer, seconds = spoken(product, head(mallory, "Transfer-Encoding: chunked"), chunks)
    assert answer.startswith(b"HTTP/1.1 413")
    assert seconds < 2


def test_a_body_that_never_comes_is_answered_in_time(product: Product, mallory: Trader) -> None:
    answer, seconds = spoken(product, head(mallory, "Content-Length: 100"), [b"{}"])
    assert answer.startswith(b"HTTP/1.1 408")
    assert seconds < 3
    cut, seconds = spoken(product, head(mallory, "Transfer-Encoding: chunked"), [b"5\r\nabcde\r\n"])
    assert cut.startswith(b"HTTP/1.1 408")
    assert seconds < 3


def test_the_largest_body_is_read(product: Product, mallory: Trader) -> None:
    body = json.dumps(PLACE | {"accountName": mallory.account, "type": "Fast"})
    assert product.post(body + " " * (16_384 - len(body)), mallory.key).status == 400


@pytest.mark.parametrize("path", ["/account/login/", "/api/v1/accounts", "/nowhere"])
def test_too_large_a_body_is_refused_at_every_other_address(product: Product, path: str) -> None:
    declared = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {1024 * 1024 + 1}\r\n\r\n"
    answer, seconds = spoken(product, declared)
    assert b" 413 " in answer.partition(b"\r\n")[0]
    assert seconds < 2
    chunked = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer, _ = spoken(product, chunked, (b"10000\r\n" + b"x" * 65_536 + b"\r\n" for _ in range(20)))
    assert b" 413 " in answer.partition(b"\r\n")[0]
    assert product.ask("POST", "/nowhere", b"x" * 1024 * 1024).status == 404
