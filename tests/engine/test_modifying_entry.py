"""What a modification lets meet the market again, and what not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orders.engine.values import InstrumentStatus, Validity
from tests.engine.desk import Desk, instrument

D = Decimal
COIN = instrument(20, "COIN", min_lot="1", lot_step="1", margin_rate="0.5")


def thin(desk: Desk, qty: str = "10", **fields: Any) -> int:
    """A buy that took the three lots which the quote offers."""
    desk.quote("COIN", "99", "100", sizes=("3", "3"))
    return desk.place("COIN", "buy", qty, **fields, filled="3")


@pytest.mark.parametrize("fields", [{}, {"type": "Limit", "price": "100"}], ids=["Market", "Limit"])
def test_a_quote_is_not_met_again_for_another_validity(fields: dict[str, str]) -> None:
    desk = Desk("100000", "USD", COIN)
    order = thin(desk, **fields)
    for validity in (Validity.GTC, Validity.DAY, Validity.GTS, Validity.GTC):
        desk.modify(order, validity=validity, state="partially filled", filled="3")
    desk.modify(order, validity=Validity.IOC, state="cancelled", filled="3")


def test_a_fill_or_kill_does_not_take_the_same_lots_again() -> None:
    desk = Desk("100000", "USD", COIN)
    order = thin(desk)
    desk.modify(order, qty="6", validity=Validity.FOK, refused="fok", says="has taken its part of the last quote")
    assert (desk.order(order).state, desk.order(order).qty) == ("partially filled", 10)
    desk.market.quotes[20] = desk._remember("COIN", "99", "100", None, "3", None)
    desk.modify(order, qty="6", validity=Validity.FOK, state="filled", filled="6")


def test_a_price_changed_along_with_the_validity_enters_anew() -> None:
    desk = Desk("100000", "USD", COIN)
    order = thin(desk, type="Limit", price="100")
    desk.modify(order, price="101", validity=Validity.GTC, filled="6")


def test_an_order_that_has_met_no_quote_can_become_ioc_and_meet_it() -> None:
    desk = Desk("100000", "USD", COIN)
    desk.quote("COIN", "99", "100", sizes=("3", "3"))
    order = desk.place("COIN", "buy", "10", "Limit", price="99", state="working")
    desk.modify(order, price="100", validity=Validity.IOC, state="cancelled", filled="3")


def test_a_validity_that_rests_asks_nothing_of_the_market() -> None:
    desk = Desk("100000", "USD", instrument(20, "COIN", max_quote_age_seconds=5))
    desk.quote("COIN", "99", "100", sizes=("0.5", "0.5"))
    order = desk.place("COIN", "buy", "1", filled="0.5")
    desk.wait(seconds=6)
    desk.modify(order, validity=Validity.GTC, state="partially filled")
    desk.modify(order, validity=Validity.IOC, refused="quote_age")


def test_nothing_waits_longer_for_what_is_closed() -> None:
    desk = Desk("100000", "USD", COIN)
    desk.quote("COIN", "99", "100")
    order = desk.place("COIN", "buy", "1", "Limit", price="90")
    desk.market.instruments[20] = instrument(20, "COIN", status=InstrumentStatus.CLOSED)  # type: ignore[index]
    desk.modify(order, validity=Validity.GTC, refused="instrument_closed")


def crossing(desk: Desk, **fields: Any) -> int:
    """Long one lot; a sell of three rests above the market, one to close and two to open."""
    desk.quote("COIN", "100", "101")
    desk.place("COIN", "buy", "1")
    return desk.place("COIN", "sell", "3", "Limit", price="110", validity="GTC")


def test_what_cannot_open_whole_does_not_become_fok() -> None:
    desk = Desk("170", "USD", COIN)
    order = crossing(desk)
    desk.money("adjustment", "-100")
    desk.modify(order, price="100", validity=Validity.FOK, refused="fok", says="not enough margin", filled="0")
    assert (desk.order(order).state, desk.order(order).price) == ("working", D(110))
    assert desk.held("COIN") == "1"


def test_what_it_blocked_itself_counts_for_it() -> None:
    desk = Desk("170", "USD", COIN)
    order = crossing(desk)
    desk.money("adjustment", "-10")
    desk.modify(order, price="100", validity=Validity.FOK, state="filled")
    assert desk.held("COIN") == "-2"


def test_in_a_halt_nothing_that_would_open_becomes_fok() -> None:
    desk = Desk("1000", "USD", COIN)
    order = crossing(desk)
    desk.halt()
    desk.modify(order, price="100", validity=Validity.FOK, refused="fok", says="halted", state="working")
    desk.halt(False)
    desk.risk(maxDrawdownLevel="100000")
    desk.modify(order, price="100", validity=Validity.FOK, refused="fok", says="maxDrawdownLevel", state="working")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"qty": "0.2"}, "qty"),
        ({"validity": Validity.GTC}, "validity"),
        ({"stop_price": "64600"}, "stopPrice"),
        ({"stop_loss": "60000"}, "stopLoss"),
        ({"take_profit": None}, "takeProfit"),
        ({"price": "64600", "qty": "0.2"}, "qty"),
    ],
    ids=str,
)
def test_of_a_triggered_stop_limit_only_the_limit_moves(change: dict[str, Any], field: str) -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Stop limit", stopPrice="64500", price="64550", tp="70000")
    desk.quote("BTCUSDT", "64699.50", "64700")
    desk.modify(order, **change, refused="triggered", says=(field, "only its limit price can be changed"))
    assert (desk.order(order).price, desk.order(order).qty) == (D(64550), D("0.1"))
    desk.modify(order, price="64600", qty="0.1", state="working")
    desk.modify(order, price="64700", state="filled", at="64700")
