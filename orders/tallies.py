"""What an account did today: counted once, then only what is new, as an account's rows are numbered as written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, Model, Sum

from accounts.models import TradingAccount
from orders.models import Fill, LedgerEntry, Order

MOST = 2_000  # accounts remembered by this process


@dataclass(frozen=True, slots=True)
class Tally:
    """Since `midnight`: orders, fills, and the sums of the ledger by kind. The rest says up to which row."""

    midnight: datetime
    orders: int = 0
    fills: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    last_order: int = 0
    last_fill: int = 0
    last_entry: int = 0


tallies: dict[int, Tally] = {}


def tally_of(account: TradingAccount, midnight: datetime) -> Tally:
    known = tallies.get(account.pk)
    if known is None or known.midnight != midnight:
        known = Tally(midnight)
        if len(tallies) >= MOST:
            tallies.clear()
    now = tallies[account.pk] = with_news(known, account)
    return now


def with_news(tally: Tally, account: TradingAccount) -> Tally:
    orders, last_order = newer(Order, account, "created_at", tally.midnight, tally.last_order)
    fills, last_fill = newer(Fill, account, "at", tally.midnight, tally.last_fill)
    entries = LedgerEntry.objects.filter(account=account, at__gte=tally.midnight, pk__gt=tally.last_entry)
    moved = list(entries.order_by().values("kind").annotate(total=Sum("amount"), last=Max("pk")))
    sums = dict(tally.sums)
    for row in moved:
        sums[row["kind"]] = sums.get(row["kind"], Decimal(0)) + row["total"]
    return replace(
        tally,
        orders=tally.orders + orders,
        fills=tally.fills + fills,
        sums=sums,
        last_order=max(tally.last_order, last_order),
        last_fill=max(tally.last_fill, last_fill),
        last_entry=max([tally.last_entry, *(row["last"] for row in moved)]),
    )


def newer(model: type[Model], account: TradingAccount, when: str, midnight: datetime, after: int) -> tuple[int, int]:
    """How many rows came after that one, and which is the last."""
    rows = model._default_manager.filter(account=account, pk__gt=after, **{f"{when}__gte": midnight})
    found = rows.order_by().aggregate(many=Count("pk"), last=Max("pk"))
    return found["many"], found["last"] or 0
