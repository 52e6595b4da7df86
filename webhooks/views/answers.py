"""How the panel answers: with a fragment to htmx, with the whole page to a browser that has not loaded it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.debug import sensitive_variables

from accounts.pages import private, unless_seen, with_events
from accounts.signed_in import SignedInRequest
from webhooks.views.page import whole_page


def fragment(request: SignedInRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
    """The element of that name as it is now; 204 when the browser shows just that."""
    return private(unless_seen(request, render_to_string(f"webhooks/fragments/{name}.html", dict(context), request)))


@sensitive_variables()
def dialog(request: SignedInRequest, name: str, context: Mapping[str, Any], *events: str) -> HttpResponse:
    """A dialog in the page's `#dialogs`; lists that changed with it refresh themselves on their events."""
    html = render_to_string(f"webhooks/dialogs/{name}.html", {**context, "open": not request.htmx}, request)
    if not request.htmx:
        return whole_page(request, dialog=html)
    response = private(HttpResponse(html))
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#dialogs", "innerHTML"
    return with_events(response, {event: {} for event in events}) if events else response


def done(request: SignedInRequest, title: str, text: str, *events: str) -> HttpResponse:
    """Nothing to show but that it was done."""
    if not request.htmx:
        return redirect("webhooks:panel")
    toast = {"kind": "done", "title": title, "text": text}
    told: dict[str, Any] = {event: {} for event in events} | {"close-dialogs": {}, "toast": toast}
    return with_events(private(HttpResponse(status=204)), told)
