"""The page Accounts → Webhooks, with all its fragments at once."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.pages import private
from accounts.signed_in import SignedInRequest
from accounts.tables.pages import shown
from webhooks.addresses import webhook_url
from webhooks.delivery_rows import DeliveryRow
from webhooks.forms import KeyForm
from webhooks.key_rows import summary
from webhooks.reauthentication import TIMEOUT_MINUTES, minutes_since_confirmed
from webhooks.snippets import snippet_context
from webhooks.subscription import subscription_line
from webhooks.tables import KEYS, REQUESTS

MS_TO_WIDTH: Final = 320 / 3_000  # the drawing is 320 wide and three seconds long


@login_required
@require_safe
def panel(request: SignedInRequest) -> HttpResponse:
    return whole_page(request)


def whole_page(request: SignedInRequest, dialog: str = "", form: KeyForm | None = None) -> HttpResponse:
    """The page, with a dialog open on it when one is given."""
    now = timezone.now()
    context: dict[str, Any] = {
        "subscription": subscription_line(request.user, now),
        "products_url": products_url(),
        "dialog": dialog,
        **form_context(request, form or KeyForm(user=request.user)),
        **keys_context(request),
        **snippet_context(request.user, request.GET, webhook_url(request)),
        "requests": shown(request, REQUESTS),
    }
    context |= patience_context(context["requests"].rows)
    return private(render(request, "webhooks/panel.html", context))


def keys_context(request: SignedInRequest) -> dict[str, Any]:
    keys = shown(request, KEYS)
    return {"keys": keys, "keys_summary": summary(list(keys.rows))}


def form_context(request: SignedInRequest, form: KeyForm) -> dict[str, Any]:
    return {"form": form, "confirmed": minutes_since_confirmed(request), "confirmed_for": TIMEOUT_MINUTES}


def products_url() -> str:
    try:
        return reverse("accounts:products")
    except NoReverseMatch:
        return ""


def patience_context(rows: Sequence[DeliveryRow]) -> dict[str, Any]:
    """Of the three seconds that TradingView waits: how long the latest answers took, and how long one may take."""
    times = [row.delivery.took_ms for row in rows if row.delivery.took_ms is not None]
    typical, wait_ms = round(median(times)) if times else None, settings.WEBHOOK_WAIT_MS
    return {
        "typical_ms": typical,
        "typical_width": max(3, round((typical or 0) * MS_TO_WIDTH)),
        "wait": f"{wait_ms / 1000:g} s",
        "wait_x": round(wait_ms * MS_TO_WIDTH),
    }
