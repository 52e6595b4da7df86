"""The documents for machines: OpenAPI, and JSON Schema of each message. Open to all: there is no secret in them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from webhooks.addresses import base_url
from webhooks.errors import Fault, error_body
from webhooks.message_schema import standalone_schema
from webhooks.shape import Action


def for_machines(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Whatever is sent here, it is answered in JSON; there is nothing to be forged by a form."""

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, **named: str) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return view(request, **named)
        body = error_body([Fault("method_not_allowed", "this address takes GET")])
        return JsonResponse(body, status=405, headers={"Allow": "GET, HEAD"})

    return answered


@for_machines
def document(request: HttpRequest) -> JsonResponse:
    return JsonResponse(openapi_document() | {"servers": [{"url": base_url(request)}]})


@cache
def openapi_document() -> dict[str, Any]:
    """The same for all who ask."""
    with GENERATOR_STATS.silence():  # its guesses about the answers are replaced by what we know
        return dict(SchemaGenerator().get_schema(request=None, public=True))


@for_machines
def message(request: HttpRequest, action: str) -> JsonResponse:
    if action not in list(Action):
        return JsonResponse(error_body([Fault("not_found", "the messages are place, modify and cancel")]), status=404)
    address = f"{base_url(request)}{request.path}"
    return JsonResponse(standalone_schema(Action(action), address), content_type="application/schema+json")
