"""P-2: connections opened at once over many accounts, one request each.

    python -m bench.burst [--connections 5000] [--accounts 1000] [--runs 3]

Senders give up after three seconds; nothing may be lost, and the fills must follow at once.
"""

from __future__ import annotations

import argparse
import resource
import time

from bench.load import run, send_at_once
from bench.place import Place, place

LATEST_SQL = "SELECT coalesce(extract(epoch FROM max(done_at) - max(accepted_at)), 0)::float FROM orders_ordercommand"
WAITING_SQL = "SELECT count(*) FROM orders_ordercommand WHERE status = 0"
ACCEPTED_SQL = "SELECT count(*) FROM orders_ordercommand WHERE kind = 'place'"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=5_000)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with place(options.accounts) as here:
        for _ in range(options.runs):
            burst(here, options.connections)


def burst(here: Place, connections: int) -> None:
    before = int(here.one(ACCEPTED_SQL))
    tally = run(lambda: send_at_once(here.base, here.order, connections))
    while int(here.one(WAITING_SQL)):
        time.sleep(0.05)
    accepted = int(here.one(ACCEPTED_SQL)) - before
    print(
        f"{connections} at once: {tally.statuses[200]} answered 200, {tally.lost} lost, {accepted} accepted;"
        f" answers p50 {tally.quantile(0.5):.2f} s, slowest {max(tally.seconds):.2f} s (limit 3 s, target 1 s);"
        f" last fill {float(here.one(LATEST_SQL)):.2f} s after the last acceptance"
    )
    if set(tally.statuses) != {200}:
        print(f"   statuses {dict(tally.statuses)}")


if __name__ == "__main__":
    main()
