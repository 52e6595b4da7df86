"""The web process: open terminals at their stream, people at Django."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webhooks_terminal.settings")
django = get_asgi_application()

from webhooks_terminal.live import live  # noqa: E402  needs Django's settings


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http" and scope["path"] in ("/live", "/live/ping"):
        await live(scope, receive, send)
    else:
        await django(scope, receive, send)
