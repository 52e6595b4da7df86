"""The part of the frame that lives: figures and the last event."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.pages import private, unless_seen
from accounts.signed_in import SignedInRequest


@login_required
@require_safe
def surroundings(request: SignedInRequest) -> HttpResponse:
    return private(unless_seen(request, render_to_string("frame/living.html", {}, request)))
