"""Working orders by hand: change one in place, cancel all of them or one side."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import TradingAccount
from accounts.signed_in import SignedInRequest
from orders.changes import FIELDS, has, modify_of, values_of
from orders.closing import carry_out, reasons_of, summed_up
from orders.engine.commands import Cancel
from orders.engine.values import StopLossType, TakeProfitType, Validity
from orders.models import Order
from orders.views.closing import Question, asks, done
from orders.views.order import own_order
from orders.written import Written

SIDES = {"buys": "buy", "sells": "sell"}


@login_required
@require_http_methods(["GET", "POST"])
def modify(request: SignedInRequest, order_id: int) -> HttpResponse:
    order = own_order(request, order_id)
    context: dict[str, Any] = {"order": order, "has": has(order), "validities": list(Validity)}
    context |= {"stop_loss_types": list(StopLossType), "take_profit_types": list(TakeProfitType)}
    question = Question("modify", f"Change #{order.pk}", "Change order", is_danger=False)
    if request.method == "GET":
        return asks(request, question, context | {"written": Written(values_of(order))})
    written = Written(request.POST.dict())
    command = modify_of(order, written, timezone.now())
    if command is not None:
        outcomes = carry_out(order.account, [command], request.user.username)
        if not reasons_of(outcomes):
            return done(
                request, summed_up(outcomes, f"#{order.pk} changed", f"#{order.pk} not changed"), "orders:working"
            )
        written.refuse_outcome(outcomes[0] or {}, FIELDS)
    return asks(request, question, context | {"written": written}, 422)


@login_required
@require_http_methods(["GET", "POST"])
def cancel_all(request: SignedInRequest, account_id: int) -> HttpResponse:
    account = get_object_or_404(TradingAccount, pk=account_id, user=request.user)
    which = (request.POST if request.method == "POST" else request.GET).get("which", "")
    orders = Order.objects.filter(account=account, state__in=["working", "partially filled"])
    if which in SIDES:
        orders = orders.filter(side=SIDES[which])
    # Sleeping ones go with their order. Without what guards an open position nothing else would: so they are counted.
    found = list(orders.order_by("id"))
    context = {"account": account, "which": which if which in SIDES else "", "orders": found}
    context |= {"guards": sum(bool(order.leg) for order in found), "written": Written(request.POST.dict())}
    if request.method == "GET":
        sides = {"buys": "every buy order", "sells": "every sell order"}.get(which, "every working order")
        return asks(request, Question("cancel_all", f"Cancel {sides} of {account.name}?", "Cancel orders"), context)
    outcomes = carry_out(account, [Cancel(order.pk) for order in found], request.user.username)
    title = f"Cancelled {len(found)} order{'' if len(found) == 1 else 's'} of {account.name}"
    return done(request, summed_up(outcomes, title, "Not every order was cancelled"), "orders:working")
