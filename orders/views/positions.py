"""The Positions panel."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.pages import render_page
from accounts.signed_in import SignedInRequest
from orders.tables import POSITIONS
from orders.valuation import Holding
from orders.views.lists import list_context


@login_required
@require_safe
def positions(request: SignedInRequest) -> HttpResponse:
    return render_page(request, "orders/positions.html", "positions", positions_context(request))


def positions_context(request: SignedInRequest) -> dict[str, Any]:
    context = list_context(request, POSITIONS)
    return context | {"totals": totals_of([row["held"] for row in context["shown"].rows])}


def totals_of(holdings: list[Holding]) -> dict[str, Decimal] | None:
    """None when a part of them is unknown: half a sum would mislead."""
    if not holdings or any(held.gross is None for held in holdings):
        return None
    names = ("gross", "net", "value", "margin")
    sums = {name: sum((getattr(held, name) for held in holdings), Decimal(0)) for name in names}
    return sums | {"fee": sum((held.position.fee for held in holdings), Decimal(0))}
