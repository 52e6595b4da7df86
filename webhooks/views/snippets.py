"""The code snippet for what the user chose."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.signed_in import SignedInRequest
from webhooks.addresses import webhook_url
from webhooks.snippets import snippet_context
from webhooks.views.answers import fragment
from webhooks.views.page import whole_page


@login_required
@require_safe
def snippet(request: SignedInRequest) -> HttpResponse:
    if not request.htmx:
        return whole_page(request)
    return fragment(request, "snippet", snippet_context(request.user, request.GET, webhook_url(request)))
