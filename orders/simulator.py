"""A market to trade on where there is none: seeded random walks, or a recorded day played again.

Prices go through the one door for quotes like those of any other source.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from orders.decimals import trimmed
from orders.engine.values import Instrument, StrikeType, SymbolType
from orders.instruments import Catalogue
from orders.models import LastQuote
from orders.quote_reading import Offer, Unfit, moment, read_offer

SECONDS_A_YEAR = 365 * 24 * 3600
# How far a price of each type wanders in a year, as a share of itself; a little livelier than life, to be seen moving.
VOLATILITY: Mapping[SymbolType, float] = {
    SymbolType.CRYPTO: 1.2,
    SymbolType.EQUITY: 0.6,
    SymbolType.EQUITY_CFD: 0.6,
    SymbolType.ETF: 0.4,
    SymbolType.FIXED_INCOME: 0.15,
    SymbolType.FOREX: 0.2,
    SymbolType.FUTURES: 0.4,
    SymbolType.FUTURES_CFD: 0.6,
    SymbolType.OPTIONS: 2.0,
    SymbolType.SPREADBET: 0.4,
}
HOME_PULL = 1 / (6 * 3600)  # a wandering price is drawn back to where it began, half of the way in some four hours
WIDEST = Decimal("0.5")  # and never leaves half to one and a half times of it


@dataclass(slots=True)
class Walk:
    """One instrument's price: where it began, where it is, and how wide the market around it is."""

    instrument: Instrument
    home: float
    mid: float
    spread: Decimal
    shown: Decimal | None = None
    pull: float = HOME_PULL

    @property
    def sense(self) -> int:
        """A put falls when its underlier rises."""
        return -1 if self.instrument.strike_type is StrikeType.PUT else 1

    def step(self, luck: float, seconds: float) -> Offer | None:
        """The quote after some seconds, by a normally distributed number; None when it is still the same."""
        wander = VOLATILITY[self.instrument.symbol_type] * math.sqrt(seconds / SECONDS_A_YEAR)
        pull = self.pull * seconds * math.log(self.home / self.mid)
        self.mid *= math.exp(max(-0.1, min(0.1, luck * wander + pull)))
        self.mid = min(max(self.mid, self.home * float(WIDEST)), self.home * float(1 + WIDEST))
        bid = self.on_tick(Decimal(self.mid) - self.spread / 2)
        if bid == self.shown:
            return None
        self.shown = bid
        return Offer(self.instrument.id, bid, bid + self.spread)

    def on_tick(self, price: Decimal) -> Decimal:
        tick = self.instrument.tick_at(price)
        return max((price / tick).quantize(Decimal(1), ROUND_HALF_EVEN), Decimal(1)) * tick


class RandomMarket:
    """Every instrument that has a quote walks from it. The same seed and start give the same walk."""

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        self.chance = random.Random(seed)
        self.walks: dict[int, Walk] = {}
        self.welcome(catalogue)

    def welcome(self, catalogue: Catalogue) -> None:
        """Lets instruments walk along that have come since."""
        rows = LastQuote.objects.exclude(bid=None).exclude(instrument__in=self.walks).order_by("instrument_id")
        for row in rows:
            instrument = catalogue.instruments.get(row.instrument_id)
            if instrument is not None and row.bid is not None and row.ask is not None:
                mid = float(row.bid + row.ask) / 2
                self.walks[row.instrument_id] = Walk(instrument, mid, mid, trimmed(row.ask - row.bid))

    def step(self, seconds: float) -> list[Offer]:
        """The quotes that changed. What bears the same symbol, such as a share and its CFD, moves together."""
        luck: dict[str, float] = {}
        quotes = []
        for walk in self.walks.values():
            if (symbol := walk.instrument.symbol) not in luck:
                luck[symbol] = self.chance.gauss(0, 1)
            quotes.append(walk.step(luck[symbol] * walk.sense, seconds))
        return [quote for quote in quotes if quote is not None]


# --- A recorded day ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moment:
    """Quotes of the same time, and how long after the first ones they came."""

    after: timedelta
    offers: list[Offer]


class RecordingError(ValueError):
    """A line of a recording that is no quote."""


def recording(path: Path, catalogue: Catalogue) -> Iterator[Moment]:
    """The moments of a CSV file: columns time, symbol, bid, ask, and those that the quote door takes besides."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        first = last = None
        offers: list[Offer] = []
        for line, row in enumerate(csv.DictReader(file), start=2):
            time, one = read_line(row, line, catalogue)
            first = first or time
            if last is not None and time < last:
                raise RecordingError(f"line {line}: earlier than the line before")
            if last is not None and time > last:
                yield Moment(last - first, offers)
                offers = []
            offers.append(one)
            last = time
        if first is not None and last is not None:
            yield Moment(last - first, offers)


def read_line(row: Mapping[str, str], line: int, catalogue: Catalogue) -> tuple[datetime, Offer]:
    """When the quote was, and the quote as if it were now."""
    try:
        time = moment(row.get("time"))
        return time, read_offer({name: value for name, value in row.items() if name != "time"}, catalogue)
    except Unfit as error:
        raise RecordingError(f"line {line}: {error.text}") from None


def checked_recording(path: Path, catalogue: Catalogue) -> Iterable[Moment]:
    """The same, read once to its end before the first quote is given away."""
    for _ in recording(path, catalogue):
        pass
    return recording(path, catalogue)
