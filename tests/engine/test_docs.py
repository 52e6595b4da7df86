"""The worked examples of docs/engine.md are what the engine does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orders.engine.commands import Modify
from orders.engine.money import plain
from orders.engine.order import Order
from orders.engine.values import Commission, Instrument, InstrumentStatus, Session, Validity
from tests.engine.desk import FX, MONDAY, QUOTES, SHARE, Desk, instrument

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "engine.md"
EXAMPLES = re.findall(r"^```example\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)

TYPES = r"Market|Limit|Stop limit|Stop|Trailing stop|Care"
GUARD = r"[\d.]+(?: offset in ticks| offset in %| tr\. offset)?"
PLACE = re.compile(
    rf"place (\d+): (buy|sell) (cash )?([\d.]+) (\S+) ({TYPES})(?: ([\d.]+))?(?: stop ([\d.]+))?(?: trail (\d+))?"
    rf"(?: (GTC|GTS|IOC|FOK|GTD \d+ minutes))?(?: sl ({GUARD}))?(?: tp ({GUARD}))?(?: as (\w+))?$"
)
GUARDS = {"sl": "stop_loss", "tp": "take_profit"}
CHANGES = {"price": "price", "stop": "stop_price", "qty": "qty", "trail": "trail_ticks"} | GUARDS
FIGURES = {"open": "open_pl", "used": "used_margin", "blocked": "blocked_margin"}
TERMS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "tick": ("tick_size", str),
    "ranges": ("tick_ranges", lambda words: tuple(tuple(map(Decimal, r.split(":"))) for r in words.split(","))),
    "low": ("low_price_limit", str),
    "high": ("high_price_limit", str),
    "margin": ("margin_rate", str),
    "currency": ("currency", str),
    "age": ("max_quote_age_seconds", int),
    "calendar": ("calendar", str),
    "last": ("last_trading_day", date.fromisoformat),
    "month": ("contract_month", date.fromisoformat),
    "status": ("status", InstrumentStatus),
}
FEES = {"a lot": "per_lot", "per cent": "percent", "a fill": "fixed"}


class Reader:
    """Plays an example, line by line."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.desk.next_id = 1
        self.numbers: dict[str, int] = {}

    def read(self, line: str) -> None:
        for pattern, act in self.GRAMMAR:
            if found := re.fullmatch(pattern, line):
                act(self, *found.groups())
                return
        raise AssertionError(f"cannot read: {line}")

    def account(self, deposit: str, currency: str) -> None:
        self.desk = Desk(deposit, currency)

    def instrument(self, symbol: str, words: str) -> None:
        facts: dict[str, Any] = SHARE | {"margin_rate": "0.5"}
        for name, value in re.findall(rf"({'|'.join(TERMS)}) (\S+)", words):
            field, read = TERMS[name]
            facts[field] = read(value)
        if hours := re.search(r"hours (\S+)", words):
            facts["calendar"] = "XTST"
            self.desk.market.sessions = {"XTST": tuple(sessions(hours[1]))}
        if fee := re.search(rf"commission (\S+) ({'|'.join(FEES)})", words):
            facts["commission"] = Commission(**{FEES[fee[2]]: Decimal(fee[1])})
        self.know(instrument(self.number_of(symbol), symbol, **facts))

    def pair(self, base: str, currency: str) -> None:
        terms = FX | {"base_currency": base, "currency": currency}
        symbol = f"{base}/{currency}"
        self.know(instrument(self.number_of(symbol), symbol, **terms))

    def number_of(self, symbol: str) -> int:
        known = self.desk.by_symbol.get(symbol)
        return known.id if known else len(self.desk.by_symbol) + 1

    def know(self, terms: Instrument) -> None:
        self.desk.by_symbol[terms.symbol] = terms
        self.desk.market.instruments = {i.id: i for i in self.desk.by_symbol.values()}

    def place(self, line: str) -> None:
        found = PLACE.fullmatch(line)
        assert found, line
        number, side, cash, qty, symbol, type_, price, stop, trail, validity, sl, tp, name = found.groups()
        fields = {"price": price, "stopPrice": stop, "trStopOffset": trail, "sl": guard(sl), "tp": guard(tp)}
        if validity and validity.startswith("GTD"):
            fields["expire_at"] = self.desk.now + timedelta(minutes=int(validity.split()[1]))
        fields |= {"client_order_id": name, "validity": validity and validity.split()[0]} | (
            {"cashOrderQty": qty} if cash else {}
        )
        given = {name: value for name, value in fields.items() if value is not None}
        self.numbers[number] = self.desk.next_id
        slip = self.desk.slip(self.desk.new_id(), symbol, side, None if cash else qty, type_, given)
        self.desk.run(slip)

    def modify(self, leg: str | None, number: str, words: str) -> None:
        changes: dict[str, Any] = {
            CHANGES[name]: Decimal(value) for name, value in re.findall(rf"({'|'.join(CHANGES)}) ([\d.]+)", words)
        }
        changes |= {GUARDS[name]: None for name in re.findall(r"no (sl|tp)", words)}
        changes |= {f"{name}_id": self.desk.new_id() for name in GUARDS.values() if name in changes}
        if found := re.search(r"validity (\w+)", words):
            changes["validity"] = Validity(found[1])
        if found := re.search(r"GTD (\d+) minutes", words):
            changes |= {"validity": Validity.GTD, "expire_at": self.desk.now + timedelta(minutes=int(found[1]))}
        self.desk.run(Modify(self.order(leg, number), **changes))

    def cancel(self, leg: str | None, number: str) -> None:
        self.desk.cancel(self.order(leg, number))

    def order(self, leg: str | None, number: str) -> int:
        return self.leg(leg, number).id if leg else self.numbers[number]

    def leg(self, which: str, number: str) -> Order:
        leg = self.desk.legs(self.numbers[number])[0 if which == "sl" else 1]
        assert leg is not None
        return leg

    def expire(self, leg: str | None, number: str) -> None:
        """The pump notices whose time is up, and asks."""
        self.desk.expire(self.order(leg, number))

    def quote(self, symbol: str, bid: str, ask: str, size: str | None) -> None:
        self.desk.quote(symbol, bid, ask, sizes=(size, size) if size else None)

    def wait(self, count: str, unit: str) -> None:
        self.desk.wait(**{unit: int(count)})

    def dealer_fills(self, number: str, qty: str, price: str) -> None:
        self.desk.dealer_fill(self.numbers[number], qty, price)

    def dealer_rejects(self, number: str, reason: str) -> None:
        self.desk.dealer_reject(self.numbers[number], reason)

    def risk(self, rule: str, value: str) -> None:
        self.desk.risk(**{rule: value})

    def halt(self, word: str, where: str | None) -> None:
        halted = word == "halt"
        if where is None:
            self.desk.halt(halted)
        elif where == "everywhere":
            self.desk.market.halted = halted
        else:
            self.status(where, "halted" if halted else "open")

    def status(self, symbol: str, status: str) -> None:
        self.know(replace(self.desk.by_symbol[symbol], status=InstrumentStatus(status)))

    def money(self, kind: str, amount: str) -> None:
        self.desk.money(kind, amount)

    # --- What is so -----------------------------------------------------------------------------------

    def refused(self, code: str, text: str) -> None:
        refusals = self.desk.refusals()
        words = re.sub(r"order (\d+)", lambda found: f"order {self.numbers[found[1]]}", text)
        assert words in refusals.get(code, ""), refusals

    def order_is(self, number: str, state: str, filled: str | None, at: str | None, qty: str | None) -> None:
        self.check(self.desk.order(self.numbers[number]), state, filled, at)
        assert qty is None or plain(self.desk.order(self.numbers[number]).qty) == qty

    def leg_is(self, which: str, number: str, state: str, qty: str | None, at: str | None) -> None:
        leg = self.leg(which, number)
        if state == "working":
            level = leg.price if leg.price is not None else leg.stop_price
            assert (leg.state, plain(leg.qty), plain(level or Decimal(0))) == (state, qty, at)
        else:
            self.check(leg, state, qty, at)

    def check(self, order: Order, state: str, filled: str | None, at: str | None) -> None:
        average = plain(order.avg_price) if order.avg_price is not None else None
        known = (order.state, plain(order.filled_qty) if order.filled_qty else None, average)
        assert known == (state, filled, at), (order, self.desk.refusals())

    def stop_is(self, number: str, at: str) -> None:
        assert plain(self.desk.order(self.numbers[number]).stop_price or Decimal(0)) == at

    def reason_is(self, number: str, reason: str) -> None:
        assert self.desk.order(self.numbers[number]).reason == reason

    def position_is(self, symbol: str, qty: str, at: str | None) -> None:
        assert self.desk.held(symbol) == qty
        assert at is None or self.desk.average(symbol) == at

    def history_is(self, number: str, words: str) -> None:
        assert ", ".join(self.desk.history(self.numbers[number])) == words

    def ledger_is(self, words: str) -> None:
        assert ", ".join(f"{kind} {amount}" for kind, amount in self.desk.ledger()) == words

    def figure_is(self, name: str, amount: str) -> None:
        assert f"{getattr(self.desk.figures, FIGURES.get(name, name)):.2f}" == amount

    GRAMMAR = (
        (r"account (\d+) (\w+)", account),
        (r"instrument (\S+) (.*)", instrument),
        (r"pair (\w+)/(\w+)", pair),
        (r"(place .*)", place),
        (r"modify (?:(sl|tp) of )?(\d+): (.*)", modify),
        (r"cancel (?:(sl|tp) of )?(\d+)", cancel),
        (r"expire (?:(sl|tp) of )?(\d+)", expire),
        (r"quote (\S+) (\S+) (\S+)(?: size (\d+))?", quote),
        (r"wait (\d+) (\w+)", wait),
        (r"dealer fills (\d+): (\S+) at (\S+)", dealer_fills),
        (r"dealer rejects (\d+): (.*)", dealer_rejects),
        (r"risk (\w+) (\S+)", risk),
        (r"(halt|resume)(?: (\S+))?", halt),
        (r"status (\S+) (\w+)", status),
        (r"(deposit|withdrawal|adjustment) (\S+)", money),
        (r"= refused (\w+): (.*)", refused),
        (r"= (\d+) ([a-z ]+?)(?: ([\d.]+) at ([\d.]+))?(?: of ([\d.]+))?", order_is),
        (r"= (sl|tp) of (\d+) ([a-z ]+?)(?: ([\d.]+) at ([\d.]+))?", leg_is),
        (r"= stop of (\d+) is (\S+)", stop_is),
        (r"= reason of (\d+): (.*)", reason_is),
        (r"= position (\S+) (\S+)(?: at (\S+))?", position_is),
        (r"= history of (\d+): (.*)", history_is),
        (r"= ledger: (.*)", ledger_is),
        (r"= (balance|open|equity|used|blocked|available) (\S+)", figure_is),
    )


def sessions(hours: str) -> list[Session]:
    """13:00-18:00, or with a break: 09:00-12:30,13:30-18:00."""
    day = [
        tuple(datetime.combine(MONDAY.date(), time.fromisoformat(end), UTC) for end in part.split("-"))
        for part in hours.split(",")
    ]
    return [Session(opens, closes, day[-1][1]) for opens, closes in day]


def guard(words: str | None) -> str | tuple[str, str] | None:
    if words is None or " " not in words:
        return words
    value, _, type_ = words.partition(" ")
    return value, type_


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.splitlines()[0])
def test_example(example: str) -> None:
    reader = Reader()
    for line in example.splitlines():
        reader.read(line)


def test_there_are_examples_and_none_is_empty() -> None:
    assert len(EXAMPLES) > 20
    assert all(re.search(r"^= ", example, re.MULTILINE) for example in EXAMPLES)


def test_the_market_of_the_page_is_the_market_of_the_examples() -> None:
    rows = re.findall(r"^\| ([A-Z/0-9]+) \| ([A-Z]{3} \| .*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    desk = Desk()
    described = {symbol: facts.split(" | ") for symbol, facts in rows}
    assert described.keys() == QUOTES.keys()
    for symbol, (currency, lot_size, tick, step, rate, short, bid, ask) in described.items():
        terms = desk.by_symbol[symbol]
        assert (terms.currency, terms.short_allowed, bid, ask) == (currency, short == "yes", *QUOTES[symbol])
        numbers = (terms.lot_size, terms.tick_size, terms.lot_step, terms.margin_rate)
        assert numbers == tuple(Decimal(number) for number in (lot_size, tick, step, rate))


def test_the_examples_begin_when_the_page_says() -> None:
    assert date(2026, 1, 5).isoformat() in PAGE.read_text("utf-8")
    assert datetime(2026, 1, 5, 12, tzinfo=UTC) == MONDAY
