"""What a person does to a table: chooses and moves its columns, sorts and narrows it, takes it as a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.pages import private, with_events
from accounts.signed_in import SignedInRequest
from accounts.tables.declared import TABLES, Table
from accounts.tables.files import file_of
from accounts.tables.likings import Liking, keep_liking, liking_of, move, narrow, show_only, sort_by

STEPS = {"left": -1, "right": 1}


def table_named(name: str) -> Table:
    if name not in TABLES:
        raise Http404(name)
    return TABLES[name]


@login_required
@require_http_methods(["GET", "POST"])
def columns(request: SignedInRequest, name: str) -> HttpResponse:
    """The dialog of the columns: which are shown, and in which order."""
    table = table_named(name)
    liking = liking_of(request.user, table)
    if request.method == "GET":
        return columns_dialog(request, liking)
    if "usual" in request.POST:
        liking = show_only(liking, [c.name for c in table.movable], [c.name for c in table.movable if c.usual])
    else:
        liking = show_only(liking, request.POST.getlist("column"), request.POST.getlist("show"))
    for way, steps in STEPS.items():
        if way in request.POST:
            liking = move(liking, request.POST[way], steps)
    keep_liking(request.user, liking)
    if "done" in request.POST:
        return shown_anew(request, table, {"close-dialogs": {}})
    return with_events(columns_dialog(request, liking), {table.told: {}})


def columns_dialog(request: SignedInRequest, liking: Liking) -> HttpResponse:
    template = "tables/columns_dialog.html" if request.htmx else "tables/columns_page.html"
    return private(render(request, template, {"liking": liking}))


@login_required
@require_POST
def sort(request: SignedInRequest, name: str) -> HttpResponse:
    table = table_named(name)
    key = request.POST.get("column", "")
    if not table.can_sort_by(key):
        raise Http404(key)
    keep_liking(request.user, sort_by(liking_of(request.user, table), key))
    return shown_anew(request, table)


@login_required
@require_POST
def filters(request: SignedInRequest, name: str) -> HttpResponse:
    table = table_named(name)
    asked: dict[str, Any] = request.POST.dict()
    keep_liking(request.user, narrow(liking_of(request.user, table), asked))
    return shown_anew(request, table)


def shown_anew(request: SignedInRequest, table: Table, events: dict[str, Any] | None = None) -> HttpResponse:
    """The table listens to its reader: it comes again as it is liked now."""
    if not request.htmx:
        return redirect(table.view)
    answer = private(HttpResponse(status=204))
    here = urlsplit(request.htmx.current_url or "")
    if here.path == reverse(table.view) and parse_qs(here.query).keys() & {one.name for one in table.filters}:
        answer.headers["HX-Redirect"] = here.path  # the address itself narrows it, and would go on doing so
        return answer
    return with_events(answer, {table.told: {}} | (events or {}))


@login_required
@require_safe
def export(request: SignedInRequest, name: str) -> StreamingHttpResponse:
    return file_of(request, table_named(name))
