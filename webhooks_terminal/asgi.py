"""The web process: senders knock at the gate, open terminals listen to their stream, people come to Django."""

import os
from functools import partial
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webhooks_terminal.settings")
django = get_asgi_application()

from webhooks import deployment  # noqa: E402  needs Django's settings
from webhooks.gate import webhook  # noqa: E402
from webhooks.gatehouse import doorkeeper  # noqa: E402
from webhooks_terminal.bodies import limited  # noqa: E402
from webhooks_terminal.live import live  # noqa: E402
from webhooks_terminal.request_numbers import numbered  # noqa: E402


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    path = scope["path"] if scope["type"] == "http" else ""
    if path == "/webhook" or path.startswith("/webhook/"):
        await webhook(scope, receive, send)
    elif path in ("/live", "/live/ping"):
        await live(scope, receive, send)
    else:
        await numbered(partial(limited, django), scope, receive, send)


async def lifespan(receive: Any, send: Any) -> None:
    """With a server that tells of its start and end; without, the gate opens with the first request."""
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            deployment.warn()
            await doorkeeper.open()
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            await doorkeeper.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
