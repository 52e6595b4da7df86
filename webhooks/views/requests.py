"""Every delivery of the signed-in user: listed, and shown in full."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.pages import private, unless_seen
from accounts.signed_in import SignedInRequest
from accounts.tables.pages import shown
from webhooks.delivery_story import story_of
from webhooks.models import Delivery
from webhooks.tables import REQUESTS
from webhooks.views.answers import fragment
from webhooks.views.page import whole_page


@login_required
@require_safe
def listed(request: SignedInRequest) -> HttpResponse:
    if not request.htmx:
        return whole_page(request)
    return fragment(request, "requests", {"requests": shown(request, REQUESTS)})


@login_required
@require_safe
def drawer(request: SignedInRequest, delivery_id: UUID) -> HttpResponse:
    """One delivery in full; somebody else's is no such delivery."""
    delivery = get_object_or_404(Delivery.objects.select_related("key").filter(user=request.user), pk=delivery_id)
    story = {**story_of(request.user, delivery), "open": not request.htmx}
    html = render_to_string("webhooks/dialogs/request.html", story, request)
    return private(unless_seen(request, html)) if request.htmx else whole_page(request, dialog=html)
