"""How long an order lives: DAY, GTC, GTD, GTS, IOC, FOK."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orders.engine.values import Validity
from tests.engine.desk import MONDAY, SHARE, Desk, instrument

MIDNIGHT = datetime(2026, 1, 6, tzinfo=UTC)


def rest(desk: Desk, **fields: object) -> int:
    return desk.place("BTCUSDT", "buy", "0.1", "Limit", price="60000", state="working", **fields)


@pytest.mark.parametrize(("validity", "ends"), [("DAY", MIDNIGHT), ("GTS", MIDNIGHT), ("GTC", None)])
def test_around_the_clock_a_day_ends_at_midnight_utc(validity: str, ends: datetime | None) -> None:
    desk = Desk()
    assert desk.order(rest(desk, validity=validity)).expire_at == ends


def test_at_midnight_sharp_the_next_day_has_begun() -> None:
    desk = Desk()
    desk.now = MIDNIGHT
    assert desk.order(rest(desk)).expire_at == MIDNIGHT + timedelta(days=1)


def test_gtd_expires_at_its_date_and_not_before() -> None:
    desk = Desk()
    order = rest(desk, validity="GTD", expire_at=MONDAY + timedelta(seconds=2))
    desk.wait(seconds=1)
    desk.expire(order)
    assert desk.order(order).state == "working"
    desk.wait(seconds=1)
    desk.expire(order)
    assert desk.order(order).state == "expired"
    assert str(desk.figures.blocked_margin) == "0.00"


def test_an_expiry_beats_a_quote_that_comes_at_its_time() -> None:
    desk = Desk()
    order = rest(desk, validity="GTD", expire_at=MONDAY + timedelta(seconds=2))
    desk.wait(seconds=2)
    desk.quote("BTCUSDT", "59000", "59001")
    assert (desk.order(order).state, desk.fills(order)) == ("expired", [])


def test_a_quote_that_came_in_time_fills_though_it_is_shown_later() -> None:
    desk = Desk()
    order = rest(desk, validity="GTD", expire_at=MONDAY + timedelta(seconds=2))
    desk.wait(seconds=1)
    quote = desk._remember("BTCUSDT", "59000", "59001", None, None, None)
    desk.wait(seconds=5)
    desk.show(quote)
    assert desk.fills(order) == [("0.1", "60000")]


def test_an_expiry_that_was_moved_does_nothing() -> None:
    desk = Desk()
    order = rest(desk, validity="GTD", expire_at=MONDAY + timedelta(seconds=2))
    desk.modify(order, expire_at=MONDAY + timedelta(seconds=9))
    desk.wait(seconds=2)
    desk.expire(order)
    assert desk.order(order).state == "working"


@pytest.mark.parametrize("act", ["modify", "cancel"])
def test_nothing_can_be_done_to_an_order_whose_time_is_up(act: str) -> None:
    desk = Desk()
    order = rest(desk, validity="GTD", expire_at=MONDAY + timedelta(seconds=2))
    desk.wait(seconds=3)
    if act == "cancel":
        desk.cancel(order, refused="order_final", says=f"order {order} is expired already")
    else:
        desk.modify(order, price="59000", refused="order_final")
    assert desk.order(order).state == "expired"


def test_ioc_fills_what_it_can_and_cancels_the_rest() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("100", "100"))
    order = desk.place("SPY", "buy", "150", validity="IOC", state="cancelled", filled="100")
    assert "IOC" in desk.order(order).reason
    desk.place("SPY", "buy", "1", "Limit", price="500", validity="IOC", state="cancelled", filled="0")
    desk.place("SPY", "buy", "100", validity="IOC", state="filled")


def test_fok_fills_everything_or_is_refused() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("100", "100"))
    desk.place("SPY", "buy", "100", validity="FOK", state="filled")
    desk.place("SPY", "buy", "101", validity="FOK", refused="fok", says="100 of 101 lots at 590.02", state="rejected")
    limit = {"type": "Limit", "price": "590.01", "validity": "FOK"}
    desk.place("SPY", "buy", "1", refused="fok", says=("the price is 590.02", "limit 590.01"), **limit)
    assert desk.held("SPY") == "100"


def test_fok_without_any_quote_is_refused() -> None:
    fields = {"type": "Limit", "price": "1", "validity": "FOK"}
    Desk(quoted=False).place("BTCUSDT", "buy", "1", refused="fok", says="no fresh price", **fields)


@pytest.mark.parametrize("validity", ["IOC", "FOK"])
@pytest.mark.parametrize(
    "fields",
    [
        {"type": "Stop", "stopPrice": "65000"},
        {"type": "Stop limit", "stopPrice": "65000", "price": "65000"},
        {"type": "Trailing stop", "trStopOffset": "5"},
        {"type": "Care"},
    ],
    ids=lambda fields: fields["type"],
)
def test_what_waits_by_nature_cannot_be_filled_at_once(validity: str, fields: dict[str, str]) -> None:
    Desk().place("BTCUSDT", "buy", "0.1", validity=validity, refused="validity_type", **fields)


@pytest.mark.parametrize("validity", list(Validity))
def test_no_validity_outlives_the_contract(validity: Validity) -> None:
    last_day = MONDAY.date()
    desk = Desk("100000", "USD", instrument(20, "FUT", last_trading_day=last_day, contract_month=None))
    desk.quote("FUT", "64250", "64250.50")
    later = MONDAY + timedelta(days=9) if validity is Validity.GTD else None
    order = desk.place("FUT", "buy", "0.1", "Limit", price="64250.50", validity=validity, expire_at=later)
    assert desk.order(order).expire_at == MIDNIGHT


def test_a_contract_that_ended_takes_no_orders_and_fills_none() -> None:
    desk = Desk("100000", "USD", instrument(20, "FUT", contract_month=MONDAY.date()))
    order = desk.place("FUT", "buy", "0.1", "Limit", price="100", validity="GTC", state="working")
    desk.now = MIDNIGHT
    desk.place("FUT", "buy", "0.1", "Limit", price="1", refused="contract_expired", says="2026-01-06 00:00 UTC")
    desk.quote("FUT", "50", "51")
    assert (desk.order(order).state, desk.fills(order)) == ("expired", [])


def test_gtd_that_is_sent_again_without_a_date_keeps_its_date() -> None:
    desk = Desk()
    ends = desk.now + timedelta(hours=1)
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", validity="GTD", expire_at=ends)
    desk.modify(order, validity=Validity.GTD, price="63900")
    assert desk.order(order).expire_at == ends
    desk.modify(order, expire_at=desk.now, refused="expire_date_past")
    desk.modify(order, expire_at=desk.now + timedelta(seconds=1))
    assert desk.order(order).expire_at == desk.now + timedelta(seconds=1)


def test_nothing_fills_at_the_very_end_of_a_contract() -> None:
    last = replace(instrument(20, "LAST", **SHARE), last_trading_day=MONDAY.date())
    desk = Desk("100000", "USD", last)
    order = desk.place("LAST", "buy", "1", "Care", validity="GTC")
    desk.now = datetime(2026, 1, 5, 23, 59, 59, tzinfo=UTC)
    desk.quote("LAST", "100", "101")
    desk.place("LAST", "buy", "1", "Market", validity="IOC", state="filled")
    desk.wait(seconds=1)
    desk.place("LAST", "sell", "1", "Market", validity="IOC", refused="contract_expired")
    desk.dealer_fill(order, "1", "100", refused="order_final")
