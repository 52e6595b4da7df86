"""A line over time as a picture of some size: paths, round values beside it, round times below."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.utils import timezone

from orders.templatetags.numbers import currency_places, grouped

MARGIN: Final = 84  # for values, at the right
FOOT: Final = 26  # for times, below
TOP: Final = 12
LEAST_APART: Final = 16  # of words
VALUES: Final = 4
STEPS: Final = [
    *(timedelta(minutes=n) for n in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=n) for n in (1, 2, 3, 6, 12)),
    *(timedelta(days=n) for n in (1, 2, 7, 14, 30, 91, 182, 365, 730, 1825)),
]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Some lines over the same moments; the first is the one that matters."""

    moments: list[datetime]
    lines: list[list[float]]
    width: int
    height: int
    currency: str
    most_times: int

    @property
    def right(self) -> int:
        return self.width - MARGIN

    @property
    def bottom(self) -> int:
        return self.height - FOOT

    @property
    def bounds(self) -> tuple[float, float]:
        low, high = min(map(min, self.lines)), max(map(max, self.lines))
        room = (high - low) * 0.12 or max(abs(high) * 0.001, 1)
        return low - room, high + room

    def x(self, at: datetime) -> float:
        whole = (self.moments[-1] - self.moments[0]).total_seconds() or 1
        return 6 + (self.right - 12) * (at - self.moments[0]).total_seconds() / whole

    def y(self, value: float) -> float:
        low, high = self.bounds
        return TOP + (self.bottom - TOP) * (high - value) / (high - low)

    def places(self, number: int) -> list[tuple[float, float]]:
        return [(self.x(at), self.y(value)) for at, value in zip(self.moments, self.lines[number], strict=True)]

    @property
    def line(self) -> str:
        """Between two minutes nobody looked: a slope."""
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in self.places(0))

    @property
    def area(self) -> str:
        return f"{self.line}V{self.bottom}H6Z"

    @property
    def base(self) -> str:
        """What stays until it is changed: steps."""
        (x, y), *rest = self.places(1)
        return f"M{x:.1f} {y:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in rest)

    @property
    def last(self) -> dict[str, str]:
        x, y = self.places(0)[-1]
        return {"x": f"{x:.1f}", "y": f"{y:.1f}", "plate": f"{y - 9:.1f}", "word": f"{y + 3.5:.1f}"}

    @property
    def values(self) -> list[dict[str, str]]:
        """Round values; the word of one that the last value's plate would cover is left out."""
        step, last = self.value_step, self.places(0)[-1][1]
        low, high = self.bounds
        found = []
        for number in range(math.ceil(low / step), math.floor(high / step) + 1):
            y = self.y(number * step)
            places = currency_places(self.currency) if step < 1 else 0
            word = "" if abs(y - last) < LEAST_APART else grouped(Decimal(str(round(number * step, 8))), places)
            found.append({"y": f"{y:.1f}", "word_y": f"{y + 3.5:.1f}", "word": word})
        return found

    @property
    def value_step(self) -> float:
        low, high = self.bounds
        rough = (high - low) / VALUES
        unit: float = 10.0 ** math.floor(math.log10(rough))
        return next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough)

    @property
    def times(self) -> list[dict[str, str]]:
        """Round times of the reader's zone."""
        start, end = timezone.localtime(self.moments[0]), timezone.localtime(self.moments[-1])
        step = next((one for one in STEPS if (end - start) / one <= self.most_times), STEPS[-1])
        shape = "%H:%M" if step < timedelta(days=1) else "%-d %b" if step < timedelta(days=365) else "%Y"
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        at = midnight + step * math.ceil((start - midnight) / step)
        found = []
        while at <= end:
            if 24 <= self.x(at) <= self.right - 24:
                found.append({"x": f"{self.x(at):.1f}", "word": f"{at:{shape}}"})
            at += step
        return found
