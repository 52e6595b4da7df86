"""What the gate consists of, once per process: its clock, its look-ups, its desk, its log."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings

from orders.intake import Catalogue, refresh
from webhooks.authentication import guesses
from webhooks.badges import ACCOUNT_SQL, BADGE_SQL, AccountRef, Badge, badges_of
from webhooks.decisions import Decisions
from webhooks.desk import Desk
from webhooks.limits import Buckets, Minutes
from webhooks.lines import Line
from webhooks.logbook import Logbook
from webhooks.lookups import Lookup
from webhooks.patience import Turns
from webhooks.presence import Presence

CATALOGUE_SECONDS: Final = 0.8
TURNS: Final = 512  # requests between their body and their commit; the others wait in the order they came
SWITCH_SECONDS: Final = 0.001  # no other thread may hold the gate up for longer
CLOCK_SQL: Final = "SELECT clock_timestamp()"


class Gatehouse:
    def __init__(self) -> None:
        # Django's settings are slow to ask.
        self.https: bool = settings.HTTPS
        self.proxies: int = settings.TRUSTED_PROXIES
        self.wait_seconds: float = settings.WEBHOOK_WAIT_MS / 1000
        self.line = Line("lookups")
        self.inquiries = Line("inquiries")  # of their own, so that no flood of them holds up a look-up
        self.badges: Lookup[str, Badge] = Lookup(self._load_badges)
        self.accounts: Lookup[str, AccountRef] = Lookup(self._load_accounts)
        self.buckets = Buckets(settings.WEBHOOK_RATE_PER_SECOND, settings.WEBHOOK_RATE_BURST)
        self.inquiry_buckets = Buckets(settings.WEBHOOK_RATE_PER_SECOND, settings.WEBHOOK_RATE_BURST)
        self.minutes = Minutes()
        self.guesses = guesses
        self.presence = Presence()
        self.desk = Desk(self.presence)
        self.decisions = Decisions(settings.WEBHOOK_MAX_WAITING)
        self.logbook = Logbook()
        self.turns = Turns(TURNS)
        self.catalogue_until = 0.0
        self.catalogue: Catalogue | None = None
        self.refreshing = asyncio.Lock()
        self.offset = timedelta(0)  # from this machine's clock to the database's

    async def start(self) -> None:
        await self.presence.start()
        self.desk.start()
        self.decisions.start()
        self.logbook.start()
        await self._warm()
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.set_threshold(50_000, 20, 50)  # in a burst thousands of requests are alive, and none is garbage
        gc.freeze()  # what is loaded by now stays: the collector need not look through it again and again

    async def _warm(self) -> None:
        """So that the first sender waits no longer than others; without a database there is nothing to warm."""
        lines = (self.desk.line, self.decisions.line, self.logbook.line)
        await asyncio.gather(self.instruments(1.0), *(line.rows(CLOCK_SQL) for line in lines), return_exceptions=True)

    async def stop(self) -> None:
        await self.desk.stop()
        await self.decisions.stop()
        await self.logbook.stop()
        await self.presence.stop()
        await self.line.drop()
        await self.inquiries.drop()

    def now(self) -> datetime:
        """The database's time, which all processes share."""
        return datetime.now(UTC) + self.offset

    async def instruments(self, seconds: float) -> Catalogue:
        """All instruments, less than a second old. Raises TimeoutError when they cannot be had in time."""
        if self.catalogue is None or time.monotonic() >= self.catalogue_until:
            async with asyncio.timeout(seconds), self.refreshing:
                if self.catalogue is None or time.monotonic() >= self.catalogue_until:
                    await self._refresh()
        assert self.catalogue is not None
        return self.catalogue

    async def _refresh(self) -> None:
        started = time.monotonic()
        self.catalogue = await self.line.use(refresh)
        now = (await self.line.rows(CLOCK_SQL))[0][0]
        self.offset = now - datetime.now(UTC)
        self.catalogue_until = started + CATALOGUE_SECONDS

    async def _load_badges(self, api_keys: list[str]) -> dict[str, Badge]:
        return badges_of(await self.line.rows(BADGE_SQL, api_keys))

    async def _load_accounts(self, names: list[str]) -> dict[str, AccountRef]:
        rows = await self.line.rows(ACCOUNT_SQL, names)
        return {row[0]: AccountRef(row[1], row[2], row[3]) for row in rows}


class Doorkeeper:
    """Holds the process's gatehouse: opened with the first request, or by the server's start."""

    def __init__(self) -> None:
        self.house: Gatehouse | None = None
        self.opening: asyncio.Lock | None = None

    async def open(self) -> Gatehouse:
        if self.house is None:
            self.opening = self.opening or asyncio.Lock()
            async with self.opening:
                if self.house is None:
                    house = Gatehouse()
                    await house.start()
                    self.house = house
        return self.house

    async def close(self) -> None:
        house, self.house = self.house, None
        if house is not None:
            await house.stop()


doorkeeper = Doorkeeper()
