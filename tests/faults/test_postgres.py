"""PostgreSQL is the one thing that cannot be missed: without it nothing is accepted, and nothing accepted is lost."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg

from tests.faults.alerts import story
from tests.faults.lengths import length
from tests.faults.promises import kept
from tests.faults.senders import Load, send_once
from tests.instance import Product, Trader

KILL_SESSION_SQL = """
SELECT pg_terminate_backend(pid) FROM (
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    ORDER BY random() LIMIT 1
) AS one
"""


def test_the_server_is_killed_in_the_middle_of_a_burst_and_comes_back(
    start_product: Callable[..., Product], make_traders: Callable[[Product], list[Trader]]
) -> None:
    product = start_product(own_postgres=True)
    traders = make_traders(product)
    times = length(1, 3)
    with Load(product, [story(trader, times * 25, "postgres") for trader in traders]) as load:
        for _ in range(times):
            time.sleep(2)
            product.kill("postgres")
            time.sleep(length(1.0, 3.0))
            product.restart("postgres")
            assert back_after(product, traders[0]) <= 8
    kept(product, load.sent)
    assert set(load.statuses) <= {200, 404, 409, 422, 503}
    assert load.share_accepted() > 0.5
    assert all("retry-after" in answer.headers for answer in load.answers if answer.status == 503)


def back_after(product: Product, trader: Trader) -> float:
    """Seconds until the webhook takes orders again."""
    begun = time.monotonic()
    alert = story(trader, 1, f"back-{begun}")[0]
    while send_once(product, alert)[0].status != 200 and time.monotonic() - begun < 30:
        time.sleep(0.1)
    return time.monotonic() - begun


def test_database_sessions_are_killed_at_random(whole: Product, traders: list[Trader]) -> None:
    kills = 0
    with (
        psycopg.connect(whole.instance.database_url, autocommit=True) as connection,
        Load(whole, [story(trader, length(20, 150), "sessions") for trader in traders]) as load,
    ):
        while load.is_running:
            kills += len(connection.execute(KILL_SESSION_SQL).fetchall())
            time.sleep(0.5)
    kept(whole, load.sent)
    assert kills >= length(8, 60)
    assert set(load.statuses) <= {200, 404, 409, 422, 503}
    assert load.share_accepted() > 0.6, load.statuses
