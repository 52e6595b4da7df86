"""What a batch of commands sees of the market: terms, quotes, rates, sessions, halts, all of one moment."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings

from orders.engine.market import Market
from orders.engine.values import Instrument, Quote, Session, SymbolType
from orders.instruments import SOME_SQL, engine_instrument
from orders.lane import (
    BY_ID_SQL,
    BY_NAME_SQL,
    LOOK_LIMIT,
    LOOK_SQL,
    Connection,
    Reading,
    instruments_of,
    named_by_client,
    named_ids,
    order_of,
)

# Terms change rarely, but a halt must bite at once: `xmin` is new with every update of the row.
MARKET_SQL: Final = """
SELECT i.id, i.xmin::text, q.seq, trim_scale(q.bid), trim_scale(q.ask), q.time, q.at, trim_scale(q.bid_size),
       trim_scale(q.ask_size)
FROM orders_instrument i LEFT JOIN orders_lastquote q ON q.instrument_id = i.id AND q.bid IS NOT NULL
WHERE i.id = ANY(%s)
"""
PAIRS_SQL: Final = (
    "SELECT id, base_currency, currency FROM orders_instrument WHERE symbol_type = %s AND base_currency <> ''"
)
SESSIONS_SQL: Final = """
SELECT calendar, opens, closes, day_closes FROM orders_session
WHERE calendar = ANY(%s) AND day_closes > %s AND opens < %s ORDER BY calendar, opens
"""
ALWAYS_OPEN: Final = frozenset({"24/7", "24/5"})
BRIDGES: Final = frozenset({"USD", "EUR"})
BACK, AHEAD = timedelta(days=1), timedelta(days=45)
FRESH_SECONDS: Final = 1.0

Rows = Sequence[tuple[Any, ...]]


class Known:
    """What this process remembers of the market: terms by their row's version, pairs and sessions for a second."""

    def __init__(self) -> None:
        self.terms: dict[int, tuple[str, Instrument]] = {}
        self.pairs: list[tuple[int, str, str]] = []
        self.pairs_until = 0.0
        self.sessions: dict[str, tuple[float, tuple[Session, ...]]] = {}

    def forget(self) -> None:
        self.__init__()  # type: ignore[misc]


known = Known()


class Terms(dict[int, Instrument]):
    """Instruments at hand; one that turns up later (of a finished order) is fetched when asked for."""

    def __init__(self, conn: Connection, found: dict[int, Instrument]) -> None:
        super().__init__(found)
        self.conn = conn

    def __missing__(self, number: int) -> Instrument:
        currencies_of(self.conn, [number])
        return known.terms[number][1]


def see_market(conn: Connection, reading: Reading) -> Market:
    """The market for an account; also brings the finished orders that its commands name, and quotes it missed."""
    needed = instruments_of(reading)
    needed |= pairs_for(conn, reading.book.currency, currencies_of(conn, needed))
    rows = _read_rest(conn, reading, sorted(needed))
    instruments = Terms(conn, _terms(conn, rows))
    quotes = {row[0]: Quote(row[0], *row[2:]) for row in rows if row[2]}
    for quote in reading.missed:
        if quote.seq > quotes[quote.instrument_id].seq:
            quotes[quote.instrument_id] = quote
    sessions = sessions_of(conn, {i.calendar for i in instruments.values()}, reading.now)
    return Market(instruments, quotes, sessions, reading.halted, Decimal(settings.STOP_OUT_LEVEL))


def _read_rest(conn: Connection, reading: Reading, instrument_ids: list[int]) -> Rows:
    commands = [waiting.command for waiting in reading.waiting]
    ids = named_ids(commands) - set(reading.book.orders)
    names = named_by_client(commands)
    account_id = reading.book.account_id
    with conn.pipeline():
        market = conn.execute(MARKET_SQL, (instrument_ids,), binary=True)
        finals = []
        if ids:
            finals.append(conn.execute(BY_ID_SQL, (sorted(ids), account_id), binary=True))
        if names:
            finals.append(conn.execute(BY_NAME_SQL, (account_id, sorted(names)), binary=True))
        looks = [
            conn.execute(LOOK_SQL, (int(instrument_id), seq, LOOK_LIMIT), binary=True)
            for instrument_id, seq in reading.look.items()
            if instrument_id.isdigit()
        ]
        reading.finals = {row[0]: order_of(row) for cursor in finals for row in cursor.fetchall()}
        reading.missed = sorted(
            (Quote(*row) for cursor in looks for row in cursor.fetchall()), key=lambda quote: (quote.at, quote.seq)
        )
        reading.fetched = tuple(reading.missed)
        return market.fetchall()


# --- Terms ------------------------------------------------------------------------------------------------


def _terms(conn: Connection, rows: Rows) -> dict[int, Instrument]:
    changed = {row[0]: row[1] for row in rows if known.terms.get(row[0], ("", None))[0] != row[1]}
    if changed:
        for row in conn.execute(SOME_SQL, (sorted(changed),)).fetchall():
            known.terms[row[0]] = (changed[row[0]], engine_instrument(row))
    return {row[0]: known.terms[row[0]][1] for row in rows}


def currencies_of(conn: Connection, instrument_ids: Iterable[int]) -> set[str]:
    """A currency never changes, so that terms of any age will do."""
    unknown = [number for number in instrument_ids if number not in known.terms]
    if unknown:
        for row in conn.execute(SOME_SQL, (unknown,)).fetchall():
            known.terms[row[0]] = ("", engine_instrument(row))
    return {known.terms[number][1].currency for number in instrument_ids if number in known.terms}


def pairs_for(conn: Connection, account_currency: str, currencies: set[str]) -> set[int]:
    """The currency pairs that can lead from these currencies to the account's."""
    if currencies <= {account_currency}:
        return set()
    if time.monotonic() > known.pairs_until:
        known.pairs = conn.execute(PAIRS_SQL, (SymbolType.FOREX.value,)).fetchall()
        known.pairs_until = time.monotonic() + FRESH_SECONDS
    wanted = currencies | BRIDGES | {account_currency}
    return {number for number, base, counter in known.pairs if base in wanted and counter in wanted}


# --- Sessions ---------------------------------------------------------------------------------------------


def sessions_of(conn: Connection, calendars: set[str], now: datetime) -> dict[str, tuple[Session, ...]]:
    """Sessions by calendar, from a day back to some weeks ahead."""
    wanted = calendars - ALWAYS_OPEN
    moment = time.monotonic()
    stale = sorted(name for name in wanted if known.sessions.get(name, (0.0, ()))[0] < moment)
    if stale:
        rows = conn.execute(SESSIONS_SQL, (stale, now - BACK, now + AHEAD)).fetchall()
        for name in stale:
            found = tuple(Session(*row[1:]) for row in rows if row[0] == name)
            known.sessions[name] = (moment + FRESH_SECONDS, found)
    return {name: known.sessions[name][1] for name in wanted}
