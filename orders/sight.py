"""What a batch of commands sees of the market: terms, quotes, rates, sessions, halts, all of one moment."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings

from orders.engine.commands import (
    Cancel,
    Command,
    DealerFill,
    DealerReject,
    Expire,
    Modify,
    Place,
    SeeQuote,
)
from orders.engine.market import Market
from orders.engine.values import Instrument, Quote, Session, SymbolType
from orders.instruments import ALL_SQL, engine_instrument
from orders.readings import LOOK_LIMIT, ORDER_FIELDS, QUOTE_FIELDS, UNFINISHED, Reading, order_of
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
BY_ID: Final = Statement(
    "sight_by_id", f"SELECT account_id, {ORDER_FIELDS} FROM orders_order WHERE id = ANY($1::bigint[])"
)
# The latest final order of each client's name; the open ones are at hand already.
BY_NAME: Final = Statement(
    "sight_by_name",
    f"""
SELECT account_id, {ORDER_FIELDS} FROM orders_order WHERE id IN (
    SELECT max(o.id) FROM unnest($1::bigint[], $2::text[]) AS n (account, name) JOIN orders_order o
      ON o.account_id = n.account AND o.client_order_id = n.name AND o.client_order_id <> '' AND NOT {UNFINISHED}
    GROUP BY n.account, n.name
)
""",
)
# Quotes that came while the last batch was being committed, which a search may have missed.
LOOK: Final = Statement(
    "sight_look",
    f"""
SELECT l.account, {", ".join(f"q.{name}" if "(" not in name else name for name in QUOTE_FIELDS.split(", "))}
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS l (account, instrument, after) CROSS JOIN LATERAL (
    SELECT * FROM orders_quote WHERE instrument_id = l.instrument AND seq > l.after ORDER BY seq LIMIT $4
) AS q ORDER BY l.account, q.at, q.seq
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
    """The market for one account."""
    return see_markets(wire, [reading])[0]


def see_markets(wire: Wire, readings: Sequence[Reading]) -> list[Market]:
    """The market for each account; also brings the finished orders that its commands name, and quotes it missed."""
    needed: set[int] = set()
    for reading in readings:
        mine = instruments_of(reading)
        needed |= mine | pairs_for(wire, reading.book.currency, currencies_of(wire, mine))
    rows = _read_rest(wire, readings, sorted(needed))
    instruments = Terms(wire, _terms(wire, rows))
    quotes = {row[0]: Quote(row[0], *row[2:]) for row in rows if row[2]}
    sessions = sessions_of(wire, {i.calendar for i in instruments.values()}, readings[0].now)
    level = Decimal(settings.STOP_OUT_LEVEL)
    return [
        Market(instruments, quotes | _newest(reading.missed, quotes), sessions, reading.halted, level)
        for reading in readings
    ]


def _newest(missed: Iterable[Quote], quotes: dict[int, Quote]) -> dict[int, Quote]:
    """Of missed quotes those that are newer than what was read as the newest a moment before."""
    found: dict[int, Quote] = {}
    for quote in missed:
        known = found.get(quote.instrument_id) or quotes.get(quote.instrument_id)
        if known is None or quote.seq > known.seq:
            found[quote.instrument_id] = quote
    return found


def _read_rest(wire: Wire, readings: Sequence[Reading], instrument_ids: list[int]) -> Rows:
    by_account = {reading.account_id: reading for reading in readings}
    named = {number: sorted(named_ids(reading)) for number, reading in by_account.items()}
    names = [(number, name) for number, reading in by_account.items() for name in sorted(named_by_client(reading))]
    looks = [(number, int(k), after) for number, r in by_account.items() for k, after in r.look.items() if k.isdigit()]
    calls = [Call(MARKET, (instrument_ids,))]
    if ids := [one for some in named.values() for one in some]:
        calls.append(Call(BY_ID, (ids,)))
    if names:
        calls.append(Call(BY_NAME, tuple(map(list, zip(*names, strict=True)))))
    market, *finals = wire.run(*calls)
    for account_id, *row in (row for rows in finals for row in rows):
        if reading := by_account.get(account_id):  # an id may name an order of somebody else
            reading.finals.append(order_of(tuple(row)))
    if looks:
        for account_id, *row in wire.rows(LOOK, *map(list, zip(*looks, strict=True)), LOOK_LIMIT):
            by_account[account_id].missed.append(Quote(*row))
    for reading in readings:
        reading.fetched = tuple(reading.missed)
    return market


# --- What accounts and commands have to do with ---------------------------------------------------------------


Names = Modify | Cancel | Expire | DealerFill | DealerReject


def _commands(reading: Reading) -> Iterable[Command | None]:
    return (waiting.command for waiting in reading.waiting)


def named_ids(reading: Reading) -> set[int]:
    """Orders that the commands name, and that are not at hand."""
    named = {c.order_id for c in _commands(reading) if isinstance(c, Names) and c.order_id is not None}
    return named - set(reading.book.orders)


def named_by_client(reading: Reading) -> set[str]:
    return {c.client_order_id for c in _commands(reading) if isinstance(c, Modify | Cancel) and c.client_order_id}


def instruments_of(reading: Reading) -> set[int]:
    """Every instrument that the account or its commands have to do with."""
    book = reading.book
    found = {order.instrument_id for order in book.orders.values()} | set(book.positions)
    found |= {int(instrument_id) for instrument_id in reading.look if instrument_id.isdigit()}
    for command in _commands(reading):
        if isinstance(command, Place):
            found.add(command.instrument_id)
        elif isinstance(command, SeeQuote):
            found.add(command.quote.instrument_id)
    return found


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
