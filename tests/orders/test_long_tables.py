"""A page of a table of 100,000 rows reads as little as a page of a short one: by an index, and never all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import TradingAccount
from orders.models import Instrument
from orders.tables import FILLED
from tests.orders.by_hand import browser
from tests.orders.making import an_account, an_instrument

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 100_000
HTMX = {"HX-Request": "true"}
# Of an account among others; "%%" because the numbers are given as parameters.
FILLS_SQL = """
INSERT INTO orders_fill (account_id, order_id, instrument_id, number, seq, side, qty, price, fee, gross, at)
SELECT %(account)s, %(first)s + n / 1000, %(instrument)s, n %% 1000, n,
       CASE WHEN n %% 2 = 0 THEN 'buy' ELSE 'sell' END, n %% 13 + 1, 100 + n %% 1000, 1,
       (n::bigint * 7919 %% 100003) - 50000, now() - make_interval(secs => %(rows)s - n)
FROM generate_series(1, %(rows)s) AS n
"""
EVENTS_SQL = """
INSERT INTO orders_orderevent (account_id, order_id, seq, number, kind, state, at, origin, details)
SELECT %(account)s, %(first)s + n / 1000, n, 1, CASE WHEN n %% 50000 = 1 THEN 'rejected' ELSE 'filled' END, 'filled',
       now() - make_interval(secs => %(rows)s - n), '{}', '{}'
FROM generate_series(1, %(rows)s) AS n
"""
ORDERS_SQL = """
INSERT INTO orders_order (id, account_id, instrument_id, leg, client_order_id, type, side, qty, filled_qty, fill_count,
                          triggered, validity, state, reason, user_comment, origin, created_at, updated_at, seen_seq)
SELECT %(first)s + n, %(account)s, %(instrument)s, '', '', 'Market', 'buy', 1, 1, 1, false, 'DAY', 'filled', '', '',
       '{}', now(), now(), 0
FROM generate_series(0, %(rows)s / 1000) AS n
"""


@pytest.fixture
def alice() -> TradingAccount:
    """With a long past, beside somebody with a short one."""
    account, instrument = an_account(), an_instrument()
    fill(account, instrument, ROWS)
    fill(an_account("BOB-1", "bob"), instrument, 100)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE orders_fill, orders_orderevent, orders_order")
    return account


def fill(account: TradingAccount, instrument: Instrument, rows: int) -> None:
    with connection.cursor() as cursor:
        for sql in (ORDERS_SQL, FILLS_SQL, EVENTS_SQL):
            first = account.pk * ROWS
            cursor.execute(sql, {"account": account.pk, "instrument": instrument.pk, "rows": rows, "first": first})


def most_rows_read(client: Client, path: str) -> int:
    """By any step of any plan of the page's queries on the long tables, with the rows that it threw away."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    queries = [one["sql"] for one in asked if re.search(r"FROM \"?orders_(fill|orderevent)\"", one["sql"])]
    assert queries
    read = 0
    with connection.cursor() as cursor:
        for sql in queries:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
            plan = cursor.fetchone()[0]
            for step in steps((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]):
                read = max(read, step["Actual Rows"] + step.get("Rows Removed by Filter", 0))
    return int(read)


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from steps(part)


def test_a_page_of_a_long_table_reads_little(alice: TradingAccount) -> None:
    client = browser(alice)
    window = FILLED.window
    # In the order they were written, at either end and amid, they are the rows of an index.
    for path in ("/orders/filled/", "/orders/filled/?before=50000", "/orders/filled/?after=50000", "/orders/history/"):
        assert most_rows_read(client, path) <= 1_000, path
    # So they are by their result, and by what happened, however rare it is.
    client.post("/tables/filled/sort/", {"column": "net-pl"}, headers=HTMX)
    assert most_rows_read(client, "/orders/filled/") <= 1_000
    assert most_rows_read(client, "/orders/filled/?before=777") <= 1_000
    assert most_rows_read(client, "/orders/history/?kind=rejected") <= 1_000
    # By anything else the newest are looked through, and no more.
    client.post("/tables/filled/sort/", {"column": "price"}, headers=HTMX)
    assert most_rows_read(client, "/orders/filled/") <= window + 1_000
    assert most_rows_read(client, "/orders/filled/?find=no-such-symbol") <= window + 1_000
    assert "among the newest" in client.get("/orders/filled/").content.decode()
