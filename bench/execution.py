"""P-4: how many waiting orders a second two workers execute, with everything an order entails, and how long one takes.

    python -m bench.execution [--commands 20000] [--accounts 1000] [--runs 3]

A real Celery worker with two processes drains real trays, in a database of its own beside the configured one. Of the
commands half are Market orders (a fifth of them with stop loss and take profit), a quarter Limit orders that rest, the
others modify and cancel. Durable single-row commits a second, measured in the same minute, stand beside.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import django
import psycopg

PROJECT = Path(__file__).resolve().parent.parent
HOT_COMMANDS = 5_000
PATIENCE_SECONDS = 300
ME = {"kind": "operator", "user": "bench"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=20_000)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webhooks_terminal.settings")
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="bench-execution-"))
        stack.enter_context(own_servers(Path(folder)))
        django.setup()
        report(stack, options)


@contextmanager
def own_servers(folder: Path) -> Iterator[None]:
    """A database of its own and a Redis of its own, named in the environment as everywhere else."""
    from webhooks_terminal.run.postgres import create_database, drop_database
    from webhooks_terminal.run.redis_server import RedisServer

    server = os.environ["DATABASE_URL"]
    name = f"bench_execution_{os.getpid()}"
    redis = RedisServer(folder, "only-for-bench")
    redis.start()
    create_database(server, name)
    os.environ["DATABASE_URL"] = urlsplit(server)._replace(path=f"/{name}").geturl()
    os.environ["REDIS_URL"] = redis.url
    try:
        yield
    finally:
        redis.stop()
        drop_database(server, name)


def report(stack: ExitStack, options: argparse.Namespace) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    accounts = new_world(options.accounts)
    commits = commits_per_second(2)
    line("durable single-row commits/s, 2 connections", commits, "/s")
    stack.enter_context(worker())
    many = [spread(accounts, options.commands) for _ in range(options.runs)]
    line(f"orders/s, {options.commands} over {options.accounts} accounts (target 5000)", statistics.median(many), "/s")
    line("  of the commits above", statistics.median(many) / commits, "x")
    hot = [spread([account], HOT_COMMANDS) for account in accounts[: options.runs]]
    line(f"orders/s, {HOT_COMMANDS} of one account (target 1000)", statistics.median(hot), "/s")
    took = sorted(one_order(account) for account in accounts[:300])
    line("one order, from the tray to its outcome, p50", took[len(took) // 2] * 1000, "ms")
    line("one order, from the tray to its outcome, p99", took[len(took) * 99 // 100] * 1000, "ms")


def line(what: str, figure: float, unit: str) -> None:
    print(f"{what:<64} {figure:>10,.2f} {unit}", flush=True)


# --- The world ---------------------------------------------------------------------------------------------


def new_world(many: int) -> list[int]:
    """Accounts with money, and ten instruments that have a price."""
    from accounts.models import TradingAccount, User
    from orders import quotes
    from orders.engine.commands import MoveMoney
    from orders.intake import Slip, submit_all
    from orders.models import Instrument

    user = User.objects.create(username="bench")
    terms: dict[str, Any] = {"symbol_type": "CRYPTO", "currency": "USD", "lot_size": 1, "margin_rate": Decimal("0.1")}
    steps = {"tick_size": Decimal("0.01"), "min_lot": 1, "max_lot": 1000, "lot_step": 1}
    for number in range(10):
        Instrument.objects.create(symbol=f"S{number}", **terms, **steps, commission_per_lot=Decimal("0.01"))
    quotes.accept([{"symbol": f"S{number}", "bid": "100", "ask": "100.02"} for number in range(10)], "bench")
    accounts = TradingAccount.objects.bulk_create(
        TradingAccount(name=f"B-{number}", user=user, currency="USD") for number in range(many)
    )
    submit_all([Slip(account.pk, MoveMoney("deposit", Decimal(1_000_000)), ME) for account in accounts])
    drain_here([account.pk for account in accounts])
    return [account.pk for account in accounts]


def drain_here(accounts: list[int]) -> None:
    from orders.execution import drain

    for account in accounts:
        drain(account)


def commits_per_second(connections: int) -> float:
    """What the disk and the database allow those who commit one row at a time."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as conn:
        conn.execute("CREATE TABLE bench_commit (n int)")
    counts: list[int] = []
    threads = [threading.Thread(target=commit_for, args=(2.0, counts)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / 2.0


def commit_for(seconds: float, counts: list[int]) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as conn:
        until, many = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            conn.execute("INSERT INTO bench_commit VALUES (1)", prepare=True)
            many += 1
        counts.append(many)


# --- The measurements -----------------------------------------------------------------------------------------


@contextmanager
def worker() -> Iterator[None]:
    """A Celery worker with two processes, as `make run` starts it."""
    options = "-Q bells -c 2 --without-gossip --without-mingle --without-heartbeat -l ERROR"
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "webhooks_terminal", "worker", *options.split()],
        cwd=PROJECT,
        env=os.environ | {"ROLE": "worker"},
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def spread(accounts: list[int], commands: int) -> float:
    """Fills the trays, rings once for all, and waits until they are empty: commands a second."""
    from orders.intake import ring

    put_in(accounts, commands)
    began = time.perf_counter()
    ring(accounts)
    wait_until(lambda: not waiting(accounts))
    return commands / (time.perf_counter() - began)


def put_in(accounts: list[int], commands: int) -> None:
    from django.db import transaction

    from orders.intake import insert

    chance = random.Random(4)
    slips = [one for number in range(commands) if (one := slip(chance, accounts[number % len(accounts)], number))]
    for at in range(0, len(slips), 2_000):
        with transaction.atomic():
            insert(slips[at : at + 2_000])


def slip(chance: random.Random, account: int, number: int) -> Any:
    from orders.engine.commands import Cancel, Modify, Place
    from orders.engine.values import Guard, OrderType, Side, StopLossType, TakeProfitType, Validity
    from orders.intake import Slip

    instrument, what = 1 + number % 10, chance.random()
    side = chance.choice([Side.BUY, Side.SELL])
    name = f"n{chance.randrange(6)}"
    if what < 0.5:
        guards: dict[str, Any] = {}
        if what < 0.1:
            guards["stop_loss"] = Guard(Decimal(500), StopLossType.TICKS)
            guards["take_profit"] = Guard(Decimal(500), TakeProfitType.TICKS)
        qty = Decimal(chance.randrange(1, 6))
        return Slip(account, Place(0, instrument, OrderType.MARKET, side, qty, **guards), ME)
    if what < 0.75:
        price = Decimal(90) if side is Side.BUY else Decimal(110)
        place = Place(0, instrument, OrderType.LIMIT, side, Decimal(2), price=price, client_order_id=name)
        return Slip(account, place, ME)
    if what < 0.87:
        return Slip(account, Modify(client_order_id=name, qty=Decimal(3), validity=Validity.GTC), ME)
    return Slip(account, Cancel(client_order_id=name), ME)


def waiting(accounts: list[int]) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM orders_tray t JOIN orders_book b USING (account_id)"
            " WHERE t.next_seq > b.done_seq + 1 AND account_id = ANY(%s)",
            [accounts],
        )
        return cursor.fetchone()[0]


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("the trays do not empty")
        time.sleep(0.02)


def one_order(account: int) -> float:
    from orders.engine.commands import Place
    from orders.engine.values import OrderType, Side
    from orders.intake import Slip, outcome_of, submit

    began = time.perf_counter()
    accepted = submit(Slip(account, Place(0, 1, OrderType.MARKET, Side.BUY, Decimal(1)), ME))
    outcome_of(accepted.account_id, accepted.seq, 10)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
