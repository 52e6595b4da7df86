"""The long lists: working orders, filled orders, orders history, event log. Newest first, paged by key."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.chosen import chosen_account
from accounts.models import TradingAccount
from accounts.pages import render_page
from accounts.signed_in import SignedInRequest
from orders.causes import deliveries_of
from orders.models import Fill, LastQuote, Order, OrderEvent
from orders.paging import page_of

SIDES = {"buys": "buy", "sells": "sell"}


@login_required
@require_safe
def working(request: SignedInRequest) -> HttpResponse:
    return render_page(request, "orders/working.html", "working", working_context(request, chosen_account(request)))


def working_context(request: SignedInRequest, account: TradingAccount | None) -> dict[str, Any]:
    which = request.GET.get("which", "")
    orders = Order.objects.filter(account=account, state__in=["working", "partially filled", "inactive"])
    if which in SIDES:
        orders = orders.filter(side=SIDES[which])
    page = page_of(request, orders.select_related("instrument"), size=100)
    causes = deliveries_of(page.rows)
    quotes = LastQuote.objects.in_bulk({order.instrument_id for order in page.rows})
    rows = [
        {
            "order": order,
            "delivery": causes.get(order.pk),
            "current": current_price(order, quotes.get(order.instrument_id)),
        }
        for order in page.rows
    ]
    query = urlencode({name: value for name, value in request.GET.items() if name in ("which", "before", "after")})
    which = which if which in SIDES else "all"
    return {"account": account, "page": page, "rows": rows, "which": which, "query": query}


def current_price(order: Order, quote: LastQuote | None) -> Decimal | None:
    """The price it would meet now: the ask for a buy, the bid for a sell."""
    if quote is None:
        return None
    return quote.ask if order.side == "buy" else quote.bid


@login_required
@require_safe
def filled(request: SignedInRequest) -> HttpResponse:
    account = chosen_account(request)
    page = page_of(request, Fill.objects.filter(account=account).select_related("instrument", "order"))
    causes = deliveries_of(fill.order for fill in page.rows)
    rows = [{"fill": fill, "net": fill.gross - fill.fee, "delivery": causes.get(fill.order_id)} for fill in page.rows]
    return render_page(request, "orders/filled.html", "filled", {"account": account, "page": page, "rows": rows})


@login_required
@require_safe
def history(request: SignedInRequest) -> HttpResponse:
    account = chosen_account(request)
    page = page_of(request, OrderEvent.objects.filter(account=account, order_id__isnull=False))
    context = {"account": account, "page": page, "rows": told(page.rows)}
    return render_page(request, "orders/history.html", "history", context)


@login_required
@require_safe
def events(request: SignedInRequest) -> HttpResponse:
    account = chosen_account(request)
    page = page_of(request, OrderEvent.objects.filter(account=account), size=40)
    context = {"account": account, "page": page, "rows": told(page.rows)}
    return render_page(request, "orders/events.html", "events", context)


def told(events: list[OrderEvent]) -> list[dict[str, Any]]:
    """Each event with its order, that order's instrument, and the delivery behind it."""
    orders = Order.objects.select_related("instrument").in_bulk({event.order_id for event in events if event.order_id})
    causes = deliveries_of(orders.values())
    rows = ((event, orders.get(event.order_id or 0)) for event in events)
    return [{"event": event, "order": order, "delivery": order and causes.get(order.pk)} for event, order in rows]
