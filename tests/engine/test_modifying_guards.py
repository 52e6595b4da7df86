"""Modifying stop loss and take profit: through the order while it works, by their own ids afterwards."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from orders.engine.commands import Modify
from orders.engine.values import Guard, StopLossType, TakeProfitType, Validity
from tests.engine.desk import Desk
from tests.engine.test_brackets import legs_of

D = Decimal


def resting(desk: Desk, **fields: Any) -> int:
    return desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", **({"sl": "63000", "tp": "65000"} | fields))


def fill(desk: Desk) -> None:
    desk.quote("BTCUSDT", "63999.50", "64000")


def test_none_removes_a_stop_loss_and_leaves_the_take_profit() -> None:
    desk = Desk()
    parent = resting(desk)
    desk.modify(parent, stop_loss=None)
    sl, tp = legs_of(desk, parent)
    assert (sl.state, sl.reason, tp.state) == ("cancelled", f"removed from order {parent}", "inactive")
    fill(desk)
    assert (sl.state, tp.state) == ("cancelled", "working")


def test_removing_what_is_not_there_changes_nothing() -> None:
    desk = Desk()
    parent = resting(desk, sl=None)
    desk.modify(parent, stop_loss=None, state="working")


def test_a_guard_can_be_added() -> None:
    desk = Desk()
    parent = resting(desk, sl=None, tp=None)
    desk.modify(parent, stop_loss="100", stop_loss_type="offset in ticks", take_profit="65000")
    sl, tp = legs_of(desk, parent)
    assert (sl.state, sl.stop_price, tp.price) == ("inactive", None, D(65000))
    assert dict(desk.told[0].details) == {"stopLoss": "100 offset in ticks", "takeProfit": "65000 absolute"}
    fill(desk)
    assert (sl.state, sl.stop_price, tp.state) == ("working", D(63999), "working")


def test_a_guard_can_be_moved_and_change_its_type() -> None:
    desk = Desk()
    parent = resting(desk)
    sl, _ = legs_of(desk, parent)
    desk.modify(parent, stop_loss="62000")
    assert (sl.stop_price, sl.state) == (D(62000), "inactive")
    desk.modify(parent, stop_loss="500", stop_loss_type="tr. offset")
    assert (sl.type, sl.stop_price, sl.trail_ticks) == ("Trailing stop", None, D(500))
    fill(desk)
    assert sl.stop_price == D("63994.50")
    assert desk.history(sl.id) == ["placed", "modified", "modified", "woken"]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"stop_loss": "64000"}, "stop_loss_side"), ({"take_profit": "63999"}, "take_profit_side")],
)
def test_a_guard_moved_to_the_wrong_side_is_refused(change: dict[str, str], code: str) -> None:
    desk = Desk()
    desk.modify(resting(desk), **change, refused=code)


def test_a_price_moved_beyond_a_guard_is_refused() -> None:
    desk = Desk()
    parent = resting(desk)
    desk.modify(parent, price="62999", refused="stop_loss_side")
    desk.modify(parent, price="62999", stop_loss="62000", state="working")


def test_the_quantity_of_sleeping_guards_follows_their_order() -> None:
    desk = Desk()
    parent = resting(desk)
    desk.modify(parent, qty="0.2")
    sl, tp = legs_of(desk, parent)
    assert (sl.qty, tp.qty, desk.history(sl.id)) == (D("0.2"), D("0.2"), ["placed", "resized"])
    desk.modify(sl.id, qty="0.1", refused="leg_qty")


def test_the_guards_of_a_filled_order_are_orders_of_their_own() -> None:
    desk = Desk()
    parent = resting(desk)
    fill(desk)
    sl, tp = legs_of(desk, parent)
    desk.modify(parent, stop_loss="62000", refused="guard_is_order", says=f"its stopLoss is order {sl.id}")
    desk.modify(parent, take_profit=None, refused="guard_is_order", says=f"order {tp.id}")
    desk.modify(parent, price="1", refused="order_final")
    desk.modify(sl.id, stop_price="62000", state="working")
    desk.modify(tp.id, price="66000", state="working")
    assert (sl.stop_price, tp.price) == (D(62000), D(66000))


def test_a_filled_order_without_guards_is_final() -> None:
    desk = Desk()
    desk.modify(desk.place("BTCUSDT", "buy", "0.1"), stop_loss="60000", refused="order_final")


def test_a_take_profit_moved_through_the_quote_fills_at_the_quote() -> None:
    desk = Desk()
    parent = resting(desk)
    fill(desk)
    sl, tp = legs_of(desk, parent)
    desk.modify(tp.id, price="63900", state="filled", at="63999.5")
    assert sl.state == "cancelled"


def test_a_stop_loss_moved_through_the_quote_is_refused() -> None:
    desk = Desk()
    parent = resting(desk)
    fill(desk)
    desk.modify(legs_of(desk, parent)[0].id, stop_price="63999.50", refused="stop_through")


def test_a_leg_closes_no_more_than_the_position() -> None:
    desk = Desk()
    parent = resting(desk)
    fill(desk)
    sl, _ = legs_of(desk, parent)
    desk.modify(sl.id, qty="0.05", state="working")
    desk.modify(sl.id, qty="0.1", state="working")
    desk.modify(sl.id, qty="0.101", refused="leg_qty", says="must not exceed the position, 0.1 lots")


def test_a_smaller_leg_closes_only_its_part() -> None:
    desk = Desk()
    parent = resting(desk)
    fill(desk)
    sl, tp = legs_of(desk, parent)
    desk.modify(sl.id, qty="0.04")
    desk.quote("BTCUSDT", "62000", "62000.50")
    assert (sl.state, tp.state, tp.qty, desk.held("BTCUSDT")) == ("filled", "working", D("0.06"), "0.06")


@pytest.mark.parametrize("validity", [Validity.IOC, Validity.FOK])
def test_a_leg_cannot_be_told_to_fill_at_once(validity: Validity) -> None:
    desk = Desk()
    parent = resting(desk)
    fill(desk)
    desk.modify(legs_of(desk, parent)[1].id, validity=validity, refused="validity_type")


def test_a_leg_has_no_guards_of_its_own() -> None:
    desk = Desk()
    sl, _ = legs_of(desk, resting(desk))
    desk.modify(sl.id, take_profit="66000", refused="not_for_type", says="takeProfit makes no sense")


def test_a_sleeping_leg_moved_by_its_own_id_keeps_its_level_when_it_wakes() -> None:
    desk = Desk()
    parent = resting(desk, sl=("100", "offset in ticks"))
    sl, tp = legs_of(desk, parent)
    desk.modify(sl.id, stop_price="62500", state="inactive")
    desk.modify(tp.id, price="64500", state="inactive")
    assert desk.order(parent).stop_loss == Guard(D(62500), StopLossType.ABSOLUTE)
    assert desk.order(parent).take_profit == Guard(D(64500), TakeProfitType.ABSOLUTE)
    fill(desk)
    assert (sl.stop_price, tp.price, sl.state) == (D(62500), D(64500), "working")


def test_a_sleeping_trailing_leg_can_be_given_another_offset() -> None:
    desk = Desk()
    parent = resting(desk, sl=("100", "tr. offset"))
    sl, _ = legs_of(desk, parent)
    desk.modify(sl.id, trail_ticks="300", state="inactive")
    assert desk.order(parent).stop_loss == Guard(D(300), StopLossType.TRAILING)
    fill(desk)
    assert sl.stop_price == D("63996.50")


@pytest.mark.parametrize(("leg", "change"), [(0, {"stop_price": "64000"}), (1, {"price": "64000"})])
def test_a_sleeping_leg_keeps_to_its_side(leg: int, change: dict[str, str]) -> None:
    desk = Desk()
    sleeper = legs_of(desk, resting(desk))[leg]
    code = "stop_loss_side" if leg == 0 else "take_profit_side"
    desk.modify(sleeper.id, **change, refused=code, says=next(iter(change)).replace("_p", "P"))


def half_filled(desk: Desk, **fields: Any) -> int:
    desk.quote("SPY", "590.00", "590.02", sizes=("100", "100"))
    return desk.place("SPY", "buy", "150", "Limit", price="590.02", filled="100", **fields)


def test_the_guards_of_an_order_in_part_filled_move_with_it() -> None:
    desk = Desk()
    parent = half_filled(desk, sl="580", tp="600")
    sl, tp = legs_of(desk, parent)
    desk.modify(parent, stop_loss="500", stop_loss_type="offset in ticks")
    assert (sl.stop_price, sl.qty, sl.state) == (D("585.02"), D(100), "working")
    desk.modify(parent, stop_loss="100", stop_loss_type="tr. offset")
    assert (sl.type, sl.stop_price) == ("Trailing stop", D(589))
    desk.modify(parent, take_profit=None)
    assert tp.state == "cancelled"


def test_a_guard_added_to_an_order_in_part_filled_guards_at_once() -> None:
    desk = Desk()
    parent = half_filled(desk)
    desk.place("SPY", "sell", "30")
    desk.modify(parent, stop_loss="580")
    sl, _ = desk.legs(parent)
    assert sl is not None
    assert (sl.state, sl.qty) == ("working", D(70))
    desk.quote("SPY", "579", "579.02")
    assert desk.held("SPY") == "0"


def test_a_leg_moved_by_its_own_id_stays_there_while_it_grows() -> None:
    desk = Desk()
    parent = half_filled(desk, sl=("500", "offset in ticks"))
    sl, _ = desk.legs(parent)
    assert sl is not None
    desk.modify(sl.id, stop_price="570")
    desk.quote("SPY", "589", "589.02")
    assert (sl.stop_price, sl.qty) == (D(570), D(150))


def test_a_guard_is_never_dropped_in_silence() -> None:
    desk = Desk()
    with pytest.raises(ValueError, match="no id was born for the stopLoss"):
        desk.run(replace(desk.slip(1, "BTCUSDT", "buy", "0.1", "Market", {"sl": "60000"}), stop_loss_id=None))
    desk = Desk()
    parent = resting(desk, sl=None)
    with pytest.raises(ValueError, match="no id was born for the stopLoss"):
        desk.run(Modify(order_id=parent, stop_loss=D(63000)))
