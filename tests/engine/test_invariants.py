"""Whatever is asked of an account, in whatever order: its books hold together, after every step.

ENGINE_RUNS sets how many random lives are played, ENGINE_STEPS how long they are, ENGINE_SHRINK=1 looks for the
shortest life that fails.
"""

from __future__ import annotations

import copy
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from orders.engine import margin, wakes, watch
from orders.engine.commands import (
    Cancel,
    Command,
    DealerFill,
    DealerReject,
    Expire,
    Halt,
    Modify,
    MoveMoney,
    Place,
    SeeQuote,
    SetRisk,
    StopOut,
)
from orders.engine.events import (
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
from orders.engine.money import EXACT, unit_of
from orders.engine.order import Book, Order
from orders.engine.positions import opening_part
from orders.engine.values import (
    ZERO,
    Commission,
    Guard,
    InstrumentStatus,
    OrderType,
    Quote,
    Session,
    Side,
    State,
    StopLossType,
    SymbolType,
    TakeProfitType,
    Validity,
)
from tests.engine.desk import instrument
from tests.engine.shelf import Record, Shelf, market_of, sight

RUNS = int(os.environ.get("ENGINE_RUNS", "60"))
STEPS = int(os.environ.get("ENGINE_STEPS", "50"))

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
    """Six hours a day with a lunch break, for two weeks."""
    found = []
    for day in range(-1, 14):
        opens = datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(days=day)
        closes = opens + timedelta(hours=9)
        found.append(Session(opens, opens + timedelta(hours=3), closes))
        found.append(Session(opens + timedelta(hours=5), closes, closes))
    return tuple(found)


SESSIONS = {"XTST": sessions()}
ids = st.sampled_from(sorted(INSTRUMENTS))
sides = st.sampled_from(Side)
lots = st.integers(1, 40)
ticks = st.integers(-12, 12)
sizes = st.sampled_from([None, None, 0, 1, 3, 7])


class Account(RuleBasedStateMachine):
    @initialize(currency=st.sampled_from(["USD", "EUR", "JPY"]), deposit=st.sampled_from([500, 2000, 20000, 1000000]))
    def opens(self, currency: str, deposit: int) -> None:
        self.book = Book(1, currency)
        self.shelf = Shelf(1, currency)
        self.market = Market(dict(INSTRUMENTS), {}, SESSIONS)
        self.now = MONDAY
        self.seq = 0
        self.last_id = 1000
        self.records: list[Record] = []
        self.fills: list[tuple[OrderFilled, Command, Record]] = []
        self.ledger: list[MoneyMoved] = []
        self.placed: dict[int, Command] = {}
        self.triggered: set[int] = set()
        self.finals: dict[int, State] = {}
        self.levels: dict[int, wakes.Levels] = {}
        for id_, price in START.items():
            self.remember(id_, price, INSTRUMENTS[id_].tick_size, None)
        self.run(MoveMoney("deposit", Decimal(deposit)))

    # --- What can happen ------------------------------------------------------------------------------

    @rule(
        id_=ids,
        side=sides,
        type_=st.sampled_from(OrderType),
        validity=st.sampled_from(Validity),
        lots=lots,
        times=st.sampled_from([1, 10, 100]),
        near=ticks,
        further=ticks,
        cash=st.sampled_from([None, None, None, Decimal(500)]),
        stop_loss=st.sampled_from([None, *StopLossType]),
        take_profit=st.sampled_from([None, *TakeProfitType]),
        away=st.integers(1, 15),
        name=st.sampled_from(["", "", "entry"]),
    )
    def place(self, id_: int, side: Side, type_: OrderType, validity: Validity, **drawn: Any) -> None:
        terms = INSTRUMENTS[id_]
        limit, stop = self.price(id_, drawn["near"]), self.price(id_, drawn["further"])
        asked = Place(
            order_id=self.new_id(),
            instrument_id=id_,
            type=type_,
            side=side,
            qty=None if drawn["cash"] else drawn["lots"] * drawn["times"] * terms.lot_step,
            cash_qty=drawn["cash"],
            price=limit if type_ in (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.CARE) else None,
            stop_price=stop if type_ in (OrderType.STOP, OrderType.STOP_LIMIT) else None,
            trail_ticks=Decimal(drawn["away"]) if type_ is OrderType.TRAILING_STOP else None,
            validity=validity,
            expire_at=self.now + timedelta(minutes=drawn["away"]) if validity is Validity.GTD else None,
            stop_loss=self.guard(drawn["stop_loss"], id_, -side.sign, drawn["away"]),
            take_profit=self.guard(drawn["take_profit"], id_, side.sign, drawn["away"]),
            stop_loss_id=self.new_id() if drawn["stop_loss"] else None,
            take_profit_id=self.new_id() if drawn["take_profit"] else None,
            client_order_id=drawn["name"],
        )
        self.run(asked)

    @rule(side=sides, id_=st.sampled_from([COIN.id, PAIR.id, YEN.id]), percent=st.sampled_from([40, 90]))
    def bet(self, side: Side, id_: int, percent: int) -> None:
        """Much of what is available goes into one position."""
        with localcontext(EXACT):
            terms = INSTRUMENTS[id_]
            into = margin.rate(self.market, terms.currency, self.book.currency)
            one_lot = self.market.quotes[id_].ask * terms.lot_size * terms.margin_rate * into
            lots = margin.figures(self.book, self.market).available * percent / 100 / one_lot
            qty = min(lots // terms.lot_step * terms.lot_step, terms.max_lot)
        if qty > 0:
            self.run(Place(self.new_id(), id_, OrderType.MARKET, side, qty))

    @precondition(lambda self: self.book.orders)
    @rule(data=st.data(), field=st.sampled_from(["price", "stop_price", "qty", "validity", "trail_ticks"]), by=ticks)
    def modify(self, data: st.DataObject, field: str, by: int) -> None:
        order = self.some_order(data)
        values: dict[str, Any] = {
            "price": self.price(order.instrument_id, by),
            "stop_price": self.price(order.instrument_id, by),
            "qty": max(order.filled_qty, order.qty + by * INSTRUMENTS[order.instrument_id].lot_step),
            "validity": data.draw(st.sampled_from(Validity)),
            "trail_ticks": Decimal(abs(by) + 1),
        }
        self.run(Modify(order_id=order.id, **{field: values[field]}))

    @precondition(lambda self: self.book.orders)
    @rule(data=st.data(), away=st.integers(1, 15), remove=st.booleans())
    def modify_guards(self, data: st.DataObject, away: int, remove: bool) -> None:
        order = self.some_order(data)
        type_ = data.draw(st.sampled_from(StopLossType))
        guard = self.guard(type_, order.instrument_id, -order.side.sign, away)
        assert guard is not None
        if remove:
            self.run(Modify(order_id=order.id, stop_loss=None))
        else:
            new = self.new_id()
            self.run(Modify(order_id=order.id, stop_loss=guard.value, stop_loss_type=str(guard.type), stop_loss_id=new))

    @precondition(lambda self: self.book.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.run(Cancel(self.some_order(data).id))

    @rule(name=st.sampled_from(["entry", "never used"]))
    def cancel_by_name(self, name: str) -> None:
        self.run(Cancel(client_order_id=name))

    @rule(id_=ids, by=ticks, fast=st.sampled_from([1, 1, 4]), spread=st.integers(1, 3), size=sizes)
    def quote(self, id_: int, by: int, fast: int, spread: int, size: int | None) -> None:
        tick = INSTRUMENTS[id_].tick_at(self.market.quotes[id_].bid)
        bid = max(self.market.quotes[id_].bid + by * fast * tick, tick)
        self.tell_quote(self.remember(id_, bid, spread * tick, None if size is None else Decimal(size)))

    @precondition(lambda self: self.book.positions)
    @rule(data=st.data(), fast=st.integers(1, 60))
    def quote_against(self, data: st.DataObject, fast: int) -> None:
        """The market turns against a position."""
        id_ = data.draw(st.sampled_from(sorted(self.book.positions)))
        tick = INSTRUMENTS[id_].tick_at(self.market.quotes[id_].bid)
        bid = max(self.market.quotes[id_].bid - fast * tick * (1 if self.held(id_) > 0 else -1), tick)
        self.tell_quote(self.remember(id_, bid, tick, None))

    @rule(minutes=st.sampled_from([1, 5, 60, 600]), notice=st.booleans())
    def wait(self, minutes: int, notice: bool) -> None:
        """Time passes; the pump may notice whose time is up before anything else happens, or after."""
        self.now += timedelta(minutes=minutes)
        for order in list(self.book.unfinished()) if notice else ():
            if order.expire_at is not None and order.expire_at <= self.now:
                self.run(Expire(order.id))

    @precondition(lambda self: self.care_orders())
    @rule(data=st.data(), lots=lots, by=ticks)
    def dealer_fills(self, data: st.DataObject, lots: int, by: int) -> None:
        order = data.draw(st.sampled_from(self.care_orders()))
        step = INSTRUMENTS[order.instrument_id].lot_step
        self.run(DealerFill(order.id, min(lots * step, order.remaining), self.price(order.instrument_id, by)))

    @precondition(lambda self: self.care_orders())
    @rule(data=st.data())
    def dealer_rejects(self, data: st.DataObject) -> None:
        self.run(DealerReject(data.draw(st.sampled_from(self.care_orders())).id, "no block on offer"))

    @rule(on=st.booleans())
    def halt_account(self, on: bool) -> None:
        self.run(Halt(on))

    @rule(id_=ids, status=st.sampled_from([InstrumentStatus.OPEN, InstrumentStatus.OPEN, InstrumentStatus.HALTED]))
    def halt_instrument(self, id_: int, status: InstrumentStatus) -> None:
        self.market.instruments = dict(self.market.instruments) | {id_: replace(INSTRUMENTS[id_], status=status)}

    @rule(kind=st.sampled_from(["deposit", "withdrawal", "adjustment"]), amount=st.integers(1, 900))
    def money(self, kind: str, amount: int) -> None:
        self.run(MoveMoney(kind, Decimal(amount if kind == "deposit" else -amount)))

    @rule(
        name=st.sampled_from(["dailyLossLimit", "maxDrawdownLevel", "maxPositionsNumber", "totalMaxPositionQty", ""]),
        value=st.sampled_from([1, 3, 50, 1900]),
    )
    def risk(self, name: str, value: int) -> None:
        self.run(SetRisk(((name, Decimal(value)),) if name else ()))

    # --- What must hold -------------------------------------------------------------------------------

    @invariant()
    def fills_add_up(self) -> None:
        for order in self.book.orders.values():
            fills = [event for event, _, _ in self.fills if event.order_id == order.id]
            assert sum(event.qty for event in fills) == order.filled_qty <= order.qty
            assert [event.number for event in fills] == list(range(1, order.fills + 1))
            if fills:
                worth = sum(event.qty * event.price for event in fills)
                assert order.avg_price is not None
                assert abs(worth / order.filled_qty - order.avg_price) < Decimal("1e-16")

    @invariant()
    def positions_add_up(self) -> None:
        held: dict[int, Decimal] = {}
        for event, _, _ in self.fills:
            order = self.book.orders[event.order_id]
            held[order.instrument_id] = held.get(order.instrument_id, ZERO) + order.side.sign * event.qty
        assert {id_: qty for id_, qty in held.items() if qty} == {i: p.qty for i, p in self.book.positions.items()}

    @invariant()
    def money_adds_up(self) -> None:
        assert self.book.balance == sum((entry.amount for entry in self.ledger), ZERO)
        assert self.book.balance % unit_of(self.book.currency) == 0
        assert all(entry.amount != 0 for entry in self.ledger)

    @invariant()
    def final_is_final(self) -> None:
        for id_, state in self.finals.items():
            assert self.book.orders[id_].state is state
        finals = {o.id: o.state for o in self.book.orders.values() if o.state.is_final}
        self.finals |= finals
        unfinished = {order.id for order in self.book.unfinished()}
        assert unfinished == self.book.orders.keys() - finals.keys()
        for order in self.book.orders.values():
            if order.state is State.FILLED:
                assert order.remaining == 0
            if not order.state.is_final:
                assert order.remaining > 0 or order.state is State.INACTIVE

    @invariant()
    def legs_never_close_more_than_there_is(self) -> None:
        for leg in self.book.orders.values():
            if leg.leg is None:
                continue
            parent = self.book.orders[leg.parent_id or 0]
            if leg.state in wakes.LISTENING:
                held = self.held(leg.instrument_id)
                assert held * leg.side.sign < 0
                assert leg.remaining <= abs(held)
            if leg.state is State.INACTIVE:
                assert not parent.state.is_final
            assert leg.filled_qty <= parent.filled_qty

    @invariant()
    def figures_hang_together(self) -> None:
        figures = margin.figures(self.book, self.market)
        assert figures.equity == figures.balance + figures.open_pl
        assert figures.available == figures.equity - figures.used_margin - figures.blocked_margin
        assert figures.used_margin >= 0
        assert figures.blocked_margin >= 0

    @invariant()
    def rows_are_the_book(self) -> None:
        assert self.shelf.holds(self.book)

    def teardown(self) -> None:
        """A replay of the tray, with what each command saw, tells the same and arrives at the same book."""
        if not getattr(self, "sound", False):
            return
        book = Book(1, self.book.currency)
        for record in self.records:
            assert execute(book, record.command, market_of(record, SESSIONS), record.now) == record.told
        assert book == self.book

    # --- Running a command ----------------------------------------------------------------------------

    def run(self, command: Command) -> list[Event]:
        self.sound = False
        before = margin.figures(self.book, self.market)
        held = {id_: position.qty for id_, position in self.book.positions.items()}
        seen, twin = sight(self.market), sight(self.market)
        told = execute(self.book, command, seen, self.now)
        assert self.shelf.execute(command, twin, self.now) == told
        quotes = {id_: seen.quotes[id_] for id_ in seen.used if id_ in seen.quotes}
        record = Record(command, self.now, quotes, dict(seen.instruments), seen.halted, told)
        self.records.append(record)
        self.check(command, record, held, before)
        self.levels = watch.position_levels(self.book, self.market)
        for _ in (event for event in told if isinstance(event, StopOutDue)):
            self.run(StopOut(self.new_id()))
        self.sound = True
        return told

    def check(self, command: Command, record: Record, held: dict[int, Decimal], before: margin.Figures) -> None:
        if isinstance(command, Place):
            self.placed[command.order_id] = command
            refused = any(isinstance(event, CommandRefused) for event in record.told)
            assert refused == (self.book.orders[command.order_id].state is State.REJECTED)
        assert sum(isinstance(event, CommandRefused) for event in record.told) <= 1
        for event in record.told:
            if isinstance(event, OrderTriggered):
                self.triggered.add(event.order_id)
            if isinstance(event, MoneyMoved):
                self.ledger.append(event)
                assert event.balance == sum((entry.amount for entry in self.ledger), ZERO)
            if isinstance(event, OrderFilled):
                self.fills.append((event, command, record))
                self.check_fill(event, command, record)
        self.check_margin(command, record, before)

    def check_fill(self, event: OrderFilled, command: Command, record: Record) -> None:
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

    def check_margin(self, command: Command, record: Record, before: margin.Figures) -> None:
        """An order that opens leaves something available, apart from what its own fills cost at once."""
        if not isinstance(command, Place | Modify):
            return
        if not any(isinstance(event, OrderPlaced | OrderFilled) for event in record.told):
            return
        after = margin.figures(self.book, self.market)
        if isinstance(command, Place):
            order = self.book.orders[command.order_id]
            taken = sum((e.qty for e in record.told if isinstance(e, OrderFilled) and e.order_id == order.id), ZERO)
            was_held = self.held(order.instrument_id) - order.side.sign * taken
            opening = opening_part(was_held, order.side, order.qty)
            if (
                order.state is State.REJECTED
                or not opening
                or any(isinstance(e, OrderFilled) and e.order_id != order.id for e in record.told)
            ):
                return
            costs = sum((self.cost(event) for event in record.told if isinstance(event, OrderFilled)), ZERO)
            assert after.available >= -costs - 2 * unit_of(self.book.currency)

    def cost(self, fill: OrderFilled) -> Decimal:
        """The spread and the commission of a fill, in account currency."""
        order = self.book.orders[fill.order_id]
        terms = INSTRUMENTS[order.instrument_id]
        assert fill.quote is not None
        spread = fill.quote.ask - fill.quote.bid
        return (
            fill.fee
            + fill.qty * terms.lot_size * spread * margin.rate(self.market, terms.currency, self.book.currency)
            + max(-fill.gross, ZERO)
        )

    # --- Quotes ---------------------------------------------------------------------------------------

    def remember(self, id_: int, bid: Decimal, spread: Decimal, size: Decimal | None) -> Quote:
        self.seq += 1
        quote = Quote(id_, self.seq, bid, bid + spread, self.now, self.now, size, size)
        self.market.quotes[id_] = quote
        return quote

    def tell_quote(self, quote: Quote) -> None:
        """Shows a quote that concerns the account; one that does not would have changed nothing."""
        if self.is_concerned(quote):
            self.run(SeeQuote(quote))
            return
        untouched = copy.deepcopy(self.book)
        told = execute(untouched, SeeQuote(quote), sight(self.market), self.now)
        if untouched.day["date"] == self.book.day["date"]:
            assert told == []

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

    # --- Drawing --------------------------------------------------------------------------------------

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def held(self, id_: int) -> Decimal:
        return self.book.positions[id_].qty if id_ in self.book.positions else ZERO

    def price(self, id_: int, ticks: int) -> Decimal:
        terms, bid = INSTRUMENTS[id_], self.market.quotes[id_].bid
        tick = terms.tick_at(bid + ticks * terms.tick_at(bid))
        return max((bid + ticks * tick) // tick * tick, tick)

    def guard(self, type_: Any, id_: int, away: int, ticks: int) -> Guard | None:
        if type_ is None:
            return None
        values = {"absolute": self.price(id_, away * ticks), "offset in %": Decimal(ticks) / 2}
        return Guard(values.get(str(type_), Decimal(ticks)), type_)

    def some_order(self, data: st.DataObject) -> Order:
        """Mostly one that still lives."""
        living = list(self.book.unfinished())
        return data.draw(st.sampled_from(living or list(self.book.orders.values())))

    def care_orders(self) -> list[Order]:
        return [order for order in self.book.unfinished() if order.type is OrderType.CARE]


TestAccount = Account.TestCase
TestAccount.settings = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if os.environ.get("ENGINE_SHRINK") else [])],
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
