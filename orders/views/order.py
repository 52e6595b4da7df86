"""One order: everything known of it, and its cancelling."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.pages import private, with_events
from accounts.signed_in import SignedInRequest
from orders.causes import deliveries_of
from orders.engine.commands import Cancel
from orders.intake import Slip, outcome_of, submit
from orders.models import Fill, Order, OrderEvent

WAIT_SECONDS = 1.0
CANCELLABLE = ("working", "partially filled", "inactive")


def own_order(request: SignedInRequest, order_id: int) -> Order:
    """Another person's order is no order."""
    orders = Order.objects.select_related("instrument", "account").filter(account__user=request.user)
    return get_object_or_404(orders, pk=order_id)


@login_required
@require_safe
def order(request: SignedInRequest, order_id: int) -> HttpResponse:
    """A drawer to htmx, a page to a browser that was given the address."""
    order = own_order(request, order_id)
    context = {
        "order": order,
        "delivery": deliveries_of([order]).get(order.pk),
        "events": OrderEvent.objects.filter(order_id=order.pk).order_by("id")[:200],
        "fills": Fill.objects.filter(order=order).order_by("id")[:200],
        "legs": Order.objects.filter(parent_id=order.pk).order_by("id"),
        "cancellable": order.state in CANCELLABLE,
    }
    template = "orders/fragments/order.html" if request.htmx else "orders/order.html"
    return private(render(request, template, context))


@login_required
@require_http_methods(["GET", "POST"])
def cancel(request: SignedInRequest, order_id: int) -> HttpResponse:
    order = own_order(request, order_id)
    if request.method == "GET":
        template = "orders/fragments/cancel.html" if request.htmx else "orders/cancel.html"
        return private(render(request, template, {"order": order}))
    origin = {"kind": "user", "user": request.user.username}
    accepted = submit(Slip(order.account_id, Cancel(order.pk), origin))
    outcome = outcome_of(order.account_id, accepted.seq, WAIT_SECONDS)
    if not request.htmx:
        return redirect("orders:order", order.pk)
    return with_events(private(HttpResponse(status=204)), {"close-dialogs": {}, "toast": told(order, outcome)})


def told(order: Order, outcome: dict[str, Any] | None) -> dict[str, str]:
    """What became of it, for the toast."""
    if outcome is None:
        return {"kind": "done", "title": f"#{order.pk} will be cancelled", "text": "The engine has it in its tray."}
    if outcome.get("ok"):
        return {"kind": "done", "title": f"#{order.pk} cancelled", "text": ""}
    reasons = "; ".join(str(error.get("message", "")) for error in outcome.get("errors", []))
    return {"kind": "fault", "title": f"#{order.pk} not cancelled", "text": reasons}
