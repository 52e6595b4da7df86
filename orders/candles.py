"""Bars of the bid from the quotes that were accepted, put together by the database."""

from __future__ import annotations

import bisect
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection

from orders.models import LastQuote

INTERVALS: Final = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14_400, "1d": 86_400}
USUAL: Final = "15m"
MOST_BARS: Final = 300
MOST_QUOTES: Final = 200_000  # of one answer; a longer past is left out rather than waited for

FIRST_SQL: Final = "SELECT at FROM orders_quote WHERE instrument_id = %s AND seq >= %s ORDER BY seq LIMIT 1"
BID_SQL: Final = "SELECT bid, at FROM orders_quote WHERE instrument_id = %s AND seq >= %s ORDER BY seq LIMIT 1"
BARS_SQL: Final = """
WITH bars AS (
    SELECT floor(extract(epoch FROM at) / %(seconds)s)::bigint * %(seconds)s AS start,
           min(seq) AS first, max(seq) AS last, max(bid) AS high, min(bid) AS low, count(*) AS quotes
    FROM orders_quote WHERE instrument_id = %(instrument)s AND seq >= %(first)s GROUP BY 1
)
SELECT bars.start, opening.bid, bars.high, bars.low, closing.bid, bars.quotes
FROM bars
JOIN orders_quote opening ON opening.instrument_id = %(instrument)s AND opening.seq = bars.first
JOIN orders_quote closing ON closing.instrument_id = %(instrument)s AND closing.seq = bars.last
ORDER BY bars.start
"""


class Bar(NamedTuple):
    start: int  # seconds since 1970
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    quotes: int


def bars_of(instrument_id: int, interval: str) -> list[Bar]:
    seconds = INTERVALS[interval]
    since = datetime.fromtimestamp((int(time.time()) // seconds - MOST_BARS + 1) * seconds, UTC)
    last = last_seq(instrument_id)
    first = max(first_seq_since(instrument_id, since, last), last - MOST_QUOTES)
    with connection.cursor() as cursor:
        cursor.execute(BARS_SQL, {"instrument": instrument_id, "seconds": seconds, "first": first})
        return [Bar(*row) for row in cursor.fetchall()]


def last_seq(instrument_id: int) -> int:
    return LastQuote.objects.filter(pk=instrument_id).values_list("seq", flat=True).first() or 0


class Moments(Sequence[datetime]):
    """When the quotes of an instrument came, by number: later ones never before earlier ones, so one can bisect."""

    def __init__(self, instrument_id: int, last: int) -> None:
        self.instrument_id, self.last = instrument_id, last

    def __len__(self) -> int:
        return self.last + 1

    def __getitem__(self, seq: Any) -> Any:
        with connection.cursor() as cursor:
            row = cursor.execute(FIRST_SQL, (self.instrument_id, seq)).fetchone()
        return row[0] if row else datetime.max.replace(tzinfo=UTC)


def first_seq_since(instrument_id: int, since: datetime, last: int) -> int:
    """The number of the first quote at or after a moment: some twenty looks into the index of numbers, for which
    quotes need no second index by time."""
    return bisect.bisect_left(Moments(instrument_id, last), since)


# --- How far a price has come today -----------------------------------------------------------------------

day_starts: dict[int, tuple[datetime, Decimal]] = {}  # what began a day does not change while it lasts


def day_open(instrument_id: int) -> Decimal | None:
    """The first bid since 00:00 UTC; None before there is one."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    known = day_starts.get(instrument_id)
    if known and midnight <= known[0] < midnight + timedelta(days=1):
        return known[1]
    seq = first_seq_since(instrument_id, midnight, last_seq(instrument_id))
    with connection.cursor() as cursor:
        row = cursor.execute(BID_SQL, (instrument_id, seq)).fetchone()
    if row is None or row[1] < midnight:
        return None
    day_starts[instrument_id] = (row[1], row[0])
    return row[0]
