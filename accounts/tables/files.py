"""A table as CSV: all of its rows that the filters let through, in the order of the screen, with all of its columns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.http import Http404, StreamingHttpResponse

from accounts.csv_cells import csv_text
from accounts.pages import private
from accounts.signed_in import SignedInRequest
from accounts.tables.declared import Column, Listed, Source, Stored, Table
from accounts.tables.likings import Liking, liking_of
from accounts.tables.pages import Order, in_order, keys, place_of, window_of

BATCH: Final = 500


def file_of(request: SignedInRequest, table: Table) -> StreamingHttpResponse:
    source = table.read(request)
    if source is None:
        raise Http404(table.name)
    asked = {one.name: request.GET[one.name] for one in table.filters if one.name in request.GET}
    lines = lines_of(source, liking_of(request.user, table, asked))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    private(answer)  # type: ignore[arg-type]
    name = "-".join(filter(None, (table.name, table.file(request))))
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{safe}.csv"'
    return answer


async def lines_of(source: Source, liking: Liking) -> AsyncIterator[str]:
    """In batches, each a query of its own: a file of any length needs the memory of one."""
    columns = [column for column in liking.table.columns if column.cell]
    yield csv_text([[column.name for column in columns]])
    if isinstance(source, Listed):
        yield csv_text(line(columns, row) for row in in_order(source.rows, liking))
        return
    after: Any = None
    while found := await sync_to_async(batch)(source, liking, after):
        rows, after = found
        yield csv_text(line(columns, row) for row in rows)


def batch(source: Stored, liking: Liking, after: Any) -> tuple[list[Any], Any] | None:
    """The next rows after the one with that key, and the key of their last."""
    order = Order.through(source, liking)
    if liking.is_sorted_by_search:
        order = order.within(window_of(source, liking.table))
    place = place_of(source, liking, str(after)) if after is not None else None
    if after is not None and place is None:
        return None  # it is gone, and with it the place to go on from
    found = keys(order.beyond(*place) if place else order.run(), BATCH)
    known = source.rows.in_bulk(found)
    rows = source.dress([known[key] for key in found if key in known])
    return (list(rows), found[-1]) if found else None


def line(columns: Iterable[Column], row: Any) -> list[object]:
    return [plain(column.cell(row)) for column in columns if column.cell]


def plain(value: object) -> object:
    """As machines read it."""
    if isinstance(value, Decimal):
        return Decimal(f"{value.normalize():f}") if value else 0
    if isinstance(value, datetime):
        return value.isoformat()
    return "yes" if value is True else "no" if value is False else value
