"""Looks for a secret in every place where a running product or a browser could have kept it."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import psycopg
import redis
from playwright.sync_api import Page
from psycopg import sql

from tests.instance import Key, Product

TABLES_SQL = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
# Everything a page can keep or show: its text and fields, every storage, the addresses it fetched, its history's state.
BROWSER_SCRIPT = """async () => {
    const found = [document.documentElement.outerHTML, location.href, document.cookie, JSON.stringify(history.state)];
    for (const field of document.querySelectorAll("input, textarea, select")) found.push(field.value);
    for (const storage of [localStorage, sessionStorage]) {
        for (let n = 0; n < storage.length; n++) found.push(storage.key(n), storage.getItem(storage.key(n)));
    }
    for (const { name } of await indexedDB.databases()) found.push(`indexed database ${name}`);
    for (const name of await caches.keys()) {
        for (const request of await (await caches.open(name)).keys()) {
            found.push(request.url, await (await caches.match(request)).text());
        }
    }
    for (const worker of await navigator.serviceWorker.getRegistrations()) found.push(worker.scope);
    for (const entry of performance.getEntries()) found.push(entry.name);
    return found.join("\\n");
}"""


def spellings(key: Key) -> list[str]:
    """The secret as it is, as PostgreSQL shows bytes, and as it travels in HTTP Basic."""
    basic = base64.b64encode(f"{key.api}:{key.secret}".encode()).decode()
    return [key.secret, key.secret.encode().hex(), base64.b64encode(key.secret.encode()).decode().rstrip("="), basic]


def hits(key: Key, text: str) -> list[str]:
    return [spelling for spelling in spellings(key) if spelling in text]


def kept_by_browser(page: Page) -> str:
    return str(page.evaluate(BROWSER_SCRIPT))


def rows_of(product: Product) -> Iterator[tuple[str, str]]:
    """Every row of every table, all columns as text."""
    with psycopg.connect(product.instance.database_url, autocommit=True) as connection:
        for schema, table in connection.execute(TABLES_SQL).fetchall():
            query = sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(schema, table))
            for (row,) in connection.execute(query):
                yield f"{schema}.{table}", row


def values_in_redis(product: Product) -> Iterator[tuple[str, str]]:
    client = redis.Redis.from_url(product.instance.redis_url)
    reads = {
        b"string": client.get,
        b"list": lambda name: client.lrange(name, 0, -1),
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"zset": lambda name: client.zrange(name, 0, -1),
    }
    try:
        for name in client.scan_iter():
            read = reads.get(client.type(name), client.dump)
            yield name.decode("utf-8", "replace"), f"{name!r} {read(name)!r}"
    finally:
        client.close()
