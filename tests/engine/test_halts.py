"""Halts: nothing opens; closing and cancelling go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from orders.engine.values import InstrumentStatus
from tests.engine.desk import SPY, Desk


def halt_account(desk: Desk, on: bool) -> None:
    desk.halt(on)


def halt_instrument(desk: Desk, on: bool) -> None:
    status = InstrumentStatus.HALTED if on else InstrumentStatus.OPEN
    desk.market.instruments = dict(desk.market.instruments) | {SPY.id: replace(SPY, status=status)}


def halt_everywhere(desk: Desk, on: bool) -> None:
    desk.market.halted = on


each_halt = pytest.mark.parametrize(
    ("halt", "says"),
    [
        (halt_account, "trading is halted for this account"),
        (halt_instrument, "trading is halted in SPY"),
        (halt_everywhere, "trading is halted everywhere"),
    ],
)
Halting = Callable[[Desk, bool], None]


@each_halt
def test_nothing_opens_and_everything_closes(halt: Halting, says: str) -> None:
    desk = Desk()
    desk.place("SPY", "buy", "10")
    resting = desk.place("SPY", "buy", "10", "Limit", price="580")
    halt(desk, True)
    desk.place("SPY", "buy", "1", refused="halted", says=says, state="rejected")
    desk.place("SPY", "sell", "11", refused="halted")
    desk.place("SPY", "sell", "4", state="filled")
    desk.cancel(resting, state="cancelled")
    halt(desk, False)
    desk.place("SPY", "buy", "1", state="filled")


@each_halt
def test_what_would_open_waits_and_what_closes_works(halt: Halting, says: str) -> None:
    desk = Desk()
    desk.place("SPY", "buy", "10", sl="580")
    entry = desk.place("SPY", "buy", "5", "Limit", price="585")
    stop = desk.place("SPY", "sell", "20", "Stop", stopPrice="586")
    closing = desk.place("SPY", "sell", "2", "Limit", price="595")
    halt(desk, True)
    desk.quote("SPY", "595", "595.02")
    assert desk.fills(closing) == [("2", "595")]
    desk.quote("SPY", "584", "584.02")
    assert (desk.fills(entry), desk.fills(stop), desk.order(stop).triggered) == ([], [], True)
    desk.quote("SPY", "579", "579.02")
    assert desk.held("SPY") == "0"
    halt(desk, False)
    desk.quote("SPY", "584", "584.02")
    assert (desk.fills(entry), desk.fills(stop)) == ([("5", "585")], [("20", "584")])


@each_halt
def test_after_the_halt_an_order_sees_the_next_quote_not_the_last(halt: Halting, says: str) -> None:
    desk = Desk()
    entry = desk.place("SPY", "buy", "5", "Limit", price="585")
    halt(desk, True)
    desk.quote("SPY", "580", "580.02")
    halt(desk, False)
    desk.show(desk.market.quotes[SPY.id])
    assert desk.fills(entry) == []


@each_halt
def test_a_modification_may_not_enlarge(halt: Halting, says: str) -> None:
    desk = Desk()
    order = desk.place("SPY", "buy", "5", "Limit", price="585")
    halt(desk, True)
    desk.modify(order, qty="6", refused="halted")
    desk.modify(order, qty="4")
    desk.modify(order, price="600", state="working", filled="0")
    halt(desk, False)
    desk.quote("SPY", "590", "590.02")
    assert desk.fills(order) == [("4", "600")]


@each_halt
def test_a_dealer_closes_but_does_not_open(halt: Halting, says: str) -> None:
    desk = Desk()
    desk.place("SPY", "buy", "5")
    opening = desk.place("SPY", "buy", "5", "Care")
    closing = desk.place("SPY", "sell", "5", "Care")
    halt(desk, True)
    desk.dealer_fill(opening, "5", "590", refused="halted")
    desk.dealer_fill(closing, "5", "590", state="filled")


def test_a_halt_elsewhere_is_none_here() -> None:
    desk = Desk()
    halt_instrument(desk, True)
    desk.place("BTCUSDT", "buy", "0.1", state="filled")


def test_halting_twice_is_told_once() -> None:
    desk = Desk()
    desk.halt()
    assert len(desk.told) == 1
    desk.halt()
    assert desk.told == []


def test_a_closed_instrument_trades_in_no_way() -> None:
    desk = Desk()
    desk.place("SPY", "buy", "5")
    resting = desk.place("SPY", "sell", "5", "Limit", price="600")
    desk.market.instruments = dict(desk.market.instruments) | {SPY.id: replace(SPY, status=InstrumentStatus.CLOSED)}
    desk.place("SPY", "sell", "5", refused="instrument_closed", says="SPY is closed for trading")
    desk.quote("SPY", "610", "610.02")
    assert desk.order(resting).state == "working"
    desk.cancel(resting, state="cancelled")
