"""P-6: what a long past costs: intake, latency, execution and panels on empty books, then the same on full ones.

    python -m bench.growth [--past 1000000] [--resting 20000] [--accounts 1000] [--seconds 6]

The past is written straight into the tables: for each old order its command, fill, two events, two entries of the
ledger and its delivery. Orders that rest are placed through the webhook. The target names 10 million old orders over
10,000 accounts with 100,000 resting; that fills the database for a quarter of an hour, the defaults for a minute.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.request
from collections.abc import Callable

import psycopg

from bench.load import keep_sending, run, send_steadily
from bench.place import Place, place
from bench.terminals import sessions_of

GOAL = 1.3
SLICE = 50_000
PATIENCE_SECONDS = 120
PANELS = (
    *("/accounts/", "/positions/", "/orders/", "/orders/filled/", "/orders/history/", "/events/", "/desk/"),
    *("/accounts/ledger/", "/accounts/equity/", "/webhooks", "/accounts/products/"),
)
WAITING_SQL = "SELECT count(*) FROM orders_ordercommand WHERE status = 0"
RESTING_SQL = "SELECT count(*) FROM orders_order WHERE state = 'working'"
# Each account's numbers go on behind its old commands, which take those that were next.
ROOM_SQL = """
CREATE TEMPORARY TABLE past AS
SELECT n, nextval('orders_order_number') AS order_id, a.id AS account_id, a.user_id,
       t.next_seq + (n - 1) / cardinality(ids.all) AS seq, gen_random_uuid() AS delivery_id,
       now() - interval '30 days' + make_interval(secs => n * 2000000.0 / {many}) AS at
FROM (SELECT array_agg(id ORDER BY id) AS all FROM accounts_tradingaccount WHERE name LIKE 'B-%') AS ids,
     generate_series(1, {many}) AS n
     JOIN LATERAL (SELECT (ids.all)[1 + (n - 1) % cardinality(ids.all)] AS id) AS chosen ON true
     JOIN accounts_tradingaccount a ON a.id = chosen.id
     JOIN orders_tray t ON t.account_id = a.id
"""
PAST_SQL = (
    """INSERT INTO orders_ordercommand (account_id, seq, kind, payload, order_id, origin, delivery_id, status, attempts,
           outcome, accepted_at, done_at)
       SELECT account_id, seq, 'place', '{}', order_id, '{"kind": "webhook"}', delivery_id, 1, 1, '{"ok": true}', at, at
       FROM past""",
    """INSERT INTO orders_order (id, account_id, instrument_id, leg, client_order_id, type, side, qty, filled_qty,
           fill_count, avg_price, triggered, validity, state, reason, user_comment, origin, created_at, updated_at,
           seen_seq)
       SELECT order_id, account_id, i.id, '', '', 'Market', 'buy', 0.001, 0.001, 1, 64000, false, 'DAY', 'filled', '',
              '', '{"kind": "webhook"}', at, at, 0
       FROM past, (SELECT id FROM orders_instrument WHERE symbol = 'BTCUSDT') AS i""",
    """INSERT INTO orders_fill (account_id, order_id, instrument_id, number, seq, side, qty, price, fee, gross, at)
       SELECT account_id, order_id, i.id, 1, seq, 'buy', 0.001, 64000, 0, n % 7 - 3, at
       FROM past, (SELECT id FROM orders_instrument WHERE symbol = 'BTCUSDT') AS i""",
    """INSERT INTO orders_orderevent (account_id, order_id, seq, number, kind, state, at, origin, details)
       SELECT account_id, order_id, seq, number, (ARRAY['accepted', 'filled'])[number],
              (ARRAY['working', 'filled'])[number], at, '{"kind": "webhook"}', '{}'
       FROM past, generate_series(1, 2) AS number""",
    """INSERT INTO orders_ledgerentry (account_id, seq, number, kind, amount, balance, order_id, fill_number, note, at)
       SELECT account_id, seq, number, 'commission', (-1) ^ number, 1000000, order_id, 1, '', at
       FROM past, generate_series(1, 2) AS number""",
    """INSERT INTO webhooks_delivery (id, key_id, user_id, received_at, method, action, account_name, summary, body,
           account_id, seq, http, code, answer, answered_at, took_ms)
       SELECT delivery_id, k.id, past.user_id, at, 'POST', 'place', a.name, 'Buy 0.001 BTCUSDT Market', '{}',
              past.account_id, seq, 200, '', '{"s": "ok", "d": {}}', at, 5
       FROM past JOIN accounts_tradingaccount a ON a.id = past.account_id
            JOIN webhooks_webhookkey k ON k.name = 'bench-' || substr(a.name, 3)""",
    """UPDATE orders_tray t SET next_seq = t.next_seq + p.many
       FROM (SELECT account_id, count(*) AS many FROM past GROUP BY account_id) AS p
       WHERE t.account_id = p.account_id""",
    """UPDATE orders_book b SET done_seq = b.done_seq + p.many
       FROM (SELECT account_id, count(*) AS many FROM past GROUP BY account_id) AS p
       WHERE b.account_id = p.account_id""",
    "DROP TABLE past",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--past", type=int, default=1_000_000)
    parser.add_argument("--resting", type=int, default=20_000)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=6)
    options = parser.parse_args()
    with place(options.accounts) as here:
        session, _ = next(iter(sessions_of(here).values()))
        run(lambda: send_steadily(here.base, here.order, 10, 3))  # processes and caches are warm
        empty = measured(here, session, options.seconds)
        fill(here, options.past)
        rest(here, options.resting)
        vacuum(here)
        print(f"{options.past:,} old orders, {int(here.one(RESTING_SQL)):,} resting, {options.accounts:,} accounts")
        tell(empty, measured(here, session, options.seconds))


# --- The past ------------------------------------------------------------------------------------------------


def fill(here: Place, many: int) -> None:
    with psycopg.connect(here.instance.database_url) as connection:
        for start in range(0, many, SLICE):
            connection.execute(ROOM_SQL.format(many=min(SLICE, many - start)))
            for sql in PAST_SQL:
                connection.execute(sql)
            connection.commit()


def rest(here: Place, many: int) -> None:
    """Limit orders far below the market."""

    def limit(number: int) -> tuple[str, bytes]:
        path, body = here.order(number, "?wait=0")
        return path, json.dumps(json.loads(body) | {"type": "Limit", "price": "1", "side": "buy"}).encode()

    while here.one(RESTING_SQL) < many:
        run(lambda: keep_sending(here.base, limit, 64, 1))
        until_done(here)


def vacuum(here: Place) -> None:
    with psycopg.connect(here.instance.database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def until_done(here: Place) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while here.one(WAITING_SQL):
        if time.monotonic() > until:
            raise TimeoutError("the workers do not get on")
        time.sleep(0.05)


# --- Measuring --------------------------------------------------------------------------------------------------

Figures = dict[str, float]  # seconds by what took them


def measured(here: Place, session: str, seconds: float) -> Figures:
    def flood(number: int) -> tuple[str, bytes]:
        return here.order(number, "?wait=0")

    began = time.perf_counter()
    tally = run(lambda: keep_sending(here.base, flood, 64, seconds))
    until_done(here)
    executed = (time.perf_counter() - began) / tally.statuses[200]
    calm = run(lambda: send_steadily(here.base, here.order, 25, seconds))
    figures = {
        "P-1 a request taken in beside workers": 1 / tally.rate,
        "P-3 from the POST to the outcome, p50": calm.quantile(0.5),
        "P-4 an order until the tray is empty": executed,
    }
    return figures | {f"GET {path}": median_of(lambda path=path: read(here, session, path)) for path in PANELS}


def read(here: Place, session: str, path: str) -> None:
    asked = urllib.request.Request(here.base + path, headers={"Cookie": f"sessionid={session}"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        if answer.status != 200 or "login" in answer.url:
            raise RuntimeError(f"{path}: {answer.status} {answer.url}")
        answer.read()


def median_of(work: Callable[[], None], times: int = 9) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return sorted(took)[times // 2]


def tell(empty: Figures, full: Figures) -> None:
    for what, before in empty.items():
        ratio = full[what] / before
        print(f"{what:<40} {before * 1000:>8.2f} ms {full[what] * 1000:>8.2f} ms   x {ratio:.2f}   (limit {GOAL})")


if __name__ == "__main__":
    main()
