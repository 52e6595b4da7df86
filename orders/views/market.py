"""What can be traded, and what a few letters may mean."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.pages import private, render_page
from accounts.signed_in import SignedInRequest
from orders.models import Instrument


@login_required
@require_safe
def instruments(request: SignedInRequest) -> HttpResponse:
    words = request.GET.get("find", "").replace("\0", "")[:64].strip()
    context = {"rows": found(words).select_related("quote")[:500], "find": words, "all": Instrument.objects.count()}
    return render_page(request, "orders/instruments.html", "instruments", context)


@login_required
@require_safe
def find(request: SignedInRequest) -> HttpResponse:
    """Symbols for the finder."""
    words = request.GET.get("find", "").replace("\0", "")[:64].strip()
    rows = found(words)[:8] if words else []
    return private(render(request, "orders/fragments/found.html", {"rows": rows}))


def found(words: str) -> QuerySet[Instrument]:
    if not words:
        return Instrument.objects.all()
    return Instrument.objects.filter(
        Q(symbol__icontains=words)
        | Q(description__icontains=words)
        | Q(isin__iexact=words)
        | Q(aliases__contains=[words])
    )
