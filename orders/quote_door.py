"""`POST /api/v1/quotes`: where a real source of quotes comes in, with a token instead of a user."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.http import HttpRequest, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from orders.quotes import Result, accept
from orders.strict_json import NotJsonError, parse

log = logging.getLogger("orders.quotes")

MOST_BYTES = 1024 * 1024
BATCH = 500  # quotes that share a transaction: a long one would keep its instruments locked


@csrf_exempt
def take_quotes(request: HttpRequest) -> JsonResponse:
    """One quote or a list. When it answers, the quotes' effects are in the trays."""
    if request.method != "POST":
        return refusal(405, "method_not_allowed", "quotes are posted", {"Allow": "POST"})
    if not is_the_feed(request):
        return refusal(401, "invalid_token", "the feed's token is missing or wrong", {"WWW-Authenticate": "Bearer"})
    try:
        body = body_of(request)
    except (RequestDataTooBig, UnreadablePostError):
        body = None
    if body is None:
        return refusal(413, "body_too_large", f"at most {MOST_BYTES} bytes")
    try:
        return taken(parse(body))
    except NotJsonError as error:
        return refusal(400, error.code, f"line {error.line}, column {error.column}: {error.message}")
    except DatabaseError as error:
        log.warning("quotes not taken: %s", type(error).__name__)
        return refusal(503, "unavailable", "not all quotes were taken; send them again", {"Retry-After": "1"})


def is_the_feed(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and constant_time_compare(token.strip(), settings.QUOTE_FEED_TOKEN)


def body_of(request: HttpRequest) -> bytes | None:
    """The body, None when it is too large; its length is looked at before it is read."""
    said = request.headers.get("Content-Length", "0")
    if not (said.isascii() and said.isdigit()) or len(said) > 12 or int(said) > MOST_BYTES:
        return None
    body = request.read(MOST_BYTES + 1)
    return body if len(body) <= MOST_BYTES else None


def taken(read: Any) -> JsonResponse:
    quotes = read if isinstance(read, list) else [read]
    total = Result()
    for start in range(0, len(quotes), BATCH):
        result = accept(quotes[start : start + BATCH], "feed")
        total.accepted += result.accepted
        total.refused += [refused.moved(start) for refused in result.refused]
    reasons = [{"index": one.index, "code": one.code, "reason": one.reason} for one in total.refused]
    return JsonResponse({"s": "ok", "status": "ok", "d": {"accepted": total.accepted, "refused": reasons}})


def refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JsonResponse:
    errors = [{"code": code, "field": "", "message": message}]
    body = {"s": "error", "status": "error", "code": code, "errmsg": message, "errors": errors}
    return JsonResponse(body, status=status, headers=headers)
