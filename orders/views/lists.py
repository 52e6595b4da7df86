"""The long lists: working orders, filled orders, orders history, event log, ledger. Newest first, paged by key."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.chosen import chosen_account
from accounts.pages import render_page
from accounts.signed_in import SignedInRequest
from accounts.tables.declared import Table
from accounts.tables.pages import shown
from orders.tables import EVENTS, FILLED, HISTORY, LEDGER, WORKING


def listed(request: SignedInRequest, table: Table) -> HttpResponse:
    return render_page(request, f"orders/{table.name}.html", table.name, list_context(request, table))


def list_context(request: SignedInRequest, table: Table) -> dict[str, Any]:
    return {"account": chosen_account(request), "shown": shown(request, table)}


@login_required
@require_safe
def working(request: SignedInRequest) -> HttpResponse:
    return listed(request, WORKING)


@login_required
@require_safe
def filled(request: SignedInRequest) -> HttpResponse:
    return listed(request, FILLED)


@login_required
@require_safe
def history(request: SignedInRequest) -> HttpResponse:
    return listed(request, HISTORY)


@login_required
@require_safe
def events(request: SignedInRequest) -> HttpResponse:
    return listed(request, EVENTS)


@login_required
@require_safe
def ledger(request: SignedInRequest) -> HttpResponse:
    return listed(request, LEDGER)
