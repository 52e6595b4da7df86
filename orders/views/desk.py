"""The Desk: watchlist, chart and ticket above positions and working orders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F, Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.chosen import chosen_account
from accounts.models import TradingAccount
from accounts.pages import private, render_page
from accounts.signed_in import SignedInRequest
from orders.candles import INTERVALS, USUAL, bars_of
from orders.models import Fill, Instrument, Order, Position
from orders.tables import WORKING
from orders.tables.market import found
from orders.templatetags.numbers import lots, price_places
from orders.ticket import Ticket
from orders.views.lists import list_context
from orders.views.positions import positions_context
from orders.watching import watch, watched, watched_ids
from orders.written import Written

MOST_FILLS = 500


@login_required
@require_safe
def desk(request: SignedInRequest) -> HttpResponse:
    account = chosen_account(request)
    rows = watched(request.user, account)
    instrument = wanted_instrument(request) or (rows[0].instrument if rows else Instrument.objects.first())
    context: dict[str, Any] = {"account": account, "watched": rows, "instrument": instrument, "intervals": INTERVALS}
    context |= {"interval": USUAL, "is_watched": any(row.instrument == instrument for row in rows)}
    if account and instrument:
        context["ticket"] = Ticket(account, instrument, Written(asked(request)))
    context |= {"position_panel": positions_context(request), "order_panel": list_context(request, WORKING)}
    return render_page(request, "orders/desk.html", "desk", context)


def asked(request: SignedInRequest) -> dict[str, str]:
    """A link may open the ticket on a side."""
    return {"side": request.GET["side"]} if request.GET.get("side") in ("buy", "sell") else {}


def wanted_instrument(request: SignedInRequest) -> Instrument | None:
    number = request.GET.get("instrument", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return Instrument.objects.select_related("quote").filter(pk=number).first()


@login_required
@require_safe
def bars(request: SignedInRequest, instrument_id: int) -> HttpResponse:
    """What the chart draws: bars, own fills, own working orders and the position."""
    instrument = get_object_or_404(Instrument, pk=instrument_id)
    interval = request.GET.get("interval", USUAL)
    drawn = bars_of(instrument.pk, interval if interval in INTERVALS else USUAL)
    since = drawn[0].start if drawn else 0
    answer = {
        "bars": [[bar.start, *(float(value) for value in bar[1:5]), bar.quotes] for bar in drawn],
        "places": price_places(instrument),
        "tick": float(instrument.tick_size),
    }
    return private(JsonResponse(answer | marks_of(chosen_account(request), instrument, since)))


def marks_of(account: TradingAccount | None, instrument: Instrument, since: int) -> dict[str, Any]:
    mine = {"account": account, "instrument": instrument}
    fills = Fill.objects.filter(**mine, at__gte=datetime.fromtimestamp(since, UTC)).order_by("-id")[:MOST_FILLS]
    orders = Order.objects.filter(**mine, state__in=["working", "partially filled", "inactive"]).order_by("id")[:100]
    position = Position.objects.filter(**mine).first()
    return {
        "fills": [[int(f.at.timestamp()), f.side, float(f.price), lots(f.qty, instrument)] for f in reversed(fills)],
        "orders": [line for order in orders for line in lines_of(order, instrument)],
        "position": [float(position.avg_price), f"average {lots(position.qty, instrument)}"] if position else None,
    }


def lines_of(order: Order, instrument: Instrument) -> list[tuple[str, float, str]]:
    """Where an order would act: (its look, the price, its name)."""
    left = lots(order.qty - order.filled_qty, instrument)
    leg = {"stopLoss": "SL", "takeProfit": "TP"}.get(order.leg)
    look = {"stopLoss": "stop", "takeProfit": "target"}.get(order.leg, order.side)
    name = f"{leg or order.side.capitalize()} {'' if leg else order.type.lower() + ' '}{left}"
    prices = [(order.stop_price, " stop" if order.price is not None else ""), (order.price, "")]
    return [(look, float(price), name + more) for price, more in prices if price is not None]


@login_required
@require_http_methods(["GET", "POST"])
def watchlist(request: SignedInRequest) -> HttpResponse:
    """A dialog that finds instruments; its buttons put them on the list or take them off."""
    account = chosen_account(request)
    if request.method == "POST":
        number = request.POST.get("instrument", "")
        instrument = get_object_or_404(
            Instrument, pk=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
        )
        watch(request.user, account, instrument.pk, on=request.POST.get("on") == "1")
        return redirect(f"/desk/?instrument={instrument.pk}")
    words = request.GET.get("find", "").replace("\0", "")[:64].strip()
    rows = found(words).filter(Q(quote__isnull=False)).order_by(F("symbol"))[:30]
    context = {"rows": rows, "find": words, "watched": set(watched_ids(request.user, account))}
    part = "watch_found" if request.headers.get("HX-Target") == "watch-found" else "watch"
    return private(render(request, f"orders/fragments/{part}.html", context))
