"""Anyone can replay an account's tray through the engine, with what it saw at the time, and must get the same books."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from orders import rows as books
from orders import terms_kept
from orders.batch import PARKED, STOP_OUT_LEVEL, Batch, Done
from orders.engine.market import Market
from orders.engine.order import Book
from orders.engine.values import Instrument, InstrumentStatus, Quote, Session
from orders.engine.wakes import NEVER, Levels, levels
from orders.instruments import ALL_SQL, engine_instrument
from orders.page import Page
from orders.readings import QUOTE_FIELDS, Waiting, waiting_of
from orders.rows import EVENT_TYPES, FILL_TYPES, LEDGER_TYPES, ORDER_TYPES, POSITION_TYPES, Row
from orders.sight import AHEAD, ALWAYS_OPEN, BACK
from orders.wire import Call, Statement, Wire

CHUNK: Final = 500
# It holds no lock, and may think for as long as it takes.
BEGIN: Final = Call(
    Statement(
        "",
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0",
    ),
    (),
)

ACCOUNT: Final = Statement(
    "replay_account",
    """
SELECT a.currency, trim_scale(b.balance), b.halted, b.risk, b.day, b.done_seq
FROM orders_book b JOIN accounts_tradingaccount a ON a.id = b.account_id WHERE b.account_id = $1
""",
)
COMMANDS: Final = Statement(
    "replay_commands",
    """
SELECT seq, kind, payload, origin, attempts, accepted_at, status, outcome, context FROM orders_ordercommand
WHERE account_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4
""",
)
QUOTES: Final = Statement(
    "replay_quotes",
    f"""
SELECT {", ".join(f"q.{field}" if "(" not in field else field for field in QUOTE_FIELDS.split(", "))}
FROM unnest($1::bigint[], $2::bigint[]) AS w (i, s)
JOIN orders_quote q ON q.instrument_id = w.i AND q.seq = w.s
""",
)
INSTRUMENTS: Final = Statement("replay_instruments", ALL_SQL)
SESSIONS: Final = Statement(
    "replay_sessions", "SELECT calendar, opens, closes, day_closes FROM orders_session ORDER BY calendar, opens"
)


def _table(name: str, types: dict[str, str], table: str, where: str) -> Statement:
    return Statement(name, f"SELECT {', '.join(types)} FROM {table} WHERE account_id = $1 AND {where}")


BETWEEN: Final = "seq > $2 AND seq <= $3 ORDER BY seq, number"
EVENTS: Final = _table("replay_events", EVENT_TYPES, "orders_orderevent", BETWEEN)
ENTRIES: Final = _table("replay_entries", LEDGER_TYPES, "orders_ledgerentry", BETWEEN)
FILLS: Final = _table("replay_fills", FILL_TYPES, "orders_fill", "id > 0 ORDER BY id")
ORDERS: Final = _table("replay_orders", ORDER_TYPES, "orders_order", "id > $2 ORDER BY id LIMIT 1000")
POSITIONS: Final = _table("replay_positions", POSITION_TYPES, "orders_position", "true ORDER BY instrument_id")


class Replay:
    """One account, from its first command; everything is read of one moment."""

    def __init__(self, wire: Wire, account_id: int) -> None:
        self.wire = wire
        self.account_id = account_id
        self.commands = 0
        self.levels: dict[int, Levels] = {}
        self.batch: Batch

    def differences(self) -> Iterator[str]:
        """What the books say and what a replay says, wherever they differ."""
        with self.wire.undone_on_error():
            [account] = self.wire.run(BEGIN, Call(ACCOUNT, (self.account_id,)))
            if not account:
                yield "there is no book"
            else:
                yield from self._compare(account[0])
            self.wire.conn.execute("ROLLBACK")

    def _compare(self, account: tuple[Any, ...]) -> Iterator[str]:
        currency, *book, done_seq = account
        self._open(currency)
        after = 0
        while rows := self.wire.rows(COMMANDS, self.account_id, after, done_seq, CHUNK):
            last = rows[-1][0]
            self.batch.done = []
            yield from self._carry_out(rows)
            yield from self._compare_told(after, last)
            after = last
        yield from self._compare_book(book)
        yield from self._compare_orders()
        yield from self._compare_positions()

    def _open(self, currency: str) -> None:
        self.terms = terms_kept.every(self.wire)
        today = {row[0]: _always_open(engine_instrument(row)) for row in self.wire.rows(INSTRUMENTS)}
        self.instruments = today | {key: terms for (key, number), terms in self.terms.items() if number == 1}
        self.sessions: dict[str, list[Session]] = {}
        for calendar, *times in self.wire.rows(SESSIONS):
            self.sessions.setdefault(calendar, []).append(Session(*times))
        market = Market(self.instruments, {})
        self.batch = Batch(Book(self.account_id, currency), market, datetime.min)
        self.fills = deque(_dicts(FILL_TYPES, self.wire.rows(FILLS, self.account_id)))

    # --- The engine -------------------------------------------------------------------------------------------

    def _carry_out(self, rows: list[tuple[Any, ...]]) -> Iterator[str]:
        quotes = self._quotes_of([row[8] or {} for row in rows])
        for *command, status, outcome, context in rows:
            waiting = waiting_of(tuple(command))
            self.commands += 1
            if status == PARKED:
                self.batch.park(waiting)
                continue
            self._show(waiting, context, quotes)
            done = self.batch.carry_out(waiting)
            self._index_orders()
            if (status, outcome) != (done.status, done.outcome):
                yield f"command {waiting.seq}: outcome {outcome}, replayed {done.outcome}"

    def _index_orders(self) -> None:
        """By the terms of the moment, as the drain did."""
        for number in self.batch.just_touched:
            order = self.batch.touched[number]
            instrument = self.batch.market.instrument(order.instrument_id)
            self.levels[number] = NEVER if order.state.is_final else levels(order, self.batch.book, instrument)

    def _quotes_of(self, contexts: list[dict[str, Any]]) -> dict[tuple[int, int], Quote]:
        wanted = {(int(key), seq) for context in contexts for key, seq in context.get("quotes", {}).items()}
        wanted |= {(key, seq) for context in contexts for key, seq in context.get("before", [])}
        if not wanted:
            return {}
        instruments, seqs = zip(*sorted(wanted), strict=True)
        return {(row[0], row[1]): Quote(*row) for row in self.wire.rows(QUOTES, list(instruments), list(seqs))}

    def _show(self, waiting: Waiting, context: dict[str, Any], quotes: dict[tuple[int, int], Quote]) -> None:
        """Makes the market what it was when the command was executed."""
        batch, market = self.batch, self.batch.market
        batch.now = datetime.fromisoformat(context["now"])
        market.quotes = {int(key): quotes[int(key), seq] for key, seq in context.get("quotes", {}).items()}
        market.halted = context.get("halted", False)
        market.sessions = {name: self._sessions_at(name, batch.now) for name in self.sessions}
        market.stop_out_level = Decimal(context.get("stopOutLevel", STOP_OUT_LEVEL))
        market.instruments = self._instruments_of(context)
        batch.missed = deque(quotes[key, seq] for key, seq in context.get("before", []))

    def _instruments_of(self, context: dict[str, Any]) -> dict[int, Instrument]:
        changed = {int(key): self.terms[int(key), number] for key, number in context.get("terms", {}).items()}
        for key, status in context.get("status", {}).items():
            terms = changed.get(int(key)) or self.instruments[int(key)]
            changed[int(key)] = replace(terms, status=InstrumentStatus(status))
        return self.instruments | changed if changed else self.instruments

    def _sessions_at(self, calendar: str, now: datetime) -> tuple[Session, ...]:
        if calendar in ALWAYS_OPEN:
            return ()
        return tuple(s for s in self.sessions[calendar] if s.day_closes > now - BACK and s.opens < now + AHEAD)

    # --- The books ----------------------------------------------------------------------------------------------

    def _compare_told(self, after: int, last: int) -> Iterator[str]:
        """Events, ledger entries and fills of the commands just replayed."""
        page = self._page(self.batch.done)
        for statement, types, told, what in (
            (EVENTS, EVENT_TYPES, books.event_rows(page), "event"),
            (ENTRIES, LEDGER_TYPES, books.ledger_rows(page), "ledger entry"),
        ):
            written = _dicts(types, self.wire.rows(statement, self.account_id, after, last))
            yield from _unequal(what, types, ("seq", "number"), written, told)
        fills = [self.fills.popleft() for _ in range(self._fills_until(last))]
        yield from _unequal("fill", FILL_TYPES, ("seq", "order_id", "number"), fills, books.fill_rows(page))

    def _fills_until(self, seq: int) -> int:
        return next((index for index, fill in enumerate(self.fills) if fill["seq"] > seq), len(self.fills))

    def _page(self, done: list[Done]) -> Page:
        batch = self.batch
        return Page(batch.book, batch.now, 0, done, batch.touched, batch.born, self.levels, {})

    def _compare_book(self, written: list[Any]) -> Iterator[str]:
        book = self.batch.book
        risk = {name: str(number) for name, number in book.risk.items()}
        for what, old, new in zip(
            ("balance", "halted", "risk", "day"), written, (book.balance, book.halted, risk, book.day), strict=True
        ):
            if old != new:
                yield f"book: {what} {old}, replayed {new}"

    def _compare_orders(self) -> Iterator[str]:
        page = self._page([])
        numbers = deque(sorted(self.batch.touched))
        after = 0
        while rows := self.wire.rows(ORDERS, self.account_id, after):
            after = rows[-1][0]
            replayed = [self._order_row(page, number) for number in _taken_until(numbers, after)]
            yield from _unequal("order", ORDER_TYPES, ("id",), _dicts(ORDER_TYPES, rows), replayed)
        yield from _unequal("order", ORDER_TYPES, ("id",), [], [self._order_row(page, number) for number in numbers])

    def _order_row(self, page: Page, number: int) -> Row:
        return books.order_row(page, page.orders[number]) | {"origin": self.batch.born[number]}

    def _compare_positions(self) -> Iterator[str]:
        """Their trigger index depends on where batches ended, and is left out."""
        book = self.batch.book
        replayed = [books.position_row(book, held, NEVER) for held in book.positions.values()]
        types = {name: kind for name, kind in POSITION_TYPES.items() if not name.startswith("wakes")}
        written = _dicts(POSITION_TYPES, self.wire.rows(POSITIONS, self.account_id))
        yield from _unequal("position", types, ("instrument_id",), written, replayed)


def _always_open(instrument: Instrument) -> Instrument:
    """What was halted at the time stands beside each command."""
    return replace(instrument, status=InstrumentStatus.OPEN)


def _dicts(types: dict[str, str], rows: Iterable[tuple[Any, ...]]) -> list[Row]:
    return [dict(zip(types, row, strict=True)) for row in rows]


def _taken_until(numbers: deque[int], last: int) -> Iterator[int]:
    while numbers and numbers[0] <= last:
        yield numbers.popleft()


def _unequal(
    what: str, types: dict[str, str], key: tuple[str, ...], written: Iterable[Row], replayed: Iterable[Row]
) -> Iterator[str]:
    """Where rows of the books and replayed ones with the same key differ, or one has no counterpart."""
    old = {tuple(row[name] for name in key): row for row in written}
    new = {tuple(row[name] for name in key): row for row in replayed}
    for place in sorted(old.keys() | new.keys()):
        name = f"{what} {' '.join(map(str, place))}"
        if place not in new:
            yield f"{name}: in the books, not replayed"
        elif place not in old:
            yield f"{name}: replayed, not in the books"
        elif facts := [
            f"{column} {old[place][column]}, replayed {new[place][column]}"
            for column, kind in types.items()
            if old[place][column] != _typed(kind, new[place][column])
        ]:
            yield f"{name}: {'; '.join(facts)}"


def _typed(kind: str, value: Any) -> Any:
    """A value as the database gives it back."""
    if value is None:
        return None
    if kind == "numeric":
        return Decimal(value)
    return datetime.fromisoformat(value) if kind == "timestamptz" else value
