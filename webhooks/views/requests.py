"""Every delivery of the signed-in user: listed, exported, shown in full."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.csv_cells import csv_text
from accounts.models import User
from accounts.pages import private, unless_seen
from accounts.signed_in import SignedInRequest
from webhooks.delivery_log import Wanted, batch_after, requests_context
from webhooks.delivery_rows import DeliveryRow, delivery_rows
from webhooks.delivery_story import story_of
from webhooks.models import Delivery
from webhooks.views.answers import fragment
from webhooks.views.page import whole_page

CSV_HEAD: list[object] = [
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


@login_required
@require_safe
def listed(request: SignedInRequest) -> HttpResponse:
    if not request.htmx:
        return whole_page(request)
    return fragment(request, "requests", requests_context(request.user, request.GET))


@login_required
@require_safe
def export(request: SignedInRequest) -> StreamingHttpResponse:
    """What the filters let through, newest first, as CSV."""
    lines = csv_lines(request.user, Wanted.from_query(request.GET))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="webhook-requests.csv"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


async def csv_lines(user: User, wanted: Wanted) -> AsyncIterator[str]:
    """Batch by batch, each a query of its own: an export of any length needs the memory of one."""
    yield csv_text([CSV_HEAD])
    after: Delivery | None = None
    while batch := await sync_to_async(csv_batch)(user, wanted, after):
        lines, after = batch
        yield lines


def csv_batch(user: User, wanted: Wanted, after: Delivery | None) -> tuple[str, Delivery] | None:
    """The lines of the deliveries after that one, and the last of them; None at the end."""
    deliveries = batch_after(user, wanted, after, CSV_BATCH)
    if not deliveries:
        return None
    return csv_text(csv_row(row) for row in delivery_rows(deliveries)), deliveries[-1]


def csv_row(row: DeliveryRow) -> list[object]:
    asked, delivery = row.asked, row.delivery
    return [
        delivery.received_at.isoformat(timespec="milliseconds"),
        str(delivery.pk),
        delivery.key.name if delivery.key else "",
        delivery.source,
        delivery.action,
        delivery.account_name,
        " ".join(filter(None, (asked.side, asked.qty, asked.symbol, asked.type, asked.order))),
        row.label,
        row.answer,
        delivery.http,
        delivery.code,
        delivery.took_ms,
    ]


@login_required
@require_safe
def drawer(request: SignedInRequest, delivery_id: UUID) -> HttpResponse:
    """One delivery in full; somebody else's is no such delivery."""
    delivery = get_object_or_404(Delivery.objects.select_related("key").filter(user=request.user), pk=delivery_id)
    story = {**story_of(request.user, delivery), "open": not request.htmx}
    html = render_to_string("webhooks/dialogs/request.html", story, request)
    return private(unless_seen(request, html)) if request.htmx else whole_page(request, dialog=html)
