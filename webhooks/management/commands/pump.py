"""`manage.py pump`: rings for what waits, drains what waits too long, ends orders whose time is up, forgets the old."""

from __future__ import annotations

import signal
import threading
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from orders.pump import Pump
from webhooks.retention import forget_deliveries


class Command(BaseCommand):
    help = "Sees to it that no command stays lying, with or without Redis. Runs until it is told to stop."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Pump(forget_deliveries=partial(forget_deliveries, settings.DELIVERY_RETENTION_DAYS)).run(stop)
