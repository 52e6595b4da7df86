"""How much a key was used in the last 24 hours, hour by hour, as the bars of a sparkline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

HOURS = 24
# The drawing: bars of what was accepted stand on the axis, bars of what was refused hang below it.
STEP, AXIS, TALLEST, LEAST = 4, 14.0, 13.0, 1.9
HANG_FROM, LEAST_HANG, MOST_HANG = 15, 3, 5
# An hour is counted this far, so that a key in a storm costs what any key costs.
MOST_AN_HOUR = 1_000
COUNT_SQL = """
SELECT key.id, hour.number, count(*) FILTER (WHERE one.http < 400), count(*) FILTER (WHERE one.http >= 400)
FROM unnest(%(keys)s::bigint[]) AS key (id)
CROSS JOIN generate_series(0, %(hours)s - 1) AS hour (number)
CROSS JOIN LATERAL (
    SELECT http FROM webhooks_delivery
    WHERE key_id = key.id
      AND received_at >= %(start)s::timestamptz + make_interval(hours => hour.number)
      AND received_at < %(start)s::timestamptz + make_interval(hours => hour.number + 1)
    LIMIT %(most)s
) AS one
GROUP BY key.id, hour.number
"""


@dataclass(frozen=True, slots=True)
class Bar:
    kind: str
    x: int
    y: float
    height: float


@dataclass(slots=True)
class Traffic:
    """Requests of one key, oldest hour first."""

    accepted: list[int] = field(default_factory=lambda: [0] * HOURS)
    refused: list[int] = field(default_factory=lambda: [0] * HOURS)
    is_more: bool = False  # an hour had more than is counted

    @property
    def total(self) -> int:
        return sum(self.accepted) + self.total_refused

    @property
    def total_refused(self) -> int:
        return sum(self.refused)

    @property
    def bars(self) -> list[Bar]:
        most = max(self.accepted) or 1
        bars = []
        for hour, (accepted, refused) in enumerate(zip(self.accepted, self.refused, strict=True)):
            if accepted:
                height = round(max(LEAST, TALLEST * accepted / most), 1)
                bars.append(Bar("ok", hour * STEP, round(AXIS - height, 1), height))
            if refused:
                bars.append(Bar("error", hour * STEP, HANG_FROM, min(LEAST_HANG + refused - 1, MOST_HANG)))
        return bars


def traffic_of(key_ids: Iterable[int], now: datetime) -> dict[int, Traffic]:
    """The traffic of each of these keys that had any, by the key's id."""
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    traffic: dict[int, Traffic] = {}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SQL, {"keys": list(key_ids), "start": start, "hours": HOURS, "most": MOST_AN_HOUR})
        for key_id, hour, accepted, refused in cursor.fetchall():
            of_key = traffic.setdefault(key_id, Traffic())
            of_key.accepted[hour], of_key.refused[hour] = accepted, refused
            of_key.is_more |= accepted + refused == MOST_AN_HOUR
    return traffic
