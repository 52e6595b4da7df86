"""Errors of the read API, in the envelope of the webhook's answers."""

from __future__ import annotations

from typing import Any, Final

from rest_framework.response import Response
from rest_framework.views import exception_handler

from webhooks.errors import Fault, error_body

# The framework's codes by ours.
CODES: Final = {
    "authentication_failed": "invalid_key",
    "not_authenticated": "invalid_key",
    "throttled": "rate_limited",
    "parse_error": "not_json",
}


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
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
