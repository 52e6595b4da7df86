"""The one door for quotes: they are judged, numbered, stored, and shown to every order they concern.

First a quote is accepted: its number comes from a row lock of its instrument, held until commit, so that the order
of numbers is the order of commits. Then it is shown: the trigger index tells which accounts it concerns, and each gets
it into its tray, once. Both steps are durable; whoever dies in between leaves `shown=false`, and the pump goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from orders.engine.values import Quote
from orders.instruments import catalogue
from orders.intake import ring
from orders.quote_reading import Offer, Unfit, read_offer
from orders.quote_trays import tell

AHEAD = timedelta(seconds=5)
SYMBOLS_KNOWN_SECONDS = 0.1
LEFT_BEHIND_SECONDS = 0.5
MOST_AT_ONCE = 1_000

LOCK_SQL = """
SELECT instrument_id, seq, time, at, clock_timestamp() FROM orders_lastquote
WHERE instrument_id = ANY(%s) ORDER BY instrument_id FOR UPDATE
"""
OPEN_SQL = """
INSERT INTO orders_lastquote (instrument_id, seq, source, refused)
SELECT id, 0, '', 0 FROM orders_instrument WHERE id = ANY(%s) ORDER BY id ON CONFLICT DO NOTHING
"""
STORE_SQL = """
WITH quote AS (
    INSERT INTO orders_quote (instrument_id, seq, bid, ask, bid_size, ask_size, last, time, at, source, shown)
    SELECT *, %s, %s FROM unnest(
        %s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
        %s::timestamptz[], %s::timestamptz[])
    RETURNING *
)
UPDATE orders_lastquote AS l
SET seq = q.seq, bid = q.bid, ask = q.ask, bid_size = q.bid_size, ask_size = q.ask_size,
    last = coalesce(q.last, l.last), time = q.time, at = q.at, source = q.source
FROM (SELECT DISTINCT ON (instrument_id) * FROM quote ORDER BY instrument_id, seq DESC) AS q
WHERE l.instrument_id = q.instrument_id
"""
COUNT_REFUSED_SQL = """
UPDATE orders_lastquote AS l SET refused = refused + r.many
FROM unnest(%s::bigint[], %s::bigint[]) AS r (instrument_id, many) WHERE l.instrument_id = r.instrument_id
"""
LEFT_BEHIND_SQL = """
SELECT DISTINCT instrument_id FROM orders_quote
WHERE NOT shown AND at < clock_timestamp() - make_interval(secs => %s)
"""
# Takes what is not shown yet, in order, so that two who show never wait for each other crosswise; what another has
# shown meanwhile drops out. Who is concerned: a buy by the ask, a sell by the bid; a long position by the bid, a short
# one by the ask. All in one statement, whose snapshot is younger than every quote it takes.
SHOW_SQL = """
WITH q AS MATERIALIZED (
    SELECT instrument_id, seq, trim_scale(bid) AS bid, trim_scale(ask) AS ask, time, at,
           trim_scale(bid_size) AS bid_size, trim_scale(ask_size) AS ask_size
    FROM orders_quote WHERE NOT shown AND instrument_id = ANY(%s) ORDER BY instrument_id, seq LIMIT %s FOR UPDATE
), shown AS (
    UPDATE orders_quote AS s SET shown = true FROM q WHERE s.instrument_id = q.instrument_id AND s.seq = q.seq
    RETURNING 1
)
SELECT (SELECT count(*) FROM shown), t.account_ids, q.instrument_id, q.seq, q.bid, q.ask, q.time, q.at, q.bid_size,
       q.ask_size
FROM (SELECT) AS always LEFT JOIN (q CROSS JOIN LATERAL (SELECT array_agg(account_id) AS account_ids FROM (
    SELECT account_id FROM orders_order o WHERE o.instrument_id = q.instrument_id AND o.side = 'buy'
        AND o.wakes_at_or_below >= q.ask AND o.seen_seq < q.seq
    UNION SELECT account_id FROM orders_order o WHERE o.instrument_id = q.instrument_id AND o.side = 'buy'
        AND o.wakes_at_or_above <= q.ask AND o.seen_seq < q.seq
    UNION SELECT account_id FROM orders_order o WHERE o.instrument_id = q.instrument_id AND o.side = 'sell'
        AND o.wakes_at_or_below >= q.bid AND o.seen_seq < q.seq
    UNION SELECT account_id FROM orders_order o WHERE o.instrument_id = q.instrument_id AND o.side = 'sell'
        AND o.wakes_at_or_above <= q.bid AND o.seen_seq < q.seq
    UNION SELECT account_id FROM orders_position p WHERE p.instrument_id = q.instrument_id
        AND p.wakes_at_or_below >= CASE WHEN p.qty > 0 THEN q.bid ELSE q.ask END AND p.wakes_at_or_below >= q.bid
    UNION SELECT account_id FROM orders_position p WHERE p.instrument_id = q.instrument_id
        AND p.wakes_at_or_above <= CASE WHEN p.qty > 0 THEN q.bid ELSE q.ask END AND p.wakes_at_or_above <= q.ask
) AS touched) AS t) ON true ORDER BY q.instrument_id, q.seq
"""


@dataclass(frozen=True, slots=True)
class Refused:
    """A quote that was not taken: its place in the batch, and why."""

    index: int
    code: str
    reason: str

    def moved(self, places: int) -> Refused:
        return replace(self, index=self.index + places)


@dataclass(slots=True)
class Result:
    accepted: int = 0
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Newest:
    """Where an instrument's quotes stand, while its row is locked."""

    seq: int
    time: datetime | None
    at: datetime | None
    now: datetime


def accept(raws: Sequence[object], source: str) -> Result:
    """Takes quotes as a source sent them (JSON objects, numbers as texts) and shows them before it returns."""
    known = catalogue(SYMBOLS_KNOWN_SECONDS)
    offers: list[tuple[int, Offer]] = []
    unfit: list[tuple[int, Unfit]] = []
    for index, raw in enumerate(raws):
        try:
            offers.append((index, read_offer(raw, known)))
        except Unfit as error:
            unfit.append((index, error))
    return take(offers, source, unfit)


def offer(offers: Iterable[Offer], source: str) -> Result:
    """Takes quotes that are read already, such as the simulator's."""
    return take(list(enumerate(offers)), source, [])


def take(offers: list[tuple[int, Offer]], source: str, unfit: list[tuple[int, Unfit]]) -> Result:
    unfit = list(unfit)
    with transaction.atomic(), connection.cursor() as cursor:
        quotes = numbered(offers, newest_of(cursor, {one.instrument_id for _, one in offers}), unfit)
        if quotes:
            store(cursor, quotes, source)
        count_refused(cursor, unfit)
    show({one.instrument_id for one, _ in quotes})
    refused = [Refused(index, error.code, error.text) for index, error in sorted(unfit, key=lambda pair: pair[0])]
    return Result(len(quotes), refused)


# --- Accepting ----------------------------------------------------------------------------------------


def newest_of(cursor: Any, ids: set[int]) -> dict[int, Newest]:
    """Locks the instruments' rows, in their order."""
    cursor.execute(LOCK_SQL, [sorted(ids)])
    rows = cursor.fetchall()
    if len(rows) < len(ids):
        cursor.execute(OPEN_SQL, [sorted(ids)])
        cursor.execute(LOCK_SQL, [sorted(ids)])
        rows = cursor.fetchall()
    return {row[0]: Newest(*row[1:]) for row in rows}


Numbered = tuple[Quote, Decimal | None]


def numbered(
    offers: list[tuple[int, Offer]], newest: dict[int, Newest], unfit: list[tuple[int, Unfit]]
) -> list[Numbered]:
    """The quotes with their numbers, and the last price beside each; the ill-timed ones go to `unfit`."""
    quotes: list[Numbered] = []
    for index, one in offers:
        if one.instrument_id not in newest:
            unfit.append((index, Unfit("symbol_unknown", "the instrument is gone")))
            continue
        try:
            quote = next_quote(one, newest[one.instrument_id])
        except Unfit as error:
            unfit.append((index, error))
            continue
        newest[one.instrument_id] = Newest(quote.seq, quote.time, quote.at, newest[one.instrument_id].now)
        quotes.append((quote, one.last))
    return quotes


def next_quote(one: Offer, newest: Newest) -> Quote:
    at = max(newest.now, newest.at or newest.now)
    time = one.time or max(at, newest.time or at)
    if newest.time is not None and time < newest.time:
        raise Unfit("too_old", f"older than the last quote, {newest.time.isoformat()}", one.instrument_id)
    if one.time is not None and time > newest.now + AHEAD:
        raise Unfit("in_the_future", f"more than {AHEAD.seconds} s ahead of the clock", one.instrument_id)
    return Quote(one.instrument_id, newest.seq + 1, one.bid, one.ask, time, at, one.bid_size, one.ask_size)


def remember(past: Mapping[int, list[Quote]], source: str) -> None:
    """Quotes from before an instrument's first one; what has been quoted already keeps the past that it has."""
    with transaction.atomic(), connection.cursor() as cursor:
        newest = newest_of(cursor, set(past))
        for instrument_id, quotes in past.items():
            if newest[instrument_id].seq == 0:
                store(cursor, [(one, None) for one in quotes], source, shown=True)


def store(cursor: Any, quotes: list[Numbered], source: str, *, shown: bool = False) -> None:
    rows = [
        (one.instrument_id, one.seq, one.bid, one.ask, one.bid_size, one.ask_size, last, one.time, one.at)
        for one, last in quotes
    ]
    cursor.execute(STORE_SQL, [source, shown, *map(list, zip(*rows, strict=True))])


def count_refused(cursor: Any, unfit: list[tuple[int, Unfit]]) -> None:
    many: dict[int, int] = defaultdict(int)
    for _, error in unfit:
        if error.instrument_id is not None:
            many[error.instrument_id] += 1
    if many:
        ids = sorted(many)
        cursor.execute(OPEN_SQL, [ids])
        cursor.execute(COUNT_REFUSED_SQL, [ids, [many[one] for one in ids]])


# --- Showing ------------------------------------------------------------------------------------------


def show(instrument_ids: Iterable[int]) -> None:
    """Puts every quote of these instruments that is not shown yet into the trays it concerns, oldest first."""
    ids = sorted(instrument_ids)
    many = MOST_AT_ONCE
    while ids and many == MOST_AT_ONCE:
        with transaction.atomic():
            many, touched = mark_shown(ids)
            told = tell(touched)
        if told:
            ring(told)


def show_pending() -> int:
    """Shows what was left behind; the number of instruments that had something."""
    with connection.cursor() as cursor:
        cursor.execute(LEFT_BEHIND_SQL, [LEFT_BEHIND_SECONDS])
        ids = [row[0] for row in cursor.fetchall()]
    show(ids)
    return len(ids)


def mark_shown(ids: list[int]) -> tuple[int, list[tuple[Quote, list[int]]]]:
    """How many quotes are shown now, and those that concern accounts, with these."""
    with connection.cursor() as cursor:
        cursor.execute(SHOW_SQL, [ids, MOST_AT_ONCE])
        rows = cursor.fetchall()
    many = rows[0][0]
    return many, [(Quote(*quote), account_ids) for _, account_ids, *quote in rows if account_ids]
