"""Positions by hand: close, close a part, reverse, close all, stop loss and take profit. Each asks once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import TradingAccount
from accounts.pages import private, with_events
from accounts.signed_in import SignedInRequest
from orders.closing import against, carry_out, qty_to_close, summed_up
from orders.decimals import plain, trimmed
from orders.guards import commands_of_guards, guard_rows
from orders.models import Position
from orders.templatetags.numbers import lots
from orders.views.ticket import token_of
from orders.written import Written

CHANGED = "the position changed while this stood here: look at it again"


@dataclass(frozen=True, slots=True)
class Question:
    """What a dialog asks: its template, its heading, the word on its button."""

    name: str
    title: str
    act: str
    is_danger: bool = True

    @property
    def template(self) -> str:
        return f"orders/questions/{self.name}.html"


def own_position(request: SignedInRequest, position_id: int) -> Position:
    positions = Position.objects.select_related("instrument__quote", "account")
    return get_object_or_404(positions, pk=position_id, account__user=request.user)


def new_token() -> str:
    return f"by-hand-{uuid.uuid4().hex}"


def asks(request: SignedInRequest, question: Question, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The question, as a dialog or as a page of its own."""
    context = context | {"question": question, "token": new_token(), "here": request.get_full_path()}
    template = "orders/fragments/asked.html" if request.htmx else "orders/asked.html"
    answer = private(render(request, template, context, status=status))
    answer.headers["X-Fragment"] = question.name  # one that was refused takes the place of the dialog before
    return answer


def done(request: SignedInRequest, toast: dict[str, str], back: str = "orders:positions") -> HttpResponse:
    if not request.htmx:
        return redirect(back)
    return with_events(private(HttpResponse(status=204)), {"close-dialogs": {}, "toast": toast})


def is_as_shown(position: Position, written: Written) -> bool:
    """Whether the position is still what the person saw when they were asked."""
    if written.text("held") == plain(position.qty):
        return True
    written.fault("", CHANGED)
    return False


@login_required
@require_http_methods(["GET", "POST"])
def close(request: SignedInRequest, position_id: int) -> HttpResponse:
    position = own_position(request, position_id)
    written = Written(request.POST.dict() or {"qty": plain(abs(position.qty))})
    question = Question("close", f"Close {position.instrument}?", "Close position")
    if request.method == "GET":
        return asks(request, question, {"position": position, "written": written})
    qty = qty_to_close(position, written) if is_as_shown(position, written) else None
    if qty is None:
        return asks(request, question, {"position": position, "written": written}, 422)
    outcomes = carry_out(position.account, against(position, qty), request.user.username, token_of(written))
    name = f"{lots(qty, position.instrument)} {position.instrument}"
    return done(request, summed_up(outcomes, f"Closed {name}", f"{name} not closed"))


@login_required
@require_http_methods(["GET", "POST"])
def reverse(request: SignedInRequest, position_id: int) -> HttpResponse:
    position = own_position(request, position_id)
    written = Written(request.POST.dict())
    question = Question("reverse", f"Reverse {position.instrument}?", "Reverse position")
    if request.method == "GET":
        return asks(request, question, {"position": position, "written": written})
    if not is_as_shown(position, written):
        return asks(request, question, {"position": position, "written": written}, 422)
    commands = against(position, trimmed(abs(position.qty)) * 2)
    outcomes = carry_out(position.account, commands, request.user.username, token_of(written))
    return done(request, summed_up(outcomes, f"Reversed {position.instrument}", f"{position.instrument} not reversed"))


@login_required
@require_http_methods(["GET", "POST"])
def close_all(request: SignedInRequest, account_id: int) -> HttpResponse:
    account = get_object_or_404(TradingAccount, pk=account_id, user=request.user)
    positions = list(Position.objects.filter(account=account).select_related("instrument"))
    written = Written(request.POST.dict())
    if request.method == "GET":
        question = Question("close_all", f"Close every position of {account.name}?", "Close all")
        return asks(request, question, {"account": account, "positions": positions, "written": written})
    commands = [command for position in positions for command in against(position, trimmed(abs(position.qty)))]
    outcomes = carry_out(account, commands, request.user.username, token_of(written))
    return done(request, summed_up(outcomes, f"Closed every position of {account.name}", "Not everything was closed"))


@login_required
@require_http_methods(["GET", "POST"])
def protect(request: SignedInRequest, position_id: int) -> HttpResponse:
    """Stop loss and take profit: those that work are changed or taken away, what is bare can get one."""
    position = own_position(request, position_id)
    written = Written(request.POST.dict())
    rows = guard_rows(position)
    question = Question("protect", f"Stop loss and take profit of {position.instrument}", "Change", is_danger=False)
    context = {"position": position, "written": written, "rows": rows, "bare": bare_qty(position, rows)}
    if request.method == "GET":
        return asks(request, question, context)
    commands = commands_of_guards(position, rows, written)
    if not commands and not written.faults:
        written.fault("", "nothing to change")
    if written.faults:
        return asks(request, question, context, 422)
    outcomes = carry_out(position.account, commands, request.user.username, token_of(written))
    name = f"stop loss and take profit of {position.instrument}"
    return done(request, summed_up(outcomes, f"Changed {name}", f"Not all changed: {name}"))


def bare_qty(position: Position, rows: list[Any]) -> dict[str, Decimal]:
    """How much of the position no stop loss, and no take profit, guards."""
    guarded = {"stopLoss": Decimal(0), "takeProfit": Decimal(0)}
    for row in rows:
        guarded[row.kind] += row.order.qty - row.order.filled_qty
    return {kind: max(abs(position.qty) - qty, Decimal(0)) for kind, qty in guarded.items()}
