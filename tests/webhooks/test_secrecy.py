"""No secret in any log line or table, whatever the address looks like."""

from __future__ import annotations

import logging

import psycopg
import pytest
import redis
from psycopg import sql

from tests.instance import Product
from webhooks.keys import mint
from webhooks.secrecy import redacted
from webhooks_terminal.redaction import RedactingFilter, RedactingFormatter

API, SECRET = "wk_" + "a1B2" * 5 + "zz", "ws_" + "Zz9" * 16 + "q"
ADDRESSES = (
    "/webhook/{api}/{secret}",
    "/webhook/{api}/{secret}/",
    "//webhook//{api}//{secret}",
    "/Webhook/{api}/{secret}",
    "/WEBHOOK/{secret}",
    "/webhook/{secret}/{api}",
    "/webhook/{api}/{bare}",
    "/webhook/{api}{secret}",
    "/webhook/{api}/{secret}append",
    "/webhook/{api}/{secret}/orders?x={secret}",
    "/webhook%2F{api}%2F{secret}",
    "/webhook/{api}/ws%5F{bare}",
    "/x/webhook/{api}/{secret}",
    "/api/v1/accounts/{secret}",
    "/api/v1/requests?cursor={secret}",
    "/{secret}",
    "/?key={secret}",
    "/accounts/webhooks/{secret}/",
    "/admin/{secret}",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_shown_without_its_secret(address: str) -> None:
    path = address.format(api=API, secret=SECRET, bare=SECRET[3:])
    line = redacted(f'127.0.0.1 "POST {path} HTTP/1.1" 200')
    assert SECRET[3:] not in line
    assert SECRET[3:20] not in line
    assert line.endswith('HTTP/1.1" 200')


def test_the_public_part_stays() -> None:
    assert redacted(f"/webhook/{API}/{SECRET}") == f"/webhook/{API}/***"
    number = "01234567-89ab-cdef-0123-456789abcdef"
    assert redacted(f"/webhook/{API}/{SECRET}/requests/{number}") == f"/webhook/{API}/***/requests/{number}"
    for harmless in ("the webhook is open", "sha256 " + "ab12" * 16, "/accounts/webhooks/", "ws_", "news_breakout"):
        assert redacted(harmless) == harmless


def test_minted_secrets_are_always_known() -> None:
    for _ in range(200):
        api, secret = mint()
        assert secret not in redacted(f"{api} {secret} {secret[3:]}")
        assert secret[3:] not in redacted(f"{api} {secret} {secret[3:]}")


def test_log_records_and_tracebacks() -> None:
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "posted to %s", (f"/webhook/{API}/{SECRET}",), None)
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    RedactingFilter().filter(record)
    assert SECRET not in RedactingFormatter().format(record)


def test_what_a_running_product_leaves_behind(product: Product) -> None:
    trader = product.newcomer()
    secret = trader.key.secret
    for address in ADDRESSES:
        path = address.format(api=trader.key.api, secret=secret, bare=secret[3:])
        for method in ("POST", "GET", "PUT"):
            answer = product.ask(method, path, secret.encode(), {"Idempotency-Key": secret, "X-Api-Key": secret})
            assert answer.status < 500
            assert secret not in answer.text
    body = {"action": "place", "accountName": secret, "symbol": secret, "userComment": secret, secret: 1}
    good = body | {"accountName": trader.account, "symbol": "BTCUSDT", "type": "Care", "qty": 1, "side": "buy"}
    for message in (body, {"action": secret}, [secret], f"{secret} {{", {"clientOrderId": secret} | body, good):
        answer = product.post(message if isinstance(message, str) else repr(message).replace("'", '"'), trader.key)
        assert answer.status < 500
        assert secret not in answer.text
    assert secret[3:] not in product.log()
    with psycopg.connect(product.instance.database_url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            count = sql.SQL("SELECT count(*) FROM {} t WHERE t::text LIKE %s").format(sql.Identifier(table))
            found = connection.execute(count, [f"%{secret[3:]}%"]).fetchone()
            assert found == (0,), table
    with redis.Redis.from_url(product.instance.redis_url) as broker:
        for name in broker.scan_iter():
            assert secret[3:] not in f"{name!r} {kept_in(broker, name)!r}"


def kept_in(broker: redis.Redis, name: bytes) -> object:
    kind = broker.type(name)
    if kind == b"hash":
        return broker.hgetall(name)
    if kind in (b"set", b"zset"):
        return broker.smembers(name) if kind == b"set" else broker.zrange(name, 0, -1)
    return broker.lrange(name, 0, -1) if kind == b"list" else broker.get(name)
