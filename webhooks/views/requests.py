"""Every delivery of the signed-in user: listed, exported, shown in full."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.pages import private, unless_seen
from webhooks.csv_cells import safe_cell
from webhooks.delivery_log import Wanted, deliveries_of, requests_context
from webhooks.delivery_rows import delivery_rows
from webhooks.delivery_story import story_of
from webhooks.models import Delivery
from webhooks.views.answers import fragment
from webhooks.views.page import whole_page

CSV_HEAD = [
    "Time",
    "Request",
    "Key",
    "Source",
    "Action",
    "Account",
    "Order",
    "Outcome",
    "Answer",
    "HTTP",
    "Code",
    "Took ms",
]
CSV_BATCH = 500


class Echo:
    """A file that hands back each line instead of keeping it, so that an export of any length streams."""

    def write(self, line: str) -> str:
        return line


@login_required
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    if not request.htmx:
        return whole_page(request)
    return fragment(request, "requests", requests_context(request.user, request.GET))


@login_required
@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """What the filters let through, newest first, as CSV."""
    lines = csv_lines(request.user, Wanted.from_query(request.GET))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="webhook-requests.csv"'
    return private(response)


def csv_lines(user: User, wanted: Wanted) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(CSV_HEAD)
    batch: list[Delivery] = []
    for delivery in deliveries_of(user, wanted).select_related("key").iterator(CSV_BATCH):
        batch.append(delivery)
        if len(batch) == CSV_BATCH:
            yield from csv_batch(writer, batch)
            batch = []
    yield from csv_batch(writer, batch)


def csv_batch(writer: Any, batch: list[Delivery]) -> Iterator[str]:
    for row in delivery_rows(batch):
        asked, delivery = row.asked, row.delivery
        order = " ".join(filter(None, (asked.side, asked.qty, asked.symbol, asked.type, asked.order)))
        cells = [
            delivery.received_at.isoformat(timespec="milliseconds"),
            str(delivery.pk),
            delivery.key.name if delivery.key else "",
            delivery.source,
            delivery.action,
            delivery.account_name,
            order,
            row.label,
            row.answer,
            delivery.http,
            delivery.code,
            delivery.took_ms,
        ]
        yield writer.writerow([safe_cell(cell) for cell in cells])


@login_required
@require_safe
def drawer(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """One delivery in full; somebody else's is no such delivery."""
    delivery = get_object_or_404(Delivery.objects.select_related("key").filter(user=request.user), pk=delivery_id)
    story = {**story_of(request.user, delivery), "open": not request.htmx}
    html = render_to_string("webhooks/dialogs/request.html", story, request)
    return private(unless_seen(request, html)) if request.htmx else whole_page(request, dialog=html)
