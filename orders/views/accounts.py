"""The Accounts panel: every account in a line, and the chosen one in groups."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.chosen import chosen_account
from accounts.models import TradingAccount
from accounts.pages import private, render_page, unless_seen
from accounts.signed_in import SignedInRequest
from accounts.tables.pages import shown
from orders.equity import SPANS, curve_of
from orders.limits import limits_of
from orders.models import Fill, LedgerEntry, Order
from orders.tables import ACCOUNTS
from orders.tallies import Tally, tally_of
from orders.valuation import Worth


@login_required
@require_safe
def accounts(request: SignedInRequest) -> HttpResponse:
    everything = shown(request, ACCOUNTS)
    chosen = chosen_account(request)
    worth = next((worth for worth in everything.rows if worth.account == chosen), None)
    context = {"account": chosen, "shown": everything, "worth": worth}
    if worth is not None:
        context |= groups(worth)
    if not request.htmx:
        context |= equity_context(chosen, "")
    return render_page(request, "orders/accounts.html", "accounts", context)


@login_required
@require_safe
def equity(request: SignedInRequest) -> HttpResponse:
    """The curve alone, over the span that was chosen; a page for whoever comes without htmx."""
    context = equity_context(chosen_account(request), request.GET.get("span", ""))
    if not request.htmx:
        return private(render(request, "orders/equity.html", context))
    return private(unless_seen(request, render_to_string("orders/fragments/equity.html", context, request)))


def equity_context(account: TradingAccount | None, span: str) -> dict[str, Any]:
    span = span if span in SPANS else "all"
    return {"account": account, "curve": curve_of(account, span) if account else None, "span": span, "spans": SPANS}


def groups(worth: Worth) -> dict[str, Any]:
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    tally = tally_of(worth.account, midnight)
    return {
        "ledger": LedgerEntry.objects.filter(account=worth.account).order_by("-id")[:8],
        "tally": tally,
        "activity": activity_of(worth.account),
        "today": today_of(worth, tally),
        "limits": limits_of(worth, tally),
        "used_percent": used_percent(worth),
        "stop_out": Decimal(settings.STOP_OUT_LEVEL) * 100,
    }


def activity_of(account: TradingAccount) -> dict[str, Any]:
    working = Order.objects.filter(account=account, state__in=["working", "partially filled"])
    return {
        "from_webhooks": working.filter(origin__kind="webhook").count(),
        "last_fill": Fill.objects.filter(account=account).order_by("-id").first(),
    }


def today_of(worth: Worth, tally: Tally) -> dict[str, Decimal | None]:
    """Since 00:00 UTC: what was realised, paid, and moved; and the balance before all that."""
    realised = tally.sums.get(LedgerEntry.Kind.REALISED, Decimal(0))
    fees = tally.sums.get(LedgerEntry.Kind.COMMISSION, Decimal(0))
    everything = sum(tally.sums.values(), Decimal(0))
    net = realised + fees + (worth.figures.open_pl if worth.figures else Decimal(0))
    base = worth.book.balance - realised - fees
    return {
        "opening": worth.book.balance - everything,
        "realised": realised,
        "fees": fees,
        "moved": everything - realised - fees,
        "net": net,
        "percent": net / base * 100 if base > 0 else None,
    }


def used_percent(worth: Worth) -> Decimal | None:
    """How much of the equity is used by positions and blocked by orders."""
    amounts = worth.figures
    if amounts is None or amounts.equity <= 0:
        return None
    return (amounts.used_margin + amounts.blocked_margin) / amounts.equity * 100
