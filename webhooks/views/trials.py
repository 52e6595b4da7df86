"""Check and Send test: a message in the dialog, and below it what would come of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.signed_in import SignedInRequest
from webhooks.authentication import address_of
from webhooks.checking import Report, check
from webhooks.delivery_rows import delivery_row
from webhooks.delivery_story import shown_answer
from webhooks.knock import REQUEST_ID
from webhooks.models import Delivery, WebhookKey
from webhooks.snippets import plain_message
from webhooks.trial import Trial, badge_for
from webhooks.views.answers import dialog


@login_required
@require_safe
def ask(request: SignedInRequest) -> HttpResponse:
    """The dialog with the snippet's message, its slots filled in."""
    return shown(request, plain_message(request.user, request.GET))


@login_required
@require_POST
def send(request: SignedInRequest) -> HttpResponse:
    """Runs the message dry; the very answer that a sender would get."""
    body, key = asked_of(request)
    delivery = Trial(request.user, key, body.encode("utf-8", "replace"), address_of(request.META)).run()
    return shown(request, body, key, delivery=delivery)


@login_required
@require_POST
def look_at(request: SignedInRequest) -> HttpResponse:
    """Checks the text."""
    body, key = asked_of(request)
    badge = badge_for(request.user, key) or badge_for(request.user, None)
    assert badge is not None
    return shown(request, body, key, report=check(body.encode("utf-8", "replace"), badge, timezone.now()))


def asked_of(request: SignedInRequest) -> tuple[str, WebhookKey | None]:
    """The message and the key it is tried with: those of an earlier request when one is named."""
    if earlier := request.POST.get("repeats", ""):
        number = earlier if is_uuid(earlier) else None
        delivery = get_object_or_404(Delivery.objects.select_related("key").filter(user=request.user), pk=number)
        return delivery.body, delivery.key if delivery.key and delivery.key.deleted_at is None else None
    if "snippet" in request.POST:
        return plain_message(request.user, request.POST), None
    # A browser sends line breaks as CR LF.
    body = request.POST.get("body", "").replace("\r\n", "\n")
    return body, key_named(request.user, request.POST)


def is_uuid(text: str) -> bool:
    return bool(REQUEST_ID.fullmatch(text))


def key_named(user: User, fields: Mapping[str, str]) -> WebhookKey | None:
    number = fields.get("key", "")
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        return None
    return WebhookKey.objects.undeleted().filter(user=user, pk=int(number)).first()


def shown(
    request: SignedInRequest,
    body: str,
    key: WebhookKey | None = None,
    report: Report | None = None,
    delivery: Delivery | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "body": body,
        "chosen": key,
        "keys": list(WebhookKey.objects.undeleted().filter(user=request.user)),
        "report": report,
    }
    if delivery is not None:
        context |= {"row": delivery_row(delivery, {}), "delivery": delivery, "answer": shown_answer(delivery)}
        context["http"] = str(delivery.http)
    return dialog(request, "try", context, *(["requests"] if delivery else []))
