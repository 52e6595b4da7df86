"""P-5: what a quote costs when 100,000 orders wait, and how many quotes a second go through the one door.

    python -m bench.quotes [--orders 100000] [--seconds 10]

Works in a database of its own beside the configured one, and drops it at the end. Beside each figure stands the time of
one durable single-row commit measured in the same run: what no design can undercut.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

import django

RUNS = 25
ACCOUNTS = 1_000
FEED_INSTRUMENTS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webhooks_terminal.settings")
    django.setup()
    with own_database():
        report(options.orders, options.seconds)


@contextmanager
def own_database() -> Iterator[None]:
    from django.test.runner import DiscoverRunner

    runner = DiscoverRunner(verbosity=0, interactive=False)
    old = runner.setup_databases()
    try:
        yield
    finally:
        runner.teardown_databases(old)


def report(orders: int, seconds: float) -> None:
    fill(orders)
    commit = commit_ms()
    print(f"{'a durable single-row commit':<58} {commit:>9.2f} ms")
    print(f"{f'a quote, {orders} orders wait, none triggered (limit 5 ms)':<58} {median_ms(untouched):>9.2f} ms")
    print(f"{f'a quote, {orders} orders wait, 10 triggered (limit 20 ms)':<58} {median_ms(touching):>9.2f} ms")
    for size in (FEED_INSTRUMENTS, 20, 1):
        rate = quotes_per_second(seconds / 3, size)
        print(f"{f'quotes/s over 200 instruments, {size} a batch (target 1000)':<58} {rate:>9.0f} /s")


def fill(orders: int) -> None:
    """Accounts whose orders wait around 100: buys below 90, sells above 110, none of which fires."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user (id, username, password, first_name, last_name, email, is_superuser,"
            " is_staff, is_active, date_joined) VALUES (1, 'bench', '', '', '', '', false, false, true, now())"
        )
        cursor.execute(
            "INSERT INTO accounts_tradingaccount (id, name, user_id, currency, status, created_at) SELECT n,"
            " 'B-' || n, 1, 'USD', 'active', now() FROM generate_series(1, %s) n",
            [ACCOUNTS],
        )
        cursor.execute("INSERT INTO orders_tray (account_id, next_seq) SELECT id, 1 FROM accounts_tradingaccount")
        cursor.execute(
            "INSERT INTO orders_instrument (id, symbol, symbol_type, description, exchange, isin, currency,"
            " base_currency, lot_size, tick_size, tick_ranges, min_lot, max_lot, lot_step, margin_rate,"
            " short_allowed, strike_type, underlier, calendar, status, commission_per_lot,"
            " commission_percent, commission_fixed, aliases) SELECT n, 'S' || n, 'CRYPTO', '', '', '', 'USD',"
            " '', 1, 0.01, '[]', 1, 100, 1, 1, true, '', '', '24/7', 'open', 0, 0, 0, '{}'"
            " FROM generate_series(1, %s) n",
            [FEED_INSTRUMENTS],
        )
        cursor.execute(
            "INSERT INTO orders_order (id, account_id, instrument_id, leg, client_order_id, type, side, qty,"
            " filled_qty, triggered, validity, state, reason, user_comment, origin, created_at, updated_at,"
            " seen_seq, price, wakes_at_or_below, wakes_at_or_above) SELECT n, 1 + n %% %s, 1, '', '', 'Limit',"
            " CASE WHEN n %% 2 = 0 THEN 'buy' ELSE 'sell' END, 1, 0, false, 'GTC', 'working', '', '', '{}',"
            " now(), now(), 0, 100, CASE WHEN n %% 2 = 0 THEN 40 + (n %% 5000) / 100.0 END,"
            " CASE WHEN n %% 2 = 1 THEN 110 + (n %% 5000) / 100.0 END FROM generate_series(1, %s) n",
            [ACCOUNTS, orders],
        )
        cursor.execute("ANALYZE")


def commit_ms() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_commit (n int)")
        return median_ms(lambda: cursor.execute("INSERT INTO bench_commit VALUES (1)"))


def untouched() -> None:
    give([1], Decimal(100))


def touching() -> None:
    """A quote that ten orders of ten accounts wait for; afterwards they sleep again, outside of the clock."""
    give([1], Decimal(100))


def give(ids: list[int], price: Decimal) -> None:
    from orders.quote_reading import Offer
    from orders.quotes import offer

    offer([Offer(one, price, price + Decimal("0.01"), time=datetime.now(UTC)) for one in ids], "bench")


def wake_ten() -> None:
    from orders.models import Order

    Order.objects.filter(id__lte=20, side="buy").update(wakes_at_or_below=Decimal("100.01"))


def median_ms(act: Callable[[], object]) -> float:
    if act is touching:
        wake_ten()
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def quotes_per_second(seconds: float, size: int) -> float:
    began, many, at = time.perf_counter(), 0, 0
    while (spent := time.perf_counter() - began) < seconds:
        ids = [1 + (at + n) % FEED_INSTRUMENTS for n in range(size)]
        give(ids, Decimal(100))
        many, at = many + size, at + size
    return many / spent


if __name__ == "__main__":
    main()
