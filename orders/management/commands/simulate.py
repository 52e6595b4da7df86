"""`manage.py simulate`: prices that move, through the same door as a real feed."""

from __future__ import annotations

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import connection

from orders.instruments import catalogue
from orders.quote_reading import Offer
from orders.quotes import offer
from orders.simulator import RandomMarket, RecordingError, checked_recording

log = logging.getLogger("orders.simulator")
LONGEST_PAUSE_SECONDS = 10.0
STOPPING = (signal.SIGTERM, signal.SIGINT)


class Command(BaseCommand):
    help = (
        "Moves the prices of every instrument that has a quote, by a seeded random walk; or plays a CSV file of quotes "
        "(time,symbol,bid,ask and the quote door's other columns). Runs until it is stopped, or the file ends."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--speed", type=positive, default=1.0, help="how many seconds pass in one (default 1)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed walks the same way (default 1)")
        parser.add_argument("--every", type=positive, default=1.0, help="seconds between two steps (default 1)")
        parser.add_argument("--steps", type=int, help="stop after so many steps")
        parser.add_argument("--csv", type=Path, help="play this file instead")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stop = threading.Event()
        before = {number: signal.signal(number, lambda *_: self.stop.set()) for number in STOPPING}
        try:
            if options["csv"]:
                self.replay(options["csv"], options["speed"])
            else:
                self.walk(options)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def walk(self, options: dict[str, Any]) -> None:
        market = None
        steps = 0
        while options["steps"] is None or steps < options["steps"]:
            try:
                market = market or RandomMarket(catalogue(0), options["seed"])
                market.welcome(catalogue())
                offer(market.step(options["every"] * options["speed"]), "simulator")
                steps += 1
            except DatabaseError as error:
                log.warning("no quotes given: %s", type(error).__name__)
                connection.close()
            if self.stop.wait(options["every"]):
                return

    def replay(self, path: Path, speed: float) -> None:
        try:
            moments = checked_recording(path, catalogue(0))
            began = time.monotonic()
            many = 0
            for moment in moments:
                due = began + moment.after.total_seconds() / speed
                if self.stop.wait(max(0.0, due - time.monotonic())):
                    break
                many += give(moment.offers)
        except (OSError, RecordingError, UnicodeDecodeError) as error:
            raise CommandError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
        self.stdout.write(f"{many} quotes given")


def give(offers: list[Offer]) -> int:
    """Quotes of a recording are not lost to a restart of the database: they are given again until they are taken."""
    pause = 0.1
    while True:
        try:
            return offer(offers, "csv").accepted
        except DatabaseError as error:
            log.warning("quotes not taken, trying again: %s", type(error).__name__)
            connection.close()
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:
        raise ValueError(text)
    return number
