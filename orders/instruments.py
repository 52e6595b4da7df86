"""The instruments as the engine sees them, held in the process, and the search for the one a message means."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from django.db import connection

from orders.decimals import trimmed
from orders.engine.values import (
    Commission,
    Instrument,
    InstrumentStatus,
    Refusal,
    StrikeType,
    SymbolType,
)
from orders.symbols import Selectors, SymbolIndex, chosen, ignored_selectors

__all__ = [
    "Catalogue",
    "Selectors",
    "catalogue",
    "find_instrument",
    "forget",
    "ignored_selectors",
    "refresh",
    "terms_of",
]

MAX_AGE_SECONDS = 1.0

COLUMNS = (
    "id, symbol, symbol_type, currency, lot_size, tick_size, min_lot, max_lot, lot_step,"
    " margin_rate, tick_ranges::text, short_allowed, low_price_limit, high_price_limit, base_currency, isin,"
    " contract_month, strike_price, strike_type, calendar, status, last_trading_day, max_quote_age_seconds,"
    " commission_per_lot, commission_percent, commission_fixed, aliases"
)
ALL_SQL = f"SELECT {COLUMNS} FROM orders_instrument"
SOME_SQL = f"{ALL_SQL} WHERE id = ANY(%s)"
# An update moves its row and stamps it anew, so this changes with every insert, update and delete.
VERSION_SQL = "SELECT count(*), coalesce(sum(hashtext(ctid::text || xmin::text)), 0)::text FROM orders_instrument"

Version = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every instrument at one moment."""

    version: Version
    instruments: dict[int, Instrument]
    index: SymbolIndex

    def find(self, selectors: Selectors, complete: bool = True) -> Instrument | list[Refusal]:
        return chosen(self.index, selectors, complete)


class Shelf:
    """The catalogue held by this process, and when it was last compared with the database."""

    def __init__(self) -> None:
        self.catalogue: Catalogue | None = None
        self.checked_at = 0.0
        self.lock = threading.Lock()

    def fresh(self, max_age: float) -> Catalogue | None:
        return self.catalogue if time.monotonic() - self.checked_at < max_age else None

    def put(self, catalogue: Catalogue, checked_at: float) -> Catalogue:
        self.catalogue, self.checked_at = catalogue, checked_at
        return catalogue


shelf = Shelf()


def find_instrument(selectors: Selectors) -> Instrument | list[Refusal]:
    """The one instrument a message means, or every reason why there is none; a change is seen within a second."""
    return catalogue().find(selectors)


def catalogue(max_age: float = MAX_AGE_SECONDS) -> Catalogue:
    """All instruments, at most `max_age` seconds old."""
    with shelf.lock:
        if held := shelf.fresh(max_age):
            return held
        started = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(VERSION_SQL)
            version: Version = cursor.fetchone()
            if shelf.catalogue is None or shelf.catalogue.version != version:
                cursor.execute(ALL_SQL)
                return shelf.put(assembled(version, cursor.fetchall()), started)
        return shelf.put(shelf.catalogue, started)


async def refresh(using: psycopg.AsyncConnection) -> Catalogue:
    """The same for an event loop: brings the held catalogue up to date through the caller's connection."""
    started = time.monotonic()
    (version,) = await (await using.execute(VERSION_SQL)).fetchall()
    if shelf.catalogue is not None and shelf.catalogue.version == version:
        return shelf.put(shelf.catalogue, started)
    rows = await (await using.execute(ALL_SQL)).fetchall()
    return shelf.put(assembled(version, rows), started)


def forget() -> None:
    """The next look goes to the database: for whoever has just changed an instrument."""
    shelf.checked_at = 0.0


def terms_of(ids: Iterable[int]) -> dict[int, Instrument]:
    """Instruments by id exactly as they stand now: an execution must not miss a halt by a second."""
    wanted = list(ids)
    with connection.cursor() as cursor:
        cursor.execute(SOME_SQL, [wanted])
        return {row[0]: engine_instrument(row) for row in cursor.fetchall()}


def assembled(version: Version, rows: Sequence[tuple[Any, ...]]) -> Catalogue:
    instruments = {row[0]: engine_instrument(row) for row in rows}
    return Catalogue(version, instruments, SymbolIndex(instruments, {row[0]: row[-1] for row in rows}))


def engine_instrument(row: tuple[Any, ...]) -> Instrument:
    """The engine's view of a row of `COLUMNS`."""
    (number, symbol, symbol_type, currency, lot_size, tick_size, min_lot, max_lot, lot_step, *rest) = row
    (margin_rate, ranges, short_allowed, low, high, base_currency, isin, contract_month, strike, *rest) = rest
    (strike_type, calendar, status, last_trading_day, quote_age, per_lot, percent, fixed, _) = rest
    return Instrument(
        id=number,
        symbol=symbol,
        symbol_type=SymbolType(symbol_type),
        currency=currency,
        lot_size=trimmed(lot_size),
        tick_size=trimmed(tick_size),
        min_lot=trimmed(min_lot),
        max_lot=trimmed(max_lot),
        lot_step=trimmed(lot_step),
        margin_rate=trimmed(margin_rate),
        tick_ranges=tuple((Decimal(start), Decimal(tick)) for start, tick in json.loads(ranges)),
        short_allowed=short_allowed,
        low_price_limit=trimmed_or_none(low),
        high_price_limit=trimmed_or_none(high),
        base_currency=base_currency,
        isin=isin,
        contract_month=contract_month,
        strike_price=trimmed_or_none(strike),
        strike_type=StrikeType(strike_type) if strike_type else None,
        calendar=calendar,
        status=InstrumentStatus(status),
        last_trading_day=last_trading_day,
        max_quote_age_seconds=quote_age,
        commission=Commission(trimmed(per_lot), trimmed(percent), trimmed(fixed)),
    )


def trimmed_or_none(value: Decimal | None) -> Decimal | None:
    return None if value is None else trimmed(value)
