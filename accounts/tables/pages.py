"""The rows of a table that a page shows: sorted, narrowed, and by key, as quick at the last page as at the first."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet, UUIDField
from django.urls import reverse

from accounts.signed_in import SignedInRequest
from accounts.tables.declared import Column, Listed, Stored, Table
from accounts.tables.likings import Liking, liking_of

LARGEST: Final = 2**63 - 1
MOST_COUNTED: Final = 1_000
NOTHING: Final = Decimal("-Infinity")  # what is unknown stands at the small end


@dataclass(frozen=True, slots=True)
class Page:
    """`older` and `newer` lead on; empty when there is nothing. `total` counts no further than it must."""

    rows: Sequence[Any] = ()
    older: Mapping[str, Any] = field(default_factory=dict)
    newer: Mapping[str, Any] = field(default_factory=dict)
    total: int = 0
    within: int = 0  # how many of the newest were looked through; 0 when it were all

    @property
    def is_first(self) -> bool:
        return not self.newer

    @property
    def is_counted(self) -> bool:
        return self.total < MOST_COUNTED


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as it stands before its reader. `page` is None where there is nothing to read from."""

    liking: Liking
    page: Page | None
    asked: Mapping[str, str]  # what the address narrows it to, instead of what is kept

    @property
    def table(self) -> Table:
        return self.liking.table

    @property
    def query(self) -> str:
        return urlencode(self.asked)

    @property
    def next(self) -> str:
        return self.leads_to(self.page.older) if self.page else ""

    @property
    def back(self) -> str:
        return self.leads_to(self.page.newer) if self.page else ""

    def leads_to(self, place: Mapping[str, Any]) -> str:
        return f"{reverse(self.table.view)}?{urlencode({**self.asked, **place})}" if place else ""

    @property
    def rows(self) -> Sequence[Any]:
        return self.page.rows if self.page else ()


def shown(request: SignedInRequest, table: Table) -> Shown:
    asked = {one.name: request.GET[one.name] for one in table.filters if one.name in request.GET}
    liking = liking_of(request.user, table, asked)
    source = table.read(request)
    page = None
    if isinstance(source, Listed):
        page = Page(in_order(source.rows, liking), total=len(source.rows))
    elif isinstance(source, Stored):
        page = page_of(source, liking, request.GET)
    return Shown(liking, page, asked)


# --- Listed rows ------------------------------------------------------------------------------------------


def in_order(rows: Sequence[Any], liking: Liking) -> Sequence[Any]:
    column = liking.table.column(liking.sorted_by)
    if column is None or column.sort is None:
        return rows
    key: Callable[[Any], Any] = column.sort
    known = [(key(row), row) for row in rows]
    whole = sorted((pair for pair in known if pair[0] is not None), key=lambda pair: pair[0])
    found = [row for value, row in known if value is None] + [row for _, row in whole]
    return found[::-1] if liking.direction == "descending" else found


# --- Stored rows ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """The way through stored rows: by the sorted column, and among equals by key; both in the same direction."""

    rows: QuerySet[Any]
    falls: bool

    @classmethod
    def through(cls, source: Stored, liking: Liking) -> Order:
        column = liking.table.column(liking.sorted_by)
        rows = source.rows.annotate(sorted_by=expression(column))
        return cls(rows.filter(narrowing(liking)), liking.direction == "descending")

    def run(self, *, back: bool = False) -> QuerySet[Any]:
        sign = "-" if self.falls is not back else ""
        return self.rows.order_by(f"{sign}sorted_by", f"{sign}pk")

    def beyond(self, value: Any, key: Any, *, back: bool = False) -> QuerySet[Any]:
        """The rows that come after that place."""
        way = "lt" if self.falls is not back else "gt"
        # The first condition says nothing new, but an index can begin with it.
        after = Q(**{f"sorted_by__{way}e": value}) & (Q(**{f"sorted_by__{way}": value}) | Q(**{f"pk__{way}": key}))
        return self.run(back=back).filter(after)

    def within(self, oldest: Any) -> Order:
        return Order(self.rows.filter(oldest), self.falls)


def expression(column: Column | None) -> Any:
    sort = column.sort if column else "pk"
    return F(sort) if isinstance(sort, str) else sort


def narrowing(liking: Liking) -> Q:
    found = Q()
    for one, value in liking.fields:
        found &= one.narrows(value) if value else Q()
    return found


def page_of(source: Stored, liking: Liking, query: Mapping[str, str]) -> Page:
    """The page that `?before=KEY` or `?after=KEY` asks for; the first without either."""
    order, window = Order.through(source, liking), Q()
    if liking.is_searched:
        order = order.within(window := window_of(source, liking.table))
    page = page_through(order, source, liking, query)
    total = order.rows.order_by()[:MOST_COUNTED].count()
    return replace(page, total=total, within=liking.table.window if window else 0)


def page_through(order: Order, source: Stored, liking: Liking, query: Mapping[str, str]) -> Page:
    size = liking.table.size
    for name, back in (("after", True), ("before", False)):
        if place := place_of(source, liking, query.get(name, "")):
            found = keys(order.beyond(*place, back=back), size + 1)
            if back and len(found) <= size:
                break  # nothing before that page: the first one, whole
            more, found = len(found) > size, found[:size]
            return linked(source, found[::-1] if back else found, older=back or more, newer=True)
    found = keys(order.run(), size + 1)
    return linked(source, found[:size], older=len(found) > size, newer=False)


def keys(rows: QuerySet[Any], most: int) -> list[Any]:
    """Of the keys alone an index knows everything that sorting needs."""
    return list(rows.values_list("pk", flat=True)[:most])


def linked(source: Stored, found: list[Any], *, older: bool, newer: bool) -> Page:
    if not found:
        return Page(newer={"after": 0} if newer else {})
    known = source.rows.in_bulk(found)
    rows = source.dress([known[key] for key in found if key in known])
    return Page(rows, {"before": found[-1]} if older else {}, {"after": found[0]} if newer else {})


def window_of(source: Stored, table: Table) -> Q:
    """The newest rows, which is what is looked through."""
    column = table.column(table.usual_sort.removeprefix("-"))
    newest = source.rows.annotate(newest_by=expression(column)).order_by("-newest_by", "-pk")
    oldest = list(newest.values_list(column.sort if column else "pk", flat=True)[table.window : table.window + 1])
    return Q(**{f"{column.sort if column else 'pk'}__gt": oldest[0]}) if oldest else Q()


def place_of(source: Stored, liking: Liking, text: str) -> tuple[Any, Any] | None:
    """Where the row with that key stands, as it is now: it may no longer be among those that are shown."""
    key = key_in(source, text)
    if key is None:
        return None
    if liking.sorted_by == "" or expression(liking.table.column(liking.sorted_by)) == F("pk"):
        return key, key
    rows = source.rows.annotate(sorted_by=expression(liking.table.column(liking.sorted_by)))
    found = list(rows.filter(pk=key).values_list("sorted_by", flat=True))
    return (found[0], key) if found else None


def key_in(source: Stored, text: str) -> Any:
    if isinstance(source.rows.model._meta.pk, UUIDField):
        try:
            return uuid.UUID(text)
        except ValueError:
            return None
    return min(int(text), LARGEST) if text.isascii() and text.isdigit() and len(text) < 20 else None
