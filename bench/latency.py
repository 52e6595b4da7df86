"""P-3: 25 requests a second, each answered with what the engine decided: POST → fill committed → answer.

python -m bench.latency [--rate 25] [--seconds 20] [--runs 3]
"""

from __future__ import annotations

import argparse

from bench.load import run, send_steadily
from bench.place import place

PENDING_SQL = "SELECT count(*) FROM webhooks_delivery WHERE answer -> 'd' ->> 'state' = 'pending'"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=25)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with place(20) as here:
        run(lambda: send_steadily(here.base, here.order, 10, 3))  # processes and caches are warm
        for _ in range(options.runs):
            tally = run(lambda: send_steadily(here.base, here.order, options.rate, options.seconds))
            print(
                f"{options.rate:.0f}/s: p50 {tally.quantile(0.5) * 1000:.1f} ms (target 10, first goal 20),"
                f" p99 {tally.quantile(0.99) * 1000:.1f} ms (target 30); {dict(tally.statuses)}, {tally.lost} lost,"
                f" {here.one(PENDING_SQL)} answered pending so far;"
                f" a durable commit {1000 / here.commits_per_second(3, 1):.2f} ms"
            )


if __name__ == "__main__":
    main()
