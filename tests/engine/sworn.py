"""An account that checks itself: after every command, whatever must hold of its books does, or an assertion fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

from orders.engine import margin, wakes, watch
from orders.engine.commands import KEEP, Command, DealerFill, Modify, Place, SeeQuote, StopOut
from orders.engine.events import (
    AccountChanged,
    CommandRefused,
    Event,
    MoneyMoved,
    OrderFilled,
    OrderPlaced,
    OrderTriggered,
    StopOutDue,
)
from orders.engine.exchange import execute
from orders.engine.hours import trades_at
from orders.engine.market import Market
from orders.engine.money import EXACT, round_money, unit_of
from orders.engine.order import Book, Order
from orders.engine.positions import opening_part
from orders.engine.values import ZERO, Commission, OrderType, Quote, Session, State, SymbolType
from tests.engine.desk import instrument
from tests.engine.shelf import Record, Shelf, market_of, sight

MONDAY = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
FX = {"symbol_type": SymbolType.FOREX, "lot_size": "1000", "tick_size": "0.0001", "min_lot": "0.01"}
FX |= {"lot_step": "0.01", "max_lot": "500", "margin_rate": "0.02"}
COIN = instrument(1, "COIN", tick_size="0.5", min_lot="0.1", max_lot="5000", lot_step="0.1", margin_rate="0.05")
PAIR = instrument(2, "EUR/USD", **FX, base_currency="EUR")
YEN = instrument(3, "USD/JPY", **(FX | {"tick_size": "0.01"}), base_currency="USD", currency="JPY")
SHARE = replace(
    instrument(4, "SHARE", symbol_type=SymbolType.EQUITY, min_lot="1", lot_step="1", max_lot="1000", currency="EUR"),
    calendar="XTST",
    short_allowed=False,
    commission=Commission(per_lot=Decimal("0.013"), percent=Decimal("0.01"), fixed=Decimal("0.5")),
)
RANGED = replace(
    instrument(5, "RANGED", tick_size="0.5", min_lot="1", lot_step="1", lot_size="3"),
    tick_ranges=((Decimal(0), Decimal("0.5")), (Decimal(100), Decimal(1))),
    max_quote_age_seconds=120,
    last_trading_day=(MONDAY + timedelta(days=2)).date(),
)
INSTRUMENTS = {i.id: i for i in (COIN, PAIR, YEN, SHARE, RANGED)}
START = {1: Decimal(100), 2: Decimal("1.1"), 3: Decimal(150), 4: Decimal(50), 5: Decimal(100)}


def sessions() -> tuple[Session, ...]:
    """Nine hours a day with a lunch break, for two weeks."""
    found = []
    for day in range(-1, 14):
        opens = datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(days=day)
        closes = opens + timedelta(hours=9)
        found.append(Session(opens, opens + timedelta(hours=3), closes))
        found.append(Session(opens + timedelta(hours=5), closes, closes))
    return tuple(found)


SESSIONS = {"XTST": sessions()}


@dataclass(slots=True)
class Tally:
    """What the fills of an order come to."""

    count: int = 0
    qty: Decimal = ZERO
    worth: Decimal = ZERO


class SwornAccount:
    """The books by the engine, the same through rows, and what the events alone say they must be."""

    def __init__(self, currency: str) -> None:
        self.book = Book(1, currency)
        self.shelf = Shelf(1, currency)
        self.market = Market(dict(INSTRUMENTS), {}, SESSIONS)
        self.now = MONDAY
        self.seq = 0
        self.last_id = 1000
        self.records: list[Record] = []
        self.tallies: dict[int, Tally] = {}
        self.lots: dict[int, Decimal] = dict.fromkeys(INSTRUMENTS, ZERO)
        self.money = ZERO
        self.triggered: set[int] = set()
        self.finals: dict[int, State] = {}
        self.resized: set[int | None] = set()  # legs may be made larger by their own ids
        self.levels: dict[int, wakes.Levels] = {}
        self.is_sound = True
        for id_, price in START.items():
            self.remember(id_, price, INSTRUMENTS[id_].tick_size, None)

    # --- What can be asked of it ----------------------------------------------------------------------

    def run(self, command: Command) -> None:
        """Executes a command, and the stop-outs that it calls for; whatever must hold is checked after each."""
        due = self.execute(command)
        while due:
            due += self.execute(StopOut(self.new_id())) - 1

    def execute(self, command: Command) -> int:
        """How many stop-outs the command calls for."""
        self.is_sound = False
        seen, twin = sight(self.market), sight(self.market)
        self.was_blocked = margin.figures(self.book, self.market).blocked_margin
        told = execute(self.book, command, seen, self.now)
        assert self.shelf.execute(command, twin, self.now) == told
        quotes = {id_: seen.quotes[id_] for id_ in seen.used if id_ in seen.quotes}
        self.records.append(Record(command, self.now, quotes, seen.instruments, seen.halted, told))
        self.check_events(command, told)
        self.levels = watch.position_levels(self.book, self.market)
        self.check_books()
        self.is_sound = True
        return sum(isinstance(event, StopOutDue) for event in told)

    def remember(self, id_: int, bid: Decimal, spread: Decimal, size: Decimal | None) -> Quote:
        self.seq += 1
        quote = self.market.quotes[id_] = Quote(id_, self.seq, bid, bid + spread, self.now, self.now, size, size)
        return quote

    def tell_quote(self, quote: Quote) -> None:
        """Shows a quote that concerns the account; one that does not would have changed nothing.

        Only a currency's rate may move equity without a quote of what is held: that waits for the next look.
        """
        if self.is_concerned(quote):
            self.run(SeeQuote(quote))
            return
        untouched = self.shelf.book_for(SeeQuote(quote))
        told = execute(untouched, SeeQuote(quote), sight(self.market), self.now)
        if untouched.day["date"] == self.book.day["date"]:
            waits = StopOutDue | AccountChanged if quote.instrument_id not in self.book.positions else ()
            told = [event for event in told if not isinstance(event, waits)]
            assert (told, untouched.changed_orders, untouched.changed_positions) == ([], set(), set())
        self.check_books()

    def is_concerned(self, quote: Quote) -> bool:
        terms = self.market.instruments[quote.instrument_id]
        orders = (o for o in self.book.unfinished() if o.instrument_id == quote.instrument_id)
        levels = [(wakes.levels(o, self.book, terms), quote.hit_by(o.side)) for o in orders]
        if position := self.book.positions.get(quote.instrument_id):
            mark = quote.bid if position.qty > 0 else quote.ask
            levels.append((self.levels[quote.instrument_id], mark))
        return any(
            (below is not None and price <= below) or (above is not None and price >= above)
            for (below, above), price in levels
        )

    def replay(self) -> None:
        """A replay of the tray, with what each command saw, tells the same and arrives at the same book."""
        book = Book(1, self.book.currency)
        for record in self.records:
            assert execute(book, record.command, market_of(record, SESSIONS), record.now) == record.told
        assert book == self.book

    def story(self) -> list[str]:
        """Everything that was asked of it and what came of it, for whoever reads of a failure."""
        lines = [f"{self.book.currency} {id_}: {quote.bid}/{quote.ask}" for id_, quote in self.market.quotes.items()]
        for record in self.records:
            lines += [f"{record.now:%d %H:%M} {record.command}", *(f"    {event}" for event in record.told)]
        return lines

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def held(self, id_: int) -> Decimal:
        return self.book.positions[id_].qty if id_ in self.book.positions else ZERO

    # --- What must hold of what a command told ----------------------------------------------------------

    def check_events(self, command: Command, told: list[Event]) -> None:
        refused = sum(isinstance(event, CommandRefused) for event in told)
        if isinstance(command, Place):
            assert refused == (self.book.orders[command.order_id].state is State.REJECTED)
        assert refused <= 1
        if isinstance(command, Modify) and command.qty is not KEEP:
            self.resized.add(command.order_id)
        for event in told:
            if isinstance(event, OrderTriggered):
                self.triggered.add(event.order_id)
            elif isinstance(event, MoneyMoved):
                self.money += event.amount
                assert event.amount != 0
                assert event.balance == self.money
            elif isinstance(event, OrderFilled):
                self.count(event)
                self.check_fill(event, command)
        if isinstance(command, Place):
            self.check_margin(self.book.orders[command.order_id], told)

    def count(self, event: OrderFilled) -> None:
        order, tally = self.book.orders[event.order_id], self.tallies.setdefault(event.order_id, Tally())
        tally.count += 1
        tally.qty += event.qty
        tally.worth += event.qty * event.price
        assert event.number == tally.count
        self.lots[order.instrument_id] += order.side.sign * event.qty

    def check_fill(self, event: OrderFilled, command: Command) -> None:
        """In session, at the side of the quote that it hits or its own limit, and never before its trigger."""
        order = self.book.orders[event.order_id]
        moment = command.quote.at if isinstance(command, SeeQuote) else self.now
        assert trades_at(INSTRUMENTS[order.instrument_id], self.market, moment)
        if event.quote is None:
            assert isinstance(command, DealerFill)
            assert order.price is None or order.side.sign * (order.price - event.price) >= 0
            return
        assert order.type is not OrderType.CARE
        hit, size = event.quote.hit_by(order.side), event.quote.size_for(order.side)
        own = order.price if order.type in (OrderType.LIMIT, OrderType.STOP_LIMIT) else None
        assert event.price in (hit, own)
        assert own is None or order.side.sign * (own - event.price) >= 0
        assert order.side.sign * (event.price - hit) >= 0
        assert size is None or event.qty <= size
        if order.stop_price is not None and order.type is not OrderType.LIMIT:
            assert order.id in self.triggered

    def check_margin(self, order: Order, told: list[Event]) -> None:
        """Opening leaves something available, but for what its fills cost and what others block on the turned side."""
        if not any(isinstance(event, OrderPlaced) for event in told):
            return
        fills = [event for event in told if isinstance(event, OrderFilled)]
        taken = sum((event.qty for event in fills if event.order_id == order.id), ZERO)
        was_held = self.held(order.instrument_id) - order.side.sign * taken
        if not opening_part(was_held, order.side, order.qty) or any(event.order_id != order.id for event in fills):
            return
        costs = sum((self.cost(event) for event in fills), ZERO)
        figures, is_final = margin.figures(self.book, self.market), order.state.is_final
        own = ZERO if is_final else margin.block_of(order, self.book, self.market)
        others = max(figures.blocked_margin - self.was_blocked - own, ZERO) if was_held else ZERO
        assert figures.available >= -costs - others - 3 * unit_of(self.book.currency)

    def cost(self, fill: OrderFilled) -> Decimal:
        """The spread and the commission of a fill, and what it realised, in account currency."""
        terms = INSTRUMENTS[self.book.orders[fill.order_id].instrument_id]
        assert fill.quote is not None
        spread = fill.qty * terms.lot_size * (fill.quote.ask - fill.quote.bid)
        return fill.fee + spread * margin.rate(self.market, terms.currency, self.book.currency) + max(-fill.gross, ZERO)

    # --- What must hold of the books --------------------------------------------------------------------

    def check_books(self) -> None:
        self.fills_add_up()
        self.positions_and_money_add_up()
        self.final_is_final()
        self.legs_never_close_more_than_there_is()
        self.figures_hang_together()
        assert self.shelf.holds(self.book)

    def fills_add_up(self) -> None:
        for order in self.book.orders.values():
            tally = self.tallies.get(order.id) or Tally()
            assert (tally.qty, tally.count) == (order.filled_qty, order.fills)
            assert order.filled_qty <= order.qty
            if tally.count:
                assert order.avg_price is not None
                assert abs(tally.worth - order.avg_price * tally.qty) < Decimal("1e-16") * tally.qty

    def positions_and_money_add_up(self) -> None:
        assert {id_: qty for id_, qty in self.lots.items() if qty} == {i: p.qty for i, p in self.book.positions.items()}
        assert self.book.balance == self.money
        assert self.book.balance % unit_of(self.book.currency) == 0

    def final_is_final(self) -> None:
        unfinished = {order.id for order in self.book.unfinished()}
        for id_, order in self.book.orders.items():
            if order.state.is_final:
                assert self.finals.setdefault(id_, order.state) is order.state
                assert id_ not in unfinished
                assert order.state is not State.FILLED or order.remaining == 0
            else:
                assert id_ not in self.finals
                assert id_ in unfinished
                assert order.remaining > 0 or order.state is State.INACTIVE

    def legs_never_close_more_than_there_is(self) -> None:
        for leg in self.book.orders.values():
            if leg.leg is None:
                continue
            parent = self.book.orders[leg.parent_id or 0]
            if leg.state in wakes.LISTENING:
                held = self.held(leg.instrument_id)
                assert held * leg.side.sign < 0
                assert leg.remaining <= abs(held)
            assert leg.state is not State.INACTIVE or not parent.state.is_final
            assert leg.filled_qty <= parent.filled_qty or leg.id in self.resized

    def figures_hang_together(self) -> None:
        figures = margin.figures(self.book, self.market)
        assert figures.equity == figures.balance + figures.open_pl
        assert figures.available == figures.equity - figures.used_margin - figures.blocked_margin
        assert figures.used_margin >= 0
        with localcontext(EXACT):
            blocks = (margin.block_of(order, self.book, self.market) for order in self.book.unfinished())
            assert figures.blocked_margin == round_money(sum(blocks, ZERO), self.book.currency)
