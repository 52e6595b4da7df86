"""The Positions panel."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.chosen import chosen_account
from accounts.models import TradingAccount
from accounts.pages import render_page
from accounts.signed_in import SignedInRequest
from orders.causes import deliveries_of
from orders.models import Fill, Order
from orders.tables import in_order, liking_of
from orders.valuation import Holding, worth_of

RECENT = 500  # how far back a position's last order is looked for


@login_required
@require_safe
def positions(request: SignedInRequest) -> HttpResponse:
    return render_page(
        request, "orders/positions.html", "positions", positions_context(request, chosen_account(request))
    )


def positions_context(request: SignedInRequest, account: TradingAccount | None) -> dict[str, Any]:
    context: dict[str, Any] = {"account": account, "rows": [], "totals": None}
    if account and (found := worth_of([account])):
        rows = in_order(rows_of(account, found[0].holdings), liking_of(request.user, "positions"))
        context |= {"rows": rows, "totals": totals_of(found[0].holdings)}
    return context


def rows_of(account: TradingAccount, holdings: list[Holding]) -> list[dict[str, Any]]:
    guards, last = guards_of(account), last_orders_of(account) if holdings else {}
    causes = deliveries_of(last.values())
    rows = []
    for held in holdings:
        order = last.get(held.instrument.pk)
        delivery = causes.get(order.pk) if order else None
        rows.append({"held": held, "guards": guards[held.instrument.pk], "order": order, "delivery": delivery})
    return rows


def guards_of(account: TradingAccount) -> dict[int, dict[str, list[Order]]]:
    """The working stop losses and take profits of each instrument."""
    found: dict[int, dict[str, list[Order]]] = defaultdict(lambda: {"stopLoss": [], "takeProfit": []})
    legs = Order.objects.filter(account=account, state__in=["working", "partially filled"]).exclude(leg="")
    for leg in legs.order_by("id"):
        found[leg.instrument_id][leg.leg].append(leg)
    return found


def last_orders_of(account: TradingAccount) -> dict[int, Order]:
    """Of each instrument the order that traded last; an old one may be too far back to be known."""
    recent = Fill.objects.filter(account=account).order_by("-id").values_list("instrument_id", "order_id")[:RECENT]
    newest: dict[int, int] = {}
    for instrument_id, order_id in recent:
        newest.setdefault(instrument_id, order_id)
    orders = Order.objects.in_bulk(newest.values())
    return {instrument_id: orders[order_id] for instrument_id, order_id in newest.items()}


def totals_of(holdings: list[Holding]) -> dict[str, Decimal] | None:
    """None when a part of them is unknown: half a sum would mislead."""
    if not holdings or any(held.gross is None for held in holdings):
        return None
    names = ("gross", "net", "value", "margin")
    sums = {name: sum((getattr(held, name) for held in holdings), Decimal(0)) for name in names}
    return sums | {"fee": sum((held.position.fee for held in holdings), Decimal(0))}
