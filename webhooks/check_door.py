"""`POST /api/v1/check`: any text in, plain words out. It writes nothing."""

from __future__ import annotations

from typing import cast

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from orders.api import enveloped
from webhooks.badges import Badge
from webhooks.checking import check
from webhooks.errors import Fault, error_body
from webhooks.trial import MOST_BYTES, owners_badge


class Check(APIView):
    """What a message would do, or which field is wrong, where, and what would be right."""

    http_method_names = ["post", "options"]

    def post(self, request: Request) -> Response:
        raw = body_of(request)
        if raw is None:
            return Response(error_body([Fault("body_too_large", "the text has more than 16384 bytes")]), 413)
        badge = request.auth if isinstance(request.auth, Badge) else owners_badge(cast(User, request.user))
        return enveloped(check(raw, badge, timezone.now()).as_json())


def body_of(request: Request) -> bytes | None:
    """The bytes whatever they are called; None when there are too many."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not declared.isdecimal() or len(declared) > 12 or int(declared) > MOST_BYTES:
        return None
    raw: bytes = request._request.body
    return raw if len(raw) <= MOST_BYTES else None
