"""Times on the screen are in the reader's zone. The browser says which in a cookie (static/js/terminal.js)."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "zone"


class ReaderZoneMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(reader_zone(request.COOKIES.get(COOKIE, ""))):
            return self.get_response(request)


def reader_zone(name: str) -> ZoneInfo | None:
    """The zone of that name; None, which is UTC here, when there is no such zone."""
    try:
        return ZoneInfo(name) if name and len(name) < 64 else None
    except (ValueError, OSError, LookupError):  # a path, a folder, or no zone's name
        return None
