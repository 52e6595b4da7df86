"""Where senders post to, as senders see it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def base_url(request: HttpRequest) -> str:
    """The product's own address without a final slash."""
    return settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")


def webhook_url(request: HttpRequest, api_key: str = "{apiKey}", secret_key: str = "{secretKey}") -> str:
    return f"{base_url(request)}/webhook/{api_key}/{secret_key}"
