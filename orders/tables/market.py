"""What can be traded, as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db.models import Q, QuerySet

from accounts.tables.declared import Column, Filter, Stored, Table, declare
from orders.models import Instrument


def found(words: str) -> QuerySet[Instrument]:
    return Instrument.objects.filter(named(words)) if words else Instrument.objects.all()


def named(words: str) -> Q:
    is_named = Q(symbol__icontains=words) | Q(description__icontains=words) | Q(isin__iexact=words)
    return is_named | Q(aliases__contains=[words])


def of_quote(name: str) -> Callable[[Instrument], object]:
    return lambda one: getattr(getattr(one, "quote", None), name, None)


INSTRUMENTS: Final = declare(
    Table(
        "instruments",
        "Instruments",
        "orders:instruments",
        (
            Column("Symbol", str, "symbol", look="mono"),
            Column("Name", lambda one: one.description, "description", look="prose"),
            Column("Type", lambda one: one.symbol_type, "symbol_type", look="prose", card="state"),
            Column("Bid", of_quote("bid"), num=True),
            Column("Ask", of_quote("ask"), num=True),
            Column("Quoted", of_quote("at"), card="none"),
            Column("Currency", lambda one: one.currency, "currency"),
            Column("Lot is", lambda one: one.lot_size, "lot_size", num=True),
            Column("Lots from", lambda one: one.min_lot, "min_lot", num=True),
            Column("Lots to", lambda one: one.max_lot, "max_lot", num=True),
            Column("Step", lambda one: one.lot_step, "lot_step", num=True, card="none"),
            Column("Tick", lambda one: one.tick_size, "tick_size", num=True),
            Column("Margin", lambda one: one.margin_rate, "margin_rate", num=True),
            Column("Short", lambda one: one.short_allowed, "short_allowed", look="prose", card="none"),
            Column("Session", lambda one: one.calendar, "calendar"),
            Column("Status", lambda one: one.status, "status", look="prose"),
        ),
        lambda request: Stored(Instrument.objects.select_related("quote")),
        usual_sort="symbol",
        filters=(Filter("find", "Find an instrument", named, placeholder="Symbol, name or ISIN"),),
        size=200,
        events=(),
    )
)
