"""`manage.py webhook_docs`: makes the tables of the guides anew; --check only says whether they are current."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webhooks.guide import GUIDES, with_tables


class Command(BaseCommand):
    help = "Makes the tables of fields, doors and codes in docs/webhooks.md and docs/read-api.md anew."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when a table is out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        for guide in GUIDES:
            text = guide.read_text("utf-8")
            made = with_tables(text)
            if options["check"] and made != text:
                raise CommandError(f"docs/{guide.name} is out of date: run `manage.py webhook_docs`")
            if not options["check"]:
                guide.write_text(made, "utf-8")
