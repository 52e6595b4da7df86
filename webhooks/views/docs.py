"""The reference of the webhook, made from the declared shape of its messages and the catalogue of its answers."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.signed_in import SignedInRequest
from webhooks.addresses import webhook_url
from webhooks.guide import GUIDE, as_html
from webhooks.reference import reference_context


@login_required
@require_safe
def guide(request: SignedInRequest) -> HttpResponse:
    """The written guide."""
    text = as_html(GUIDE.read_text("utf-8"), webhook_url(request))
    return render(request, "webhooks/guide.html", {"guide": text})


@login_required
@require_safe
def reference(request: SignedInRequest) -> HttpResponse:
    return render(request, "webhooks/reference.html", reference_context(webhook_url(request)))
