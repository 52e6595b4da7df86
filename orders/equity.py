"""The curve of an account's equity: what it was worth at each minute, balance and open results together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models import Sum
from django.utils import timezone

from accounts.models import TradingAccount
from orders.drawing import Drawing
from orders.equity_record import recorded_since
from orders.models import Equity, LedgerEntry
from orders.valuation import worth_of

SPANS: Final = {"1d": timedelta(days=1), "1w": timedelta(weeks=1), "1m": timedelta(days=30), "all": None}
MOST_POINTS: Final = 240  # as many as a screen can show
PAID: Final = (LedgerEntry.Kind.DEPOSIT, LedgerEntry.Kind.WITHDRAWAL)


class Point(NamedTuple):
    at: datetime
    balance: Decimal
    equity: Decimal


@dataclass(frozen=True, slots=True)
class Curve:
    """Equity over a span; `earned` is what changed it without deposits and withdrawals."""

    account: TradingAccount
    points: list[Point]
    earned: Decimal
    paid: Decimal

    @property
    def beginning(self) -> Decimal:
        return self.points[0].equity

    @property
    def ending(self) -> Decimal:
        return self.points[-1].equity

    @property
    def open(self) -> Decimal:
        return self.points[-1].equity - self.points[-1].balance

    @property
    def wide(self) -> Drawing:
        return self.drawn(1340, 236, 6)

    @property
    def narrow(self) -> Drawing:
        return self.drawn(346, 210, 3)

    def drawn(self, width: int, height: int, most_times: int) -> Drawing:
        moments = [point.at for point in self.points]
        lines = [[float(point.equity) for point in self.points], [float(point.balance) for point in self.points]]
        return Drawing(moments, lines, width, height, self.account.currency, most_times)


def curve_of(account: TradingAccount, span: str) -> Curve | None:
    """None before the first entry of the ledger."""
    now = timezone.now()
    entries = LedgerEntry.objects.filter(account=account)
    first = entries.order_by("id").first()
    if first is None:
        return None
    length = SPANS[span]
    since = max(first.at, now - length) if length else first.at
    start = point_before(account, since) if since > first.at else None
    step = max((now - since).total_seconds() / MOST_POINTS, 1)
    points = [Point(*row) for row in recorded_since(account, since, step)]
    points.insert(0, start or Point(since, first.balance, first.balance))
    points.append(point_now(account, now, points[-1]))
    points = list(with_flats(points, timedelta(seconds=max(step, 60))))
    paid = entries.filter(at__gte=since, kind__in=PAID).aggregate(all=Sum("amount"))["all"] or Decimal(0)
    earned = points[-1].equity - (start.equity if start else Decimal(0)) - paid
    return Curve(account, points, earned, paid)


def with_flats(points: list[Point], usual: timedelta) -> Iterator[Point]:
    """A time without records was one without changes: level until shortly before the next."""
    before = None
    for point in points:
        if before is not None and point.at - before.at > usual * 2:
            yield Point(point.at - usual, before.balance, before.equity)
        yield point
        before = point


def point_before(account: TradingAccount, since: datetime) -> Point | None:
    """What it was worth when the span began: as recorded, or before there was a record by its balance."""
    recorded = Equity.objects.filter(account=account, at__lt=since).order_by("-at").first()
    if recorded is not None:
        return Point(since, recorded.balance, recorded.equity)
    entry = LedgerEntry.objects.filter(account=account, at__lt=since).order_by("-id").first()
    return Point(since, entry.balance, entry.balance) if entry else None


def point_now(account: TradingAccount, now: datetime, last: Point) -> Point:
    worth = next(iter(worth_of([account])), None)
    if worth is None:
        return Point(now, last.balance, last.equity)
    return Point(now, worth.book.balance, worth.figures.equity if worth.figures else last.equity)
