"""The curve of an account's balance, from its ledger: what was booked, when. Open results are not in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from accounts.models import TradingAccount
from orders.models import LedgerEntry
from orders.templatetags.numbers import currency_places, grouped

SPANS: Final = {"1d": timedelta(days=1), "1w": timedelta(weeks=1), "1m": timedelta(days=30), "all": None}
MOST_POINTS: Final = 240
PAID: Final = (LedgerEntry.Kind.DEPOSIT, LedgerEntry.Kind.WITHDRAWAL)
# The last balance of each slice of the span: as many points as a screen can show, whatever the ledger's length.
POINTS_SQL: Final = """
WITH slices AS (
    SELECT max(id) AS id FROM orders_ledgerentry
    WHERE account_id = %(account)s AND at >= %(since)s
    GROUP BY floor(extract(epoch FROM at - %(since)s) / %(step)s)
)
SELECT entry.at, entry.balance FROM slices JOIN orders_ledgerentry entry USING (id) ORDER BY entry.id
"""


class Point(NamedTuple):
    at: datetime
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Curve:
    """The balance over a span; `earned` is what changed it without deposits and withdrawals."""

    account: TradingAccount
    points: list[Point]
    earned: Decimal
    paid: Decimal

    @property
    def beginning(self) -> Decimal:
        return self.points[0].balance

    @property
    def ending(self) -> Decimal:
        return self.points[-1].balance

    @property
    def wide(self) -> Drawing:
        return Drawing(self, 1340, 236, 84, 26)

    @property
    def narrow(self) -> Drawing:
        return Drawing(self, 346, 210, 84, 26)


def curve_of(account: TradingAccount, span: str) -> Curve | None:
    """None before the first entry."""
    now = timezone.now()
    entries = LedgerEntry.objects.filter(account=account)
    first = entries.order_by("id").first()
    if first is None:
        return None
    length = SPANS[span]
    since = max(first.at, now - length) if length else first.at
    step = max((now - since).total_seconds() / MOST_POINTS, 1)
    with connection.cursor() as cursor:
        cursor.execute(POINTS_SQL, {"account": account.pk, "since": since, "step": step})
        points = [Point(*row) for row in cursor.fetchall()]
    before = entries.filter(at__lt=since).order_by("-id").first()
    if before is not None:
        points.insert(0, Point(since, before.balance))
    points.append(Point(now, points[-1].balance))
    within = entries.filter(at__gte=since)
    paid = within.filter(kind__in=PAID).aggregate(all=Sum("amount"))["all"] or Decimal(0)
    everything = within.aggregate(all=Sum("amount"))["all"] or Decimal(0)
    return Curve(account, points, everything - paid, paid)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The curve in a picture of some size: paths, lines and words with their places."""

    curve: Curve
    width: int
    height: int
    margin: int  # for prices, at the right
    foot: int  # for times, below

    @property
    def right(self) -> int:
        return self.width - self.margin

    @property
    def bottom(self) -> int:
        return self.height - self.foot

    @property
    def bounds(self) -> tuple[float, float]:
        values = [float(point.balance) for point in self.curve.points]
        low, high = min(values), max(values)
        room = (high - low) * 0.12 or max(abs(high) * 0.001, 1)
        return low - room, high + room

    def x(self, at: datetime) -> float:
        start, end = self.curve.points[0].at, self.curve.points[-1].at
        whole = (end - start).total_seconds() or 1
        return 6 + (self.right - 12) * (at - start).total_seconds() / whole

    def y(self, value: float) -> float:
        low, high = self.bounds
        return 8 + (self.bottom - 8) * (high - value) / (high - low)

    @property
    def line(self) -> str:
        """A balance stays until the next entry: steps, not slopes."""
        return "".join(self._steps())

    def _steps(self) -> Iterator[str]:
        for number, point in enumerate(self.curve.points):
            x, y = self.x(point.at), self.y(float(point.balance))
            yield f"H{x:.1f}V{y:.1f}" if number else f"M{x:.1f} {y:.1f}"

    @property
    def area(self) -> str:
        return f"{self.line}V{self.bottom}H6Z"

    @property
    def last(self) -> dict[str, str]:
        point = self.curve.points[-1]
        y = self.y(float(point.balance))
        return {"x": f"{self.x(point.at):.1f}", "y": f"{y:.1f}", "plate": f"{y - 9:.1f}", "word": f"{y + 3.5:.1f}"}

    @property
    def grid(self) -> list[dict[str, str]]:
        low, high = self.bounds
        last = self.y(float(self.curve.points[-1].balance))
        found = []
        for share in (0.1, 0.37, 0.64, 0.91):
            value = low + (high - low) * share
            y = self.y(value)
            places = currency_places(self.curve.account.currency)
            word = "" if abs(y - last) < 16 else grouped(Decimal(value), places)
            found.append({"y": f"{y:.1f}", "word_y": f"{y + 3.5:.1f}", "word": word})
        return found

    @property
    def times(self) -> list[dict[str, str]]:
        start, end = self.curve.points[0].at, self.curve.points[-1].at
        shape = "%H:%M" if end - start < timedelta(days=2) else "%-d %b"
        places = ((0.0, "start"), (0.5, "middle"), (1.0, "end"))
        moments = [(start + (end - start) * share, anchor) for share, anchor in places]
        return [
            {"x": f"{self.x(at):.1f}", "anchor": anchor, "word": f"{timezone.localtime(at):{shape}}"}
            for at, anchor in moments
        ]
