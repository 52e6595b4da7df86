"""`manage.py calendars`: the sessions of exchanges, weeks and months ahead. Run it now and then, such as by cron."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orders.calendars import CalendarError, wanted_calendars, write_sessions


class Command(BaseCommand):
    help = "Writes the trading sessions of the calendars that instruments name, or of those given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("codes", nargs="*", help="such as XNYS, XLON, CMES")
        parser.add_argument("--days", type=int, default=200, help="how far ahead (default 200)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 3650:
            raise CommandError("--days: from 1 to 3650")
        for code in options["codes"] or wanted_calendars():
            try:
                changed = write_sessions(code, timezone.now().date(), options["days"])
            except CalendarError as error:
                raise CommandError(str(error)) from None
            self.stdout.write(f"{code}: {changed} sessions written")
