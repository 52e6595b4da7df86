"""Errors of the read API, in the envelope of the webhook's answers."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Final

from django.db import InterfaceError, OperationalError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from webhooks.answers import RETRY_SECONDS
from webhooks.errors import Fault, error_body

log = logging.getLogger("webhooks.api")

# The framework's codes by ours.
CODES: Final = {
    "authentication_failed": "invalid_key",
    "not_authenticated": "invalid_key",
    "throttled": "rate_limited",
    "parse_error": "not_json",
}


class JsonAlways(BaseContentNegotiation):
    """Whatever a reader says that it accepts: there is nothing else."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        only = next(iter(renderers))
        return only, only.media_type


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("the database is away: %s", type(error).__name__)
        fault = Fault("unavailable", "the database cannot be asked now; please ask again")
        return Response(error_body([fault]), fault.status, headers={"Retry-After": str(RETRY_SECONDS)})
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = error_body([Fault(code_of(response), flat(response.data).replace("\n", " "))])
    return response


def code_of(response: Response) -> str:
    """The code in the framework's detail, as the catalogue has it."""
    detail = response.data.get("detail") if isinstance(response.data, dict) else None
    code = getattr(detail, "code", "")
    return CODES.get(code, code or "not_found")


def flat(data: Any) -> str:
    """The framework's nested messages in one line."""
    if isinstance(data, dict):
        told = data.get("detail")
        return flat(told) if told is not None else "; ".join(f"{name}: {flat(part)}" for name, part in data.items())
    return "; ".join(map(flat, data)) if isinstance(data, list) else str(data)
