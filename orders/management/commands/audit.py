"""`manage.py audit`: the invariants of docs/engine.md on the real books. Exit 1 and a list when one is broken."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orders.audit import RULES, broken
from orders.wire import hang_up, wire


class Command(BaseCommand):
    help = "Asks the books for everything that must never be. Changes nothing; the product may run meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        rules: set[str] = set()
        try:
            for rule, place in broken(wire()):
                rules.add(rule.says)
                self.stdout.write(f"{rule.says}: {place}")
        finally:
            hang_up()
        if rules:
            raise CommandError(f"{len(rules)} of {len(RULES)} rules are broken")
        self.stdout.write(f"{len(RULES)} rules hold")
