"""A page owns its fragment: one address gives the whole page, or to htmx only the part that lives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers


def render_page(request: HttpRequest, page: str, fragment: str, context: Mapping[str, Any]) -> HttpResponse:
    """`page` is a template of the whole ("orders/positions.html"); `fragment` names the element that htmx may ask for.

    The fragment's template is `fragments/<fragment>.html` beside the page's, the element's id is its name. Nothing of
    either may stay in a cache: these are somebody's books.
    """
    folder = page.rpartition("/")[0]
    if request.headers.get("HX-Target") == fragment:
        response = unless_seen(request, render_to_string(f"{folder}/fragments/{fragment}.html", context, request))
    else:
        response = HttpResponse(render_to_string(page, dict(context) | {"fragment": fragment}, request))
    return private(response)


def unless_seen(request: HttpRequest, body: str) -> HttpResponse:
    """The body, or 204 when the browser says that it shows just that: what has not changed is not sent again."""
    fingerprint = blake2b(body.encode(), digest_size=9).hexdigest()
    if request.headers.get("X-Shown") == fingerprint:
        return HttpResponse(status=204)
    return HttpResponse(body, headers={"X-Shown": fingerprint})


def private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store, private"
    patch_vary_headers(response, ["Cookie", "HX-Request"])
    return response


def with_events(response: HttpResponse, events: Mapping[str, Any]) -> HttpResponse:
    """What the page shall hear of when the answer is there: {"toast": {...}, "close-dialogs": {}}."""
    response.headers["HX-Trigger"] = json.dumps(events)
    return response
