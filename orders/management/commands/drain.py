"""`manage.py drain`: the pump's helper. Reads account ids, one a line, drains each lane and writes the id back."""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

import psycopg
from django.core.management.base import BaseCommand

from orders import wire
from orders.execution import visit

log = logging.getLogger("orders.pump")


class Command(BaseCommand):
    help = "Executes what waits in the trays of the accounts whose ids come in, one a line. Ends with its input."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the pump, which ends us
        for line in sys.stdin:
            drain_calmly(int(line))
            self.stdout.write(line.strip())
            self.stdout.flush()


def drain_calmly(account_id: int) -> None:
    try:
        visit(account_id)
    except psycopg.Error as problem:
        log.warning("account %d: not drained: %s", account_id, str(problem).strip())
        wire.hang_up()
    except Exception:
        log.exception("account %d: not drained", account_id)
