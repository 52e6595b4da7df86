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
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from orders.models import Order

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

    from accounts.models import TradingAccount, User
    from orders.models import Instrument, Order, Tray

    user = User.objects.create(username="bench")
    TradingAccount.objects.bulk_create(
        TradingAccount(id=n, name=f"B-{n}", user=user, currency="USD") for n in range(1, ACCOUNTS + 1)
    )
    Tray.objects.bulk_create(Tray(account_id=n) for n in range(1, ACCOUNTS + 1))
    terms = {"currency": "USD", "tick_size": "0.01", "margin_rate": 1, "lot_size": 1}
    lots = {"min_lot": 1, "max_lot": 100, "lot_step": 1}
    Instrument.objects.bulk_create(
        Instrument(id=n, symbol=f"S{n}", symbol_type="CRYPTO", **terms, **lots) for n in range(1, FEED_INSTRUMENTS + 1)
    )
    Order.objects.bulk_create((waiting_order(n) for n in range(1, orders + 1)), batch_size=5_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def waiting_order(n: int) -> Order:
    from orders.models import Order

    now, distance = datetime.now(UTC), Decimal(n % 5_000) / 100
    wakes = {"wakes_at_or_below": 40 + distance} if n % 2 == 0 else {"wakes_at_or_above": 110 + distance}
    return Order(
        id=n,
        account_id=1 + n % ACCOUNTS,
        instrument_id=1,
        type="Limit",
        side="sell" if n % 2 else "buy",
        qty=1,
        price=100,
        validity="GTC",
        state="working",
        created_at=now,
        updated_at=now,
        **wakes,
    )


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
