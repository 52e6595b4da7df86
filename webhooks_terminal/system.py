"""The operators' system page: what waits, how old prices are, who is at work, and in which versions."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import metadata
from typing import Any

import django
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Count, Max, Min, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from orders.models import Book, LastQuote, OrderCommand, Quote
from webhooks_terminal.celery import app as celery

PING_SECONDS = 0.5
WEEK = timedelta(days=7)
Line = tuple[str, Any, bool]  # what, how much, whether somebody should look into it


def system_page(site: AdminSite, request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("orders.view_ordercommand"):
        raise PermissionDenied
    parts = {
        "Commands": list(commands()),
        "Prices": list(prices()),
        "At work": list(workers()),
        "Versions": list(versions()),
    }
    context = {**site.each_context(request), "title": "System", "parts": parts}
    return TemplateResponse(request, "admin/system.html", context)


def commands() -> Iterator[Line]:
    now = timezone.now()
    waiting = OrderCommand.objects.filter(status=OrderCommand.Status.QUEUED)
    figures = waiting.aggregate(many=Count("pk"), oldest=Min("accepted_at"))
    yield "waiting", figures["many"], figures["many"] > 1_000
    yield "oldest waiting", since(figures["oldest"], now), is_older(figures["oldest"], now, 2)
    parked = OrderCommand.objects.filter(status=OrderCommand.Status.PARKED, accepted_at__gt=now - WEEK).count()
    yield "parked after an internal error, this week", parked, parked > 0
    yield "accounts to look at again", Book.objects.exclude(look={}).count(), False


def prices() -> Iterator[Line]:
    now = timezone.now()
    newest = LastQuote.objects.aggregate(at=Max("at"), many=Count("pk", filter=Q(bid__isnull=False)))
    yield "instruments with a quote", newest["many"], not newest["many"]
    yield "newest quote", since(newest["at"], now), is_older(newest["at"], now, 60)
    unshown = Quote.objects.filter(shown=False).aggregate(many=Count("pk"), oldest=Min("at"))
    yield "quotes not shown to their orders yet", unshown["many"], is_older(unshown["oldest"], now, 5)
    for source, at in LastQuote.objects.exclude(source="").values_list("source").annotate(Max("at")).order_by("source"):
        yield f"newest from {source}", since(at, now), False


def workers() -> Iterator[Line]:
    try:
        answers = celery.control.ping(timeout=PING_SECONDS)
    except Exception as error:  # whatever the broker's client raises: the page says so instead of failing
        yield "broker", f"away ({type(error).__name__}); the pump executes what workers cannot be told of", True
        return
    names = sorted(name for answer in answers for name in answer)
    yield "workers", ", ".join(names) or "none", not names


def versions() -> Iterator[Line]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (server,) = cursor.fetchone()
    yield "Webhooks Terminal", found(lambda: metadata.version("webhooks-terminal")), False
    yield "Python", platform.python_version(), False
    yield "Django", django.get_version(), False
    yield "PostgreSQL", server, False
    yield "Celery", found(lambda: metadata.version("celery")), False


def found(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except metadata.PackageNotFoundError:
        return "not installed as a package"


def since(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "-"
    return f"{max((now - moment).total_seconds(), 0):,.1f} s ago".replace(",", " ")


def is_older(moment: datetime | None, now: datetime, seconds: float) -> bool:
    return moment is not None and now - moment > timedelta(seconds=seconds)


PARTS = {"Commands": commands, "Prices": prices, "At work": workers, "Versions": versions}
