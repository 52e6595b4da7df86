"""How much a key was used in the last 24 hours, hour by hour, as the bars of a sparkline."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncHour

from accounts.models import User
from webhooks.models import Delivery

HOURS = 24
# The drawing: bars of what was accepted stand on the axis, bars of what was refused hang below it.
STEP, AXIS, TALLEST, LEAST = 4, 14.0, 13.0, 1.9
HANG_FROM, LEAST_HANG, MOST_HANG = 15, 3, 5


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


def traffic_of(user: User, now: datetime) -> dict[int, Traffic]:
    """The traffic of each of the user's keys that had any, by the key's id."""
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    counts = (
        Delivery.objects.filter(user=user, key__isnull=False, received_at__gte=start)
        .annotate(hour=TruncHour("received_at"))
        .order_by()
        .values_list("key_id", "hour")
        .annotate(accepted=Count("pk", filter=Q(http__lt=400)), refused=Count("pk", filter=Q(http__gte=400)))
    )
    traffic: dict[int, Traffic] = {}
    for key_id, hour, accepted, refused in counts:
        index = int((hour - start) / timedelta(hours=1))
        if index < HOURS:
            of_key = traffic.setdefault(key_id, Traffic())
            of_key.accepted[index], of_key.refused[index] = accepted, refused
    return traffic
