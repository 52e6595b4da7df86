"""The Accounts panel: every account in a line, and the chosen one in groups."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.chosen import chosen_account, own_accounts
from accounts.models import TradingAccount
from accounts.pages import render_page
from accounts.signed_in import SignedInRequest
from orders.limits import limits_of
from orders.models import Fill, LedgerEntry, Order
from orders.valuation import UNFINISHED, Worth, worth_of


@login_required
@require_safe
def accounts(request: SignedInRequest) -> HttpResponse:
    everything = worth_of(own_accounts(request))
    chosen = chosen_account(request)
    worth = next((worth for worth in everything if worth.account == chosen), None)
    context = {"account": chosen, "all": everything, "worth": worth}
    if worth is not None:
        context |= groups(worth)
    return render_page(request, "orders/accounts.html", "accounts", context)


def groups(worth: Worth) -> dict[str, Any]:
    account, midnight = worth.account, timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    activity = activity_of(account, midnight)
    return {
        "ledger": LedgerEntry.objects.filter(account=account).order_by("-id")[:8],
        "activity": activity,
        "today": today_of(worth, midnight),
        "limits": limits_of(worth, activity),
        "used_percent": used_percent(worth),
        "stop_out": Decimal(settings.STOP_OUT_LEVEL) * 100,
    }


def activity_of(account: TradingAccount, midnight: datetime) -> dict[str, Any]:
    unfinished = Order.objects.filter(account=account, state__in=UNFINISHED)
    return {
        "from_webhooks": unfinished.filter(origin__kind="webhook").exclude(state="inactive").count(),
        "orders": Order.objects.filter(account=account, created_at__gte=midnight).count(),
        "fills": Fill.objects.filter(account=account, at__gte=midnight).count(),
        "last_fill": Fill.objects.filter(account=account).order_by("-id").first(),
    }


def today_of(worth: Worth, midnight: datetime) -> dict[str, Decimal]:
    """Since 00:00 UTC: what was realised, paid, and moved; and the balance before all that."""
    moved = LedgerEntry.objects.filter(account=worth.account, at__gte=midnight)
    sums = {row["kind"]: row["total"] for row in moved.values("kind").annotate(total=Sum("amount"), n=Count("id"))}
    realised = sums.get(LedgerEntry.Kind.REALISED, Decimal(0))
    fees = sums.get(LedgerEntry.Kind.COMMISSION, Decimal(0))
    opening = worth.book.balance - sum(sums.values(), Decimal(0))
    open_pl = worth.figures.open_pl if worth.figures else Decimal(0)
    net = realised + fees + open_pl
    base = worth.book.balance - realised - fees
    return {
        "opening": opening,
        "realised": realised,
        "fees": fees,
        "moved": sum(sums.values(), Decimal(0)) - realised - fees,
        "net": net,
        "percent": net / base * 100 if base > 0 else None,
    }


def used_percent(worth: Worth) -> Decimal | None:
    """How much of the equity is used by positions and blocked by orders."""
    amounts = worth.figures
    if amounts is None or amounts.equity <= 0:
        return None
    return (amounts.used_margin + amounts.blocked_margin) / amounts.equity * 100
