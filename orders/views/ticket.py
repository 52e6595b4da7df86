"""Order entry: the ticket is a form that comes back with its faults, or with a fresh one and what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.models import TradingAccount
from accounts.pages import private, with_events
from accounts.signed_in import SignedInRequest
from orders.intake import Slip, outcome_of, submit
from orders.models import Instrument, Order
from orders.templatetags.numbers import lots, price
from orders.ticket import FIELDS, Ticket, checked_place
from orders.written import Written

WAIT_SECONDS = 2.0
KEPT = ("side", "type", "qty", "cashOrderQty", "validity")  # of a ticket that was sent, for the next one


@login_required
@require_POST
def place(request: SignedInRequest, account_id: int, instrument_id: int) -> HttpResponse:
    account = get_object_or_404(TradingAccount, pk=account_id, user=request.user)
    instrument = get_object_or_404(Instrument.objects.select_related("quote"), pk=instrument_id)
    written = Written(request.POST.dict())
    order = checked_place(written, account, instrument.pk)
    outcome: dict[str, Any] | None = None
    if order is not None:
        accepted = submit(Slip(account.pk, order, by_hand(request), request_id=token_of(written)))
        outcome = outcome_of(account.pk, accepted.seq, WAIT_SECONDS)
        if outcome is not None and not outcome.get("ok"):
            written.refuse_outcome(outcome, FIELDS)
    if not request.htmx:
        say(request, written, told(outcome, instrument) if order is not None and not written.faults else None)
        return redirect(f"/desk/?instrument={instrument.pk}")
    if written.faults:
        return drawn(request, Ticket(account, instrument, written), 422)
    left = Written({name: written.text(name) for name in KEPT})
    return with_events(drawn(request, Ticket(account, instrument, left)), {"toast": told(outcome, instrument)})


def say(request: SignedInRequest, written: Written, toast: dict[str, str] | None) -> None:
    """The same on the next page, to a browser whose scripts are not there yet."""
    if toast is not None:
        messages.success(request, f"{toast['title']}: {toast['text']}")
    for name, faults in written.faults.items():
        messages.error(request, f"{name}: {' '.join(faults)}".removeprefix(": "))


def by_hand(request: SignedInRequest) -> dict[str, str]:
    return {"kind": "user", "user": request.user.username}


def token_of(written: Written) -> str:
    token = written.text("token")
    if not token.startswith("by-hand-") or len(token) != 40 or not token.isascii() or not token.isprintable():
        raise Http404("a ticket that was not drawn here")
    return token


def drawn(request: SignedInRequest, ticket: Ticket, status: int = 200) -> HttpResponse:
    answer = private(render(request, "orders/fragments/ticket.html", {"ticket": ticket}, status=status))
    answer.headers["X-Fragment"] = "ticket"
    return answer


def told(outcome: dict[str, Any] | None, instrument: Instrument) -> dict[str, str]:
    """What became of the order, for the toast."""
    if outcome is None:
        return {"kind": "done", "title": "Order accepted", "text": "The engine has it in its tray."}
    order = Order.objects.get(pk=outcome["d"]["orderId"])
    name = f"{order.side.capitalize()} {lots(order.qty, instrument)} {instrument}"
    if order.state == "filled":
        average = price(order.avg_price, instrument)
        return {"kind": "fill", "title": f"#{order.pk} filled", "text": f"{name} @ {average}"}
    return {"kind": "done", "title": f"#{order.pk} {order.state}", "text": f"{name}, {order.type}"}
