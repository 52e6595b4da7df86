"""P-1: durably accepted requests a second on 64 keep-alive connections, beside pgbench's single-row commits.

    python -m bench.intake [--seconds 8] [--runs 3] [--accounts 64]

a) with the workers stopped: the intake alone; b) with them executing on the same cores. Senders do not wait for the
engine (`?wait=0`); every answer means a committed command.
"""

from __future__ import annotations

import argparse
import statistics
import time

from bench.load import Tally, keep_sending, run
from bench.place import Place, place

CONNECTIONS = 64
FIRST_GOAL, GOAL_ALONE, GOAL_WITH_WORKERS = 0.15, 1.0, 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--accounts", type=int, default=64)
    options = parser.parse_args()
    with place(options.accounts) as here:
        with_workers = [measured(here, options.seconds) for _ in range(options.runs)]
        tell("b) with workers executing", with_workers, GOAL_WITH_WORKERS)
        print(f"   executed ÷ accepted {executed_share(here):>38.3f}   (target 0.98)")
        here.instance.kill("worker")
        here.instance.kill("pump")
        alone = [measured(here, options.seconds) for _ in range(options.runs)]
        tell("a) the intake alone", alone, GOAL_ALONE)


def measured(here: Place, seconds: float) -> tuple[float, float]:
    """Accepted and pgbench's commits a second."""
    tally = run(lambda: keep_sending(here.base, lambda n: here.order(n, "?wait=0"), CONNECTIONS, seconds))
    complain(tally)
    return tally.rate, here.commits_per_second(max(int(seconds / 2), 3), CONNECTIONS)


def executed_share(here: Place) -> float:
    """Ten seconds after the last request."""
    time.sleep(10)
    done, all_of_them = "count(*) FILTER (WHERE status <> 0)", "count(*)"
    return float(here.one(f"SELECT {done}::float / {all_of_them} FROM orders_ordercommand WHERE kind = 'place'"))


def complain(tally: Tally) -> None:
    if tally.lost or set(tally.statuses) != {200}:
        print(f"   statuses {dict(tally.statuses)}, {tally.lost} without an answer")


def tell(what: str, runs: list[tuple[float, float]], goal: float) -> None:
    accepted, limit = (statistics.median(values) for values in zip(*runs, strict=True))
    print(f"{what:<28} {accepted:>8.0f}/s   pgbench {limit:>8.0f}/s   ratio {accepted / limit:.2f}   (target {goal})")


if __name__ == "__main__":
    main()
