"""Every step of an order leaves an event that says what happened, with the numbers that explain it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orders.engine.commands import Halt, Modify, SetRisk
from orders.engine.events import AccountChanged, OrderEvent
from tests.engine.desk import Desk


def told_of(desk: Desk, order_id: int) -> list[tuple[str, dict[str, str]]]:
    """What the last command told of an order."""
    events = (event for event in desk.told if isinstance(event, OrderEvent) and event.order_id == order_id)
    return [(type(event).__name__.removeprefix("Order"), dict(event.details)) for event in events]


def test_a_placed_order_tells_its_terms() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Stop limit", price="65000", stopPrice="64900")
    terms = {"type": "Stop limit", "side": "buy", "qty": "0.1", "price": "65000", "stopPrice": "64900"}
    assert told_of(desk, order) == [("Placed", terms)]
    order = desk.place("BTCUSDT", "sell", "0.1", "Trailing stop", trStopOffset="100")
    terms = {"type": "Trailing stop", "side": "sell", "qty": "0.1", "stopPrice": "64249", "trStopOffset": "100"}
    assert told_of(desk, order) == [("Placed", terms)]


def test_a_trigger_tells_the_stop_and_the_price_that_it_met() -> None:
    desk = Desk()
    buy = desk.place("BTCUSDT", "buy", "0.1", "Stop", stopPrice="64500")
    desk.quote("BTCUSDT", "64599.50", "64600.00")
    assert told_of(desk, buy)[0] == ("Triggered", {"stopPrice": "64500", "ask": "64600"})
    sell = desk.place("BTCUSDT", "sell", "0.1", "Stop", stopPrice="64000")
    desk.quote("BTCUSDT", "63999.50", "64000.00")
    assert told_of(desk, sell)[0] == ("Triggered", {"stopPrice": "64000", "bid": "63999.5"})


def test_a_trail_tells_where_the_stop_went_and_what_it_followed() -> None:
    desk = Desk()
    sell = desk.place("BTCUSDT", "sell", "0.1", "Trailing stop", trStopOffset="100")
    buy = desk.place("BTCUSDT", "buy", "0.1", "Trailing stop", trStopOffset="40000")
    desk.quote("BTCUSDT", "64300.00", "64300.50")
    assert told_of(desk, sell) == [("Trailed", {"stopPrice": "64299", "bid": "64300"})]
    assert told_of(desk, buy) == []
    desk.quote("BTCUSDT", "64249.50", "64250.00")
    assert told_of(desk, buy) == [("Trailed", {"stopPrice": "64650", "ask": "64250"})]


def test_legs_tell_how_they_wake_grow_shrink_and_sleep_again() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", ("40", "40"))
    order = desk.place("SPY", "buy", "100", "Limit", price="591", sl=("100", "offset in ticks"))
    stop_loss, _ = desk.legs(order)
    assert stop_loss is not None
    assert told_of(desk, stop_loss.id)[1:] == [("Woken", {"qty": "40", "price": "589.02"})]
    desk.quote("SPY", "590.50", "590.52", ("10", "10"))
    assert told_of(desk, stop_loss.id) == [("Resized", {"qty": "50", "price": "589.22"})]
    desk.place("SPY", "sell", "45", "Market", validity="IOC")
    assert told_of(desk, stop_loss.id) == [("Resized", {"qty": "40"})]
    desk.quote("SPY", "590.50", "591.52")
    desk.place("SPY", "sell", "40", "Market")
    assert told_of(desk, stop_loss.id) == [("Resized", {"qty": "100"})]
    assert (stop_loss.state, stop_loss.stop_price, stop_loss.triggered) == ("inactive", None, False)


def test_a_sleeping_leg_tells_that_its_order_was_resized() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", sl="63000")
    desk.modify(order, qty="0.2")
    stop_loss, _ = desk.legs(order)
    assert stop_loss is not None
    assert told_of(desk, stop_loss.id) == [("Resized", {"qty": "0.2"})]


def test_guards_that_change_are_told_of_the_order_and_of_its_leg() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", sl="63000", tp="65000")
    stop_loss, take_profit = desk.legs(order)
    assert stop_loss is not None
    assert take_profit is not None
    desk.run(Modify(order_id=order, stop_loss=Decimal(62000), take_profit=None))
    assert told_of(desk, order) == [("Modified", {"stopLoss": "62000 absolute", "takeProfit": "removed"})]
    assert told_of(desk, stop_loss.id) == [
        ("Modified", {"type": "Stop", "side": "sell", "qty": "0.1", "stopPrice": "62000"})
    ]
    assert told_of(desk, take_profit.id) == [("Cancelled", {"reason": f"removed from order {order}"})]


def test_an_end_tells_its_reason() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", sl="63000")
    stop_loss, _ = desk.legs(order)
    assert stop_loss is not None
    desk.cancel(order)
    assert told_of(desk, order) == [("Cancelled", {})]
    assert told_of(desk, stop_loss.id) == [("Cancelled", {"reason": f"order {order} is cancelled"})]
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", validity="IOC")
    assert told_of(desk, order)[-1] == ("Cancelled", {"reason": "IOC: what does not fill at once is cancelled"})
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000")
    desk.wait(hours=12)
    desk.expire(order)
    assert (told_of(desk, order), desk.order(order).reason) == ([("Expired", {})], "")


def test_what_one_guard_closes_is_told_of_the_other() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", ("40", "40"))
    order = desk.place("SPY", "buy", "100", "Limit", price="591", sl="580", tp="600")
    stop_loss, take_profit = desk.legs(order)
    assert stop_loss is not None
    assert take_profit is not None
    desk.quote("SPY", "600.00", "600.02")
    assert told_of(desk, order) == [("Cancelled", {"reason": "its TP closed what had filled"})]
    assert told_of(desk, stop_loss.id)[-1][0] == "Cancelled"


@pytest.mark.parametrize(("on", "what"), [(True, "halted"), (False, "resumed")])
def test_halting_and_resuming_is_told_once(on: bool, what: str) -> None:
    desk = Desk()
    desk.halt(not on)
    assert desk.run(Halt(on)) == [AccountChanged(what)]
    assert desk.run(Halt(on)) == []


def test_risk_rules_are_told() -> None:
    told = Desk().run(SetRisk((("maxOrderAmount", Decimal("5.0")), ("dailyLossLimit", Decimal(100)))))
    assert told == [AccountChanged("risk rules set", (("maxOrderAmount", "5"), ("dailyLossLimit", "100")))]


def test_a_leg_tells_its_own_terms_when_it_is_born() -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", sl="63000")
    stop_loss, _ = desk.legs(order)
    assert stop_loss is not None
    terms = {"type": "Stop", "side": "sell", "qty": "0.1", "stopPrice": "63000"}
    assert told_of(desk, stop_loss.id) == [("Placed", terms)]


def test_a_loss_limit_that_is_reached_is_told_with_the_equity() -> None:
    desk = Desk()
    desk.risk(dailyLossLimit="100")
    desk.place("BTCUSDT", "buy", "0.1")
    desk.quote("BTCUSDT", "63250.00", "63250.50")
    changed = [event for event in desk.told if isinstance(event, AccountChanged)]
    assert changed == [AccountChanged("loss limit reached", (("rule", "dailyLossLimit"), ("equity", "99899.95")))]
