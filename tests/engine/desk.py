"""A small driver for the engine's tests: it holds a book and a market, and states expectations in the call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from orders.engine import margin
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
from orders.engine.events import CommandRefused, Event, MoneyMoved, OrderEvent, OrderFilled, StopOutDue
from orders.engine.exchange import execute
from orders.engine.market import Market
from orders.engine.money import plain
from orders.engine.order import Book, Order
from orders.engine.values import (
    Guard,
    Instrument,
    OrderType,
    Quote,
    Side,
    StopLossType,
    SymbolType,
    TakeProfitType,
    Validity,
)

MONDAY = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)

PUBLIC = {
    "price": "price",
    "stopPrice": "stop_price",
    "trStopOffset": "trail_ticks",
    "qty": "qty",
    "cashOrderQty": "cash_qty",
}


def instrument(id: int, symbol: str, **terms: Any) -> Instrument:
    """A crypto pair of the demo world, unless the terms say otherwise."""
    facts: dict[str, Any] = {
        "symbol_type": SymbolType.CRYPTO,
        "currency": "USD",
        "lot_size": "1",
        "tick_size": "0.01",
        "min_lot": "0.001",
        "max_lot": "100",
        "lot_step": "0.001",
        "margin_rate": "1",
    } | terms
    decimals = ("lot_size", "tick_size", "min_lot", "max_lot", "lot_step", "margin_rate")
    decimals += ("low_price_limit", "high_price_limit")
    facts |= {name: Decimal(facts[name]) for name in decimals if facts.get(name) is not None}
    return Instrument(id=id, symbol=symbol, **facts)


FX = {"symbol_type": SymbolType.FOREX, "lot_size": "100000", "tick_size": "0.00001", "min_lot": "0.01"}
FX |= {"lot_step": "0.01", "max_lot": "50", "margin_rate": "0.02"}
SHARE = {"min_lot": "1", "lot_step": "1", "max_lot": "10000"}

BTC = instrument(1, "BTCUSDT")
EURUSD = instrument(2, "EUR/USD", **FX, base_currency="EUR")
GBPUSD = instrument(3, "GBP/USD", **FX, base_currency="GBP")
USDJPY = instrument(4, "USD/JPY", **(FX | {"tick_size": "0.001"}), base_currency="USD", currency="JPY")
SPY = instrument(5, "SPY", **SHARE, symbol_type=SymbolType.ETF, margin_rate="0.5")
AAPL = instrument(6, "AAPL", **SHARE, symbol_type=SymbolType.EQUITY, margin_rate="0.5", short_allowed=False)
ES = instrument(7, "ES", **SHARE, symbol_type=SymbolType.FUTURES, lot_size="50", tick_size="0.25", margin_rate="0.05")
UK100 = instrument(8, "UK100", **SHARE, symbol_type=SymbolType.SPREADBET, tick_size="0.1", currency="GBP")

QUOTES = {
    "BTCUSDT": ("64250.00", "64250.50"),
    "EUR/USD": ("1.08000", "1.08010"),
    "GBP/USD": ("1.27000", "1.27010"),
    "USD/JPY": ("150.000", "150.010"),
    "SPY": ("590.00", "590.02"),
    "AAPL": ("229.98", "230.02"),
    "ES": ("6000.00", "6000.25"),
    "UK100": ("8200.0", "8201.0"),
}


class Desk:
    """An account with money, and a market that it trades on."""

    def __init__(self, deposit: str = "100000", currency: str = "USD", *terms: Instrument, quoted: bool = True) -> None:
        self.book = Book(account_id=1, currency=currency)
        known = {i.symbol: i for i in (BTC, EURUSD, GBPUSD, USDJPY, SPY, AAPL, ES, UK100)}
        self.by_symbol = known | {i.symbol: i for i in terms}
        self.market = Market({i.id: i for i in self.by_symbol.values()}, {})
        self.now = MONDAY
        self.seq = 0
        self.next_id = 1001
        self.events: list[Event] = []
        self.told: list[Event] = []
        for symbol, (bid, ask) in QUOTES.items() if quoted else ():
            self._remember(symbol, bid, ask, None, None, None)
        if Decimal(deposit):
            self.money("deposit", deposit)

    # --- Acts -------------------------------------------------------------------------------------------

    def run(self, command: Command, **expected: Any) -> list[Event]:
        """Executes a command and what it calls for, and checks what is expected of it."""
        self.told = execute(self.book, command, self.market, self.now)
        due = [event for event in self.told if isinstance(event, StopOutDue)]
        told = self.told
        while due:
            due.pop()
            more = execute(self.book, StopOut(self.new_id()), self.market, self.now)
            due += [event for event in more if isinstance(event, StopOutDue)]
            told = told + more
        self.told = told
        self.events += told
        self.expect(told, **expected)
        return told

    def place(self, symbol: str, side: str, qty: str | None = "1", type: str = "Market", **fields: Any) -> int:
        """Places an order and returns its id. `refused="code"` or `state=...`, `filled=...`, `at=...` are expected."""
        expected = {name: fields.pop(name) for name in ("refused", "says", "state", "filled", "at") if name in fields}
        order_id = self.new_id()
        self.run(self.slip(order_id, symbol, side, qty, type, fields))
        self.expect(self.told, order_id, **expected)
        if "refused" not in expected:
            assert not self.refusals(), self.refusals()
        return order_id

    def slip(self, order_id: int, symbol: str, side: str, qty: str | None, type: str, fields: dict[str, Any]) -> Place:
        given = {PUBLIC[name]: Decimal(fields.pop(name)) for name in tuple(fields) if name in PUBLIC}
        guards = {"stop_loss": fields.pop("sl", None), "take_profit": fields.pop("tp", None)}
        return Place(
            order_id=order_id,
            instrument_id=self.by_symbol[symbol].id,
            type=OrderType(type),
            side=Side(side),
            validity=Validity(fields.pop("validity", "DAY")),
            stop_loss=guard(guards["stop_loss"], StopLossType),
            take_profit=guard(guards["take_profit"], TakeProfitType),
            stop_loss_id=self.new_id() if guards["stop_loss"] else None,
            take_profit_id=self.new_id() if guards["take_profit"] else None,
            **{"qty": Decimal(qty) if qty is not None else None, **given},
            **fields,
        )

    def modify(self, order_id: int | None, **fields: Any) -> None:
        expected = {name: fields.pop(name) for name in ("refused", "says", "state", "filled", "at") if name in fields}
        decimals = ("price", "stop_price", "qty", "stop_loss", "take_profit", "trail_ticks")
        fields = {k: Decimal(v) if k in decimals and v is not None else v for k, v in fields.items()}
        ids = {f"{name}_id": self.new_id() for name in ("stop_loss", "take_profit") if fields.get(name) is not None}
        self.run(Modify(order_id=order_id, **fields, **ids))
        self.expect(self.told, order_id, **expected)
        if "refused" not in expected:
            assert not self.refusals(), self.refusals()

    def cancel(self, order_id: int | None = None, client_order_id: str = "", **expected: Any) -> None:
        self.run(Cancel(order_id, client_order_id))
        self.expect(self.told, order_id, **expected)

    def quote(self, symbol: str, bid: str, ask: str, sizes: tuple[str, str] | None = None, **times: datetime) -> None:
        """A quote arrives, and is shown to the account."""
        bid_size, ask_size = sizes or (None, None)
        self.show(self._remember(symbol, bid, ask, bid_size, ask_size, times.get("time")))

    def show(self, quote: Quote) -> None:
        self.run(SeeQuote(quote))

    def _remember(
        self, symbol: str, bid: str, ask: str, bid_size: str | None, ask_size: str | None, time: datetime | None
    ) -> Quote:
        self.seq += 1
        sizes = [Decimal(size) if size is not None else None for size in (bid_size, ask_size)]
        id_ = self.by_symbol[symbol].id
        quote = Quote(id_, self.seq, Decimal(bid), Decimal(ask), time or self.now, self.now, *sizes)
        self.market.quotes[id_] = quote
        return quote

    def money(self, kind: str, amount: str, **expected: Any) -> None:
        self.run(MoveMoney(kind, Decimal(amount)), **expected)

    def dealer_fill(self, order_id: int, qty: str, price: str, **expected: Any) -> None:
        self.run(DealerFill(order_id, Decimal(qty), Decimal(price)))
        self.expect(self.told, order_id, **expected)

    def dealer_reject(self, order_id: int, reason: str, **expected: Any) -> None:
        self.run(DealerReject(order_id, reason))
        self.expect(self.told, order_id, **expected)

    def expire(self, order_id: int) -> None:
        self.run(Expire(order_id))

    def halt(self, on: bool = True) -> None:
        self.run(Halt(on))

    def risk(self, **rules: str) -> None:
        self.run(SetRisk(tuple((name, Decimal(value)) for name, value in rules.items())))

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id - 1

    # --- Looks ------------------------------------------------------------------------------------------

    def order(self, order_id: int) -> Order:
        return self.book.orders[order_id]

    def legs(self, order_id: int) -> tuple[Order | None, Order | None]:
        """The stop loss and take profit of an order, finished or not."""
        found = {o.leg.value: o for o in self.book.orders.values() if o.leg and o.parent_id == order_id}
        return found.get("stopLoss"), found.get("takeProfit")

    def held(self, symbol: str) -> str:
        position = self.book.positions.get(self.by_symbol[symbol].id)
        return plain(position.qty) if position else "0"

    def average(self, symbol: str) -> str:
        return plain(self.book.positions[self.by_symbol[symbol].id].avg_price)

    @property
    def figures(self) -> margin.Figures:
        return margin.figures(self.book, self.market)

    def fills(self, order_id: int) -> list[tuple[str, str]]:
        fills = (event for event in self.events if isinstance(event, OrderFilled) and event.order_id == order_id)
        return [(plain(event.qty), plain(event.price)) for event in fills]

    def ledger(self) -> list[tuple[str, str]]:
        return [(event.kind, plain(event.amount)) for event in self.events if isinstance(event, MoneyMoved)]

    def history(self, order_id: int) -> list[str]:
        events = (event for event in self.events if isinstance(event, OrderEvent) and event.order_id == order_id)
        return [type(event).__name__.removeprefix("Order").lower() for event in events]

    def refusals(self, told: list[Event] | None = None) -> dict[str, str]:
        refused = (event for event in (self.told if told is None else told) if isinstance(event, CommandRefused))
        return {refusal.code: f"{refusal.field} {refusal.text}" for event in refused for refusal in event.refusals}

    def expect(self, told: list[Event], order_id: int | None = None, **expected: Any) -> None:
        """`refused` is the code, `says` what its text holds; `state`, `filled` and `at` are the order's."""
        refusals = self.refusals(told)
        if "refused" in expected:
            assert expected["refused"] in refusals, refusals
        for words in [expected["says"]] if isinstance(expected.get("says"), str) else expected.get("says", ()):
            assert words in "; ".join(refusals.values()), refusals
        if "state" in expected:
            assert order_id is not None
            assert self.order(order_id).state == expected["state"], (self.order(order_id), refusals)
        if "filled" in expected:
            assert order_id is not None
            assert plain(self.order(order_id).filled_qty) == expected["filled"]
        if "at" in expected:
            assert order_id is not None
            assert plain(self.order(order_id).avg_price or Decimal(0)) == expected["at"]


def guard(asked: Any, types: type[StopLossType] | type[TakeProfitType]) -> Guard | None:
    """ "63000" is a price; ("5000", "offset in ticks") says its type."""
    if asked is None:
        return None
    value, type_ = (asked, "absolute") if isinstance(asked, str) else asked
    return Guard(Decimal(value), types(type_))
