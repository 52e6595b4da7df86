"""What can be traded, and what a few letters may mean."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.pages import private, render_page
from accounts.signed_in import SignedInRequest
from accounts.tables.pages import shown
from orders.tables import INSTRUMENTS
from orders.tables.market import found


@login_required
@require_safe
def instruments(request: SignedInRequest) -> HttpResponse:
    return render_page(request, "orders/instruments.html", "instruments", {"shown": shown(request, INSTRUMENTS)})


@login_required
@require_safe
def find(request: SignedInRequest) -> HttpResponse:
    """Symbols for the finder."""
    words = request.GET.get("find", "").replace("\0", "")[:64].strip()
    rows = found(words)[:8] if words else []
    return private(render(request, "orders/fragments/found.html", {"rows": rows}))
