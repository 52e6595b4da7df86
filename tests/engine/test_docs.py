"""The worked examples of docs/engine.md are what the engine does."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orders.engine.commands import Modify
from orders.engine.money import plain
from orders.engine.order import Order
from orders.engine.values import Commission, Session, Validity
from tests.engine.desk import MONDAY, QUOTES, SHARE, Desk, instrument

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "engine.md"
EXAMPLES = re.findall(r"^```example\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)

TYPES = r"Market|Limit|Stop limit|Stop|Trailing stop|Care"
GUARD = r"[\d.]+(?: offset in ticks| offset in %| tr\. offset)?"
PLACE = re.compile(
    rf"place (\d+): (buy|sell) (cash )?([\d.]+) (\S+) ({TYPES})(?: ([\d.]+))?(?: stop ([\d.]+))?(?: trail (\d+))?"
    rf"(?: (GTC|GTS|IOC|FOK|GTD \d+ minutes))?(?: sl ({GUARD}))?(?: tp ({GUARD}))?$"
)
CHANGES = {"price": "price", "stop": "stop_price", "qty": "qty", "sl": "stop_loss", "tp": "take_profit"}
FIGURES = {"used": "used_margin", "blocked": "blocked_margin"}


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
        for name, value in re.findall(r"(tick|age|margin|commission|hours|last) (\S+)", words):
            facts |= {
                "tick": {"tick_size": value},
                "age": {"max_quote_age_seconds": value},
                "margin": {"margin_rate": value},
                "commission": {"commission": value},
                "hours": {"calendar": "XTST"},
                "last": {"last_trading_day": value},
            }[name]
            if name == "hours":
                self.desk.market.sessions = {"XTST": tuple(sessions(value))}
        if "last_trading_day" in facts:
            facts["last_trading_day"] = date.fromisoformat(facts["last_trading_day"])
        if "max_quote_age_seconds" in facts:
            facts["max_quote_age_seconds"] = int(facts["max_quote_age_seconds"])
        if "commission" in facts:
            facts["commission"] = Commission(per_lot=Decimal(facts["commission"]))
        terms = instrument(99, symbol, **facts)
        self.desk.by_symbol[symbol] = terms
        self.desk.market.instruments = {i.id: i for i in self.desk.by_symbol.values()}

    def place(self, line: str) -> None:
        found = PLACE.fullmatch(line)
        assert found, line
        number, side, cash, qty, symbol, type_, price, stop, trail, validity, sl, tp = found.groups()
        fields = {"price": price, "stopPrice": stop, "trStopOffset": trail, "sl": guard(sl), "tp": guard(tp)}
        if validity and validity.startswith("GTD"):
            fields["expire_at"] = self.desk.now + timedelta(minutes=int(validity.split()[1]))
        fields |= {"validity": validity and validity.split()[0]} | ({"cashOrderQty": qty} if cash else {})
        given = {name: value for name, value in fields.items() if value is not None}
        self.numbers[number] = self.desk.next_id
        slip = self.desk.slip(self.desk.new_id(), symbol, side, None if cash else qty, type_, given)
        self.desk.run(slip)

    def modify(self, number: str, words: str) -> None:
        changes: dict[str, Any] = {
            CHANGES[name]: Decimal(value) for name, value in re.findall(r"(\w+) ([\d.]+)", words)
        }
        if found := re.search(r"validity (\w+)", words):
            changes["validity"] = Validity(found[1])
        self.desk.run(Modify(self.numbers[number], **changes))

    def cancel(self, number: str) -> None:
        self.desk.cancel(self.numbers[number])

    def expire(self, number: str) -> None:
        """The pump notices whose time is up, and asks."""
        self.desk.expire(self.numbers[number])

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

    def halt(self, word: str) -> None:
        self.desk.halt(word == "halt")

    # --- What is so -----------------------------------------------------------------------------------

    def refused(self, code: str, text: str) -> None:
        refusals = self.desk.refusals()
        words = re.sub(r"order (\d+)", lambda found: f"order {self.numbers[found[1]]}", text)
        assert words in refusals.get(code, ""), refusals

    def order_is(self, number: str, state: str, filled: str | None, at: str | None, qty: str | None) -> None:
        self.check(self.desk.order(self.numbers[number]), state, filled, at)
        assert qty is None or plain(self.desk.order(self.numbers[number]).qty) == qty

    def leg_is(self, which: str, number: str, state: str, qty: str | None, at: str | None) -> None:
        leg = self.desk.legs(self.numbers[number])[0 if which == "sl" else 1]
        assert leg is not None
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

    def figure_is(self, name: str, amount: str) -> None:
        assert f"{getattr(self.desk.figures, FIGURES.get(name, name)):.2f}" == amount

    GRAMMAR = (
        (r"account (\d+) (\w+)", account),
        (r"instrument (\S+) (.*)", instrument),
        (r"(place .*)", place),
        (r"modify (\d+): (.*)", modify),
        (r"cancel (\d+)", cancel),
        (r"expire (\d+)", expire),
        (r"quote (\S+) (\S+) (\S+)(?: size (\d+))?", quote),
        (r"wait (\d+) (\w+)", wait),
        (r"dealer fills (\d+): (\S+) at (\S+)", dealer_fills),
        (r"dealer rejects (\d+): (.*)", dealer_rejects),
        (r"risk (\w+) (\S+)", risk),
        (r"(halt|resume)", halt),
        (r"= refused (\w+): (.*)", refused),
        (r"= (\d+) ([a-z ]+?)(?: ([\d.]+) at ([\d.]+))?(?: of ([\d.]+))?", order_is),
        (r"= (sl|tp) of (\d+) ([a-z ]+?)(?: ([\d.]+) at ([\d.]+))?", leg_is),
        (r"= stop of (\d+) is (\S+)", stop_is),
        (r"= reason of (\d+): (.*)", reason_is),
        (r"= position (\S+) (\S+)(?: at (\S+))?", position_is),
        (r"= (balance|equity|used|blocked|available) (\S+)", figure_is),
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
