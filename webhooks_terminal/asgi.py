"""The web process: senders knock at the gate, people at Django."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webhooks_terminal.settings")
application = get_asgi_application()
