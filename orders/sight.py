"""What a batch of commands sees of the market: terms, quotes, rates, sessions, halts, all of one moment."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings

from orders.engine.market import Market
from orders.engine.values import Instrument, Quote, Session, SymbolType
from orders.instruments import ALL_SQL, engine_instrument
from orders.lane import (
    BY_ID,
    BY_NAME,
    LOOK,
    LOOK_LIMIT,
    Reading,
    instruments_of,
    named_by_client,
    named_ids,
    order_of,
)
from orders.wire import Call, Rows, Statement, Wire

# Terms change rarely, but a halt must bite at once: `xmin` is new with every update of the row.
MARKET: Final = Statement(
    "sight_market",
    """
SELECT i.id, i.xmin::text, q.seq, trim_scale(q.bid), trim_scale(q.ask), q.time, q.at, trim_scale(q.bid_size),
       trim_scale(q.ask_size)
FROM orders_instrument i LEFT JOIN orders_lastquote q ON q.instrument_id = i.id AND q.bid IS NOT NULL
WHERE i.id = ANY($1::bigint[])
""",
)
TERMS: Final = Statement("sight_terms", f"{ALL_SQL} WHERE id = ANY($1::bigint[])")
PAIRS: Final = Statement(
    "sight_pairs",
    "SELECT id, base_currency, currency FROM orders_instrument WHERE symbol_type = $1 AND base_currency <> ''",
)
SESSIONS: Final = Statement(
    "sight_sessions",
    """
SELECT calendar, opens, closes, day_closes FROM orders_session
WHERE calendar = ANY($1::text[]) AND day_closes > $2::timestamptz AND opens < $3::timestamptz ORDER BY calendar, opens
""",
)
ALWAYS_OPEN: Final = frozenset({"24/7", "24/5"})
BRIDGES: Final = frozenset({"USD", "EUR"})
BACK, AHEAD = timedelta(days=1), timedelta(days=45)
FRESH_SECONDS: Final = 1.0


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

    def __init__(self, wire: Wire, found: dict[int, Instrument]) -> None:
        super().__init__(found)
        self.wire = wire

    def __missing__(self, number: int) -> Instrument:
        currencies_of(self.wire, [number])
        return known.terms[number][1]


def see_market(wire: Wire, reading: Reading) -> Market:
    """The market for an account; also brings the finished orders that its commands name, and quotes it missed."""
    needed = instruments_of(reading)
    needed |= pairs_for(wire, reading.book.currency, currencies_of(wire, needed))
    rows = _read_rest(wire, reading, sorted(needed))
    instruments = Terms(wire, _terms(wire, rows))
    quotes = {row[0]: Quote(row[0], *row[2:]) for row in rows if row[2]}
    for quote in reading.missed:
        if quote.seq > quotes[quote.instrument_id].seq:
            quotes[quote.instrument_id] = quote
    sessions = sessions_of(wire, {i.calendar for i in instruments.values()}, reading.now)
    return Market(instruments, quotes, sessions, reading.halted, Decimal(settings.STOP_OUT_LEVEL))


def _read_rest(wire: Wire, reading: Reading, instrument_ids: list[int]) -> Rows:
    commands = [waiting.command for waiting in reading.waiting]
    ids = sorted(named_ids(commands) - set(reading.book.orders))
    names = sorted(named_by_client(commands))
    looks = [(int(key), seq, LOOK_LIMIT) for key, seq in reading.look.items() if key.isdigit()]
    account_id = reading.book.account_id
    finals = [Call(BY_ID, (ids, account_id))] if ids else []
    finals += [Call(BY_NAME, (account_id, names))] if names else []
    market, *others = wire.run(Call(MARKET, (instrument_ids,)), *finals, *(Call(LOOK, look) for look in looks))
    reading.finals = [order_of(row) for rows in others[: len(finals)] for row in rows]
    reading.missed = [Quote(*row) for rows in others[len(finals) :] for row in rows]
    reading.missed.sort(key=lambda quote: (quote.at, quote.seq))
    reading.fetched = tuple(reading.missed)
    return market


# --- Terms ------------------------------------------------------------------------------------------------


def _terms(wire: Wire, rows: Rows) -> dict[int, Instrument]:
    changed = {row[0]: row[1] for row in rows if known.terms.get(row[0], ("", None))[0] != row[1]}
    if changed:
        for row in wire.rows(TERMS, sorted(changed)):
            known.terms[row[0]] = (changed[row[0]], engine_instrument(row))
    return {row[0]: known.terms[row[0]][1] for row in rows}


def currencies_of(wire: Wire, instrument_ids: Iterable[int]) -> set[str]:
    """A currency never changes, so that terms of any age will do."""
    unknown = [number for number in instrument_ids if number not in known.terms]
    if unknown:
        for row in wire.rows(TERMS, unknown):
            known.terms[row[0]] = ("", engine_instrument(row))
    return {known.terms[number][1].currency for number in instrument_ids if number in known.terms}


def pairs_for(wire: Wire, account_currency: str, currencies: set[str]) -> set[int]:
    """The currency pairs that can lead from these currencies to the account's."""
    if currencies <= {account_currency}:
        return set()
    if time.monotonic() > known.pairs_until:
        known.pairs = wire.rows(PAIRS, SymbolType.FOREX.value)
        known.pairs_until = time.monotonic() + FRESH_SECONDS
    wanted = currencies | BRIDGES | {account_currency}
    return {number for number, base, counter in known.pairs if base in wanted and counter in wanted}


# --- Sessions ---------------------------------------------------------------------------------------------


def sessions_of(wire: Wire, calendars: set[str], now: datetime) -> dict[str, tuple[Session, ...]]:
    """Sessions by calendar, from a day back to some weeks ahead."""
    wanted = calendars - ALWAYS_OPEN
    moment = time.monotonic()
    stale = sorted(name for name in wanted if known.sessions.get(name, (0.0, ()))[0] < moment)
    if stale:
        rows = wire.rows(SESSIONS, stale, now - BACK, now + AHEAD)
        for name in stale:
            found = tuple(Session(*row[1:]) for row in rows if row[0] == name)
            known.sessions[name] = (moment + FRESH_SECONDS, found)
    return {name: known.sessions[name][1] for name in wanted}
