"""`manage.py drain`: the pump's helper. Reads account ids, some a line, drains their lanes, writes the line back."""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

import psycopg
from django.core.management.base import BaseCommand

from orders import wire
from orders.execution import visit_all

log = logging.getLogger("orders.pump")


class Command(BaseCommand):
    help = "Executes what waits in the trays of the accounts whose ids come in, some a line. Ends with its input."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the pump, which ends us
        for line in sys.stdin:
            drain_calmly([int(number) for number in line.split()])
            self.stdout.write(line.strip())
            self.stdout.flush()


def drain_calmly(account_ids: list[int]) -> None:
    try:
        visit_all(account_ids)
    except psycopg.Error as problem:
        log.warning("%d accounts: not drained: %s", len(account_ids), str(problem).strip())
        wire.hang_up()
    except Exception:
        log.exception("%d accounts: not drained", len(account_ids))
