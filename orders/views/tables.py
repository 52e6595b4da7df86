"""How a person likes a table: its columns in a dialog, its order by its heads. Kept for their next visit."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from accounts.pages import private, with_events
from accounts.signed_in import SignedInRequest
from orders.tables import COLUMNS, SORTS, TITLES, liking_of, show_only, sort_by
from orders.views.closing import Question, asks
from orders.written import Written


@login_required
@require_http_methods(["GET", "POST"])
def columns(request: SignedInRequest, table: str) -> HttpResponse:
    if table not in COLUMNS:
        raise Http404(table)
    if request.method == "GET":
        question = Question("columns", f"Columns of {TITLES[table]}", "Show these", is_danger=False)
        return asks(request, question, {"liking": liking_of(request.user, table), "written": Written()})
    show_only(request.user, table, request.POST.getlist("show"))
    return shown_anew(request, table)


@login_required
@require_POST
def sort(request: SignedInRequest, table: str) -> HttpResponse:
    column = request.POST.get("column", "")
    if column not in SORTS.get(table, {}):
        raise Http404(table)
    sort_by(request.user, table, column)
    return shown_anew(request, table)


def shown_anew(request: SignedInRequest, table: str) -> HttpResponse:
    """The table listens to what happens to the books: it comes again as it is liked now."""
    if not request.htmx:
        return redirect(f"orders:{table}")
    return with_events(private(HttpResponse(status=204)), {"close-dialogs": {}, "book": {}})
