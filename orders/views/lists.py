"""The long lists: working orders, filled orders, orders history, event log. Newest first, paged by key."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.chosen import chosen_account
from accounts.pages import render_page
from orders.causes import with_causes
from orders.models import Fill, LastQuote, Order, OrderEvent
from orders.paging import page_of

WHICH = {"buys": "buy", "sells": "sell"}


@login_required
@require_safe
def working(request: HttpRequest) -> HttpResponse:
    account = chosen_account(request)
    orders = Order.objects.filter(account=account, state__in=["working", "partially filled", "inactive"])
    which = request.GET.get("which", "")
    if which in WHICH:
        orders = orders.filter(side=WHICH[which])
    page = page_of(request, orders.select_related("instrument"), size=100)
    with_causes(page.rows)
    quotes = LastQuote.objects.in_bulk({order.instrument_id for order in page.rows})
    for order in page.rows:
        order.current = current_price(order, quotes.get(order.instrument_id))
    context = {"account": account, "page": page, "which": which if which in WHICH else "all"}
    return render_page(request, "orders/working.html", "working", context)


def current_price(order: Order, quote: LastQuote | None) -> object:
    """The price it would meet now: the ask for a buy, the bid for a sell."""
    if quote is None:
        return None
    return quote.ask if order.side == "buy" else quote.bid


@login_required
@require_safe
def filled(request: HttpRequest) -> HttpResponse:
    account = chosen_account(request)
    page = page_of(request, Fill.objects.filter(account=account).select_related("instrument", "order"))
    with_causes(fill.order for fill in page.rows)
    for fill in page.rows:
        fill.net = fill.gross - fill.fee
    return render_page(request, "orders/filled.html", "filled", {"account": account, "page": page})


@login_required
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    account = chosen_account(request)
    page = page_of(request, OrderEvent.objects.filter(account=account, order_id__isnull=False))
    with_orders(page.rows)
    return render_page(request, "orders/history.html", "history", {"account": account, "page": page})


@login_required
@require_safe
def events(request: HttpRequest) -> HttpResponse:
    account = chosen_account(request)
    page = page_of(request, OrderEvent.objects.filter(account=account), size=40)
    with_orders(page.rows)
    return render_page(request, "orders/events.html", "events", {"account": account, "page": page})


def with_orders(events: list[OrderEvent]) -> None:
    """Gives each event its `order`, with instrument and cause."""
    orders = Order.objects.select_related("instrument").in_bulk({event.order_id for event in events if event.order_id})
    with_causes(orders.values())
    for event in events:
        event.order = orders.get(event.order_id)
