"""A past for the demo's charts. It is invented, and its quotes say so: their source is `invented`.

No order ever met these quotes: they are numbered before the first one that anybody could trade on.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from orders.engine.values import Quote
from orders.instruments import catalogue
from orders.quote_reading import Offer
from orders.quotes import remember
from orders.simulator import Walk

SOURCE: Final = "invented"
SEED: Final = 2  # the same world has the same past
# So far back, in steps of so many seconds: some three quotes to each bar of every interval of the chart.
SPANS: Final = (
    (timedelta(hours=5), 20),
    (timedelta(hours=25), 100),
    (timedelta(hours=75), 300),
    (timedelta(days=12), 1_200),
    (timedelta(days=50), 4_800),
    (timedelta(days=300), 28_800),
)
MONTHLY_PULL: Final = 1 / (30 * 24 * 3600)


def invent_past(first: Iterable[Offer]) -> None:
    """Walks back from the first quotes of instruments. What bears the same symbol moves together."""
    now = datetime.now(UTC)
    ages = list(ages_of_quotes())
    known = catalogue(0).instruments
    past = {}
    for one in first:
        mid = float(one.bid + one.ask) / 2
        walk = Walk(known[one.instrument_id], mid, mid, one.ask - one.bid, pull=MONTHLY_PULL)
        past[one.instrument_id] = quotes_before(walk, now, ages)
    remember(past, SOURCE)


def ages_of_quotes() -> Iterator[int]:
    """Seconds before now, from the newest quote of the past to its oldest."""
    begin = 0
    for span, step in SPANS:
        end = int(span.total_seconds())
        yield from range(begin + step, end + 1, step)
        begin = end


def quotes_before(walk: Walk, now: datetime, ages: list[int]) -> list[Quote]:
    chance = random.Random(f"{SEED} {walk.instrument.symbol}")
    steps = (walk.step(chance.gauss(0, 1) * walk.sense, age - younger) for younger, age in pairwise([0, *ages]))
    offers = [(age, one) for age, one in zip(ages, steps, strict=True) if one is not None]
    moments = ((now - timedelta(seconds=age), one) for age, one in reversed(offers))
    return [Quote(one.instrument_id, seq, one.bid, one.ask, at, at) for seq, (at, one) in enumerate(moments, start=1)]
