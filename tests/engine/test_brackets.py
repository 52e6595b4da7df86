"""Stop loss and take profit: asleep until the parent fills, then guards of what filled, one cancelling the other."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orders.engine.order import Order
from tests.engine.desk import BTC, Desk

D = Decimal


def legs_of(desk: Desk, parent: int) -> tuple[Order, Order]:
    stop_loss, take_profit = desk.legs(parent)
    assert stop_loss is not None
    assert take_profit is not None
    return stop_loss, take_profit


def guarded(desk: Desk, **fields: object) -> tuple[int, Order, Order]:
    """A buy of 0.1 BTC at 64250.50, guarded at 64000 and 65000."""
    parent = desk.place("BTCUSDT", "buy", "0.1", **({"sl": "64000", "tp": "65000"} | fields))
    return parent, *legs_of(desk, parent)


def test_they_sleep_until_the_parent_fills() -> None:
    desk = Desk()
    parent = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", sl="63000", tp="65000", state="working")
    sl, tp = legs_of(desk, parent)
    assert (sl.state, tp.state, sl.qty, tp.qty) == ("inactive", "inactive", D("0.1"), D("0.1"))
    assert (sl.stop_price, tp.price, sl.parent_id) == (D(63000), D(65000), parent)
    assert str(desk.figures.blocked_margin) == "6400.00"
    desk.quote("BTCUSDT", "63999.50", "64000")
    assert (sl.state, sl.side, sl.type, sl.validity) == ("working", "sell", "Stop", "GTC")
    assert (tp.state, tp.side, tp.type, tp.validity) == ("working", "sell", "Limit", "GTC")
    assert (str(desk.figures.blocked_margin), str(desk.figures.used_margin)) == ("0.00", "6400.00")
    assert desk.history(sl.id) == ["placed", "woken"]


def test_a_sleeping_leg_is_deaf_to_quotes() -> None:
    desk = Desk()
    parent = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="60000", sl="59000", tp="64100")
    desk.quote("BTCUSDT", "64200", "64200.50")
    assert legs_of(desk, parent)[1].state == "inactive"


def test_the_stop_loss_closes_and_cancels_the_take_profit() -> None:
    desk = Desk()
    _, sl, tp = guarded(desk)
    desk.quote("BTCUSDT", "63990", "63990.50")
    assert (sl.state, desk.fills(sl.id)) == ("filled", [("0.1", "63990")])
    assert (tp.state, tp.filled_qty) == ("cancelled", 0)
    assert tp.reason == f"order {sl.id} closed the position"
    assert (desk.held("BTCUSDT"), str(desk.book.balance)) == ("0", "99973.95")


def test_the_take_profit_closes_and_cancels_the_stop_loss() -> None:
    desk = Desk()
    _, sl, tp = guarded(desk)
    desk.quote("BTCUSDT", "65000", "65000.50")
    assert (tp.state, desk.fills(tp.id), sl.state) == ("filled", [("0.1", "65000")], "cancelled")
    assert str(desk.book.balance) == "100074.95"


@pytest.mark.parametrize(
    ("side", "sl_asked", "tp_asked", "sl_at", "tp_at"),
    [
        ("buy", ("5000", "offset in ticks"), ("10000", "offset in ticks"), "64200.50", "64350.50"),
        ("sell", ("5000", "offset in ticks"), ("5000", "offset in ticks"), "64300", "64200"),
        ("buy", ("1", "offset in %"), ("2", "offset in %"), "63608.00", "65535.51"),
        ("sell", ("1", "offset in %"), ("2", "offset in %"), "64892.50", "62965"),
        ("sell", "64300", "64200", "64300", "64200"),
    ],
)
def test_levels_count_from_the_fill(side: str, sl_asked: object, tp_asked: object, sl_at: str, tp_at: str) -> None:
    desk = Desk()
    sl, tp = legs_of(desk, desk.place("BTCUSDT", side, "0.1", sl=sl_asked, tp=tp_asked))
    assert (sl.stop_price, tp.price) == (D(sl_at), D(tp_at))
    assert sl.side != side == desk.order(sl.parent_id or 0).side


def test_a_per_cent_level_is_rounded_to_the_nearest_tick() -> None:
    desk = Desk()
    desk.quote("ES", "5000", "5000.25")
    sl, tp = legs_of(desk, desk.place("ES", "buy", "1", sl=("0.1", "offset in %"), tp=("0.11", "offset in %")))
    assert (sl.stop_price, tp.price) == (D("4995.25"), D("5005.75"))  # 4995.24975 and 5005.750275


def test_a_trailing_stop_loss_starts_at_the_quote_and_follows_it() -> None:
    desk = Desk()
    parent = desk.place("BTCUSDT", "buy", "0.1", sl=("10000", "tr. offset"))
    sl, tp = desk.legs(parent)
    assert tp is None
    assert sl is not None
    assert (sl.type, sl.stop_price, sl.trail_ticks) == ("Trailing stop", D(64150), D(10000))
    desk.quote("BTCUSDT", "64400", "64400.50")
    desk.quote("BTCUSDT", "64300.01", "64300.51")
    assert (sl.state, sl.stop_price) == ("working", D(64300))
    desk.quote("BTCUSDT", "64300", "64300.50")
    assert (sl.state, str(desk.book.balance)) == ("filled", "100004.95")


@pytest.mark.parametrize(
    ("side", "field", "level", "code", "where"),
    [
        (
            "buy",
            "sl",
            "65000",
            "stop_loss_side",
            "SL price is not valid for the order: a buy at 64250.5 needs it below",
        ),
        ("buy", "sl", "64250.50", "stop_loss_side", "below"),
        (
            "buy",
            "tp",
            "64000",
            "take_profit_side",
            "TP price is not valid for the order: a buy at 64250.5 needs it above",
        ),
        ("sell", "sl", "64000", "stop_loss_side", "a sell at 64250 needs it above"),
        ("sell", "tp", "64250", "take_profit_side", "below"),
    ],
)
def test_a_level_on_the_wrong_side_is_refused(side: str, field: str, level: str, code: str, where: str) -> None:
    desk = Desk()
    order = desk.place("BTCUSDT", side, "0.1", refused=code, says=where, state="rejected", **{field: level})
    assert desk.legs(order) == (None, None)
    assert desk.held("BTCUSDT") == "0"


@pytest.mark.parametrize(
    ("fields", "level", "ok"),
    [
        ({"type": "Limit", "price": "60000"}, "60000.01", False),
        ({"type": "Limit", "price": "60000"}, "59999.99", True),
        ({"type": "Stop", "stopPrice": "65000"}, "64999", True),
        ({"type": "Stop", "stopPrice": "65000"}, "65000", False),
        ({"type": "Stop limit", "stopPrice": "65000", "price": "66000"}, "65500", True),
        ({"type": "Care"}, "64251", False),
        ({"type": "Trailing stop", "trStopOffset": "100"}, "64251.49", True),
        ({"type": "Trailing stop", "trStopOffset": "100"}, "64251.50", False),
    ],
    ids=str,
)
def test_the_entry_is_the_price_else_the_stop_else_the_quote(fields: dict[str, str], level: str, ok: bool) -> None:
    expected = {"state": "working"} if ok else {"refused": "stop_loss_side"}
    Desk().place("BTCUSDT", "buy", "0.1", sl=level, **fields, **expected)


@pytest.mark.parametrize("sl", [("99.99999999", "offset in %"), ("6425050", "offset in ticks")])
def test_a_level_beyond_zero_is_refused(sl: object) -> None:
    Desk().place("BTCUSDT", "buy", "0.1", sl=sl, refused="stop_loss_side", says="above 0")


def test_cancelling_the_unfilled_parent_cancels_them() -> None:
    desk = Desk()
    parent = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", sl="63000", tp="65000")
    desk.cancel(parent)
    assert [leg.state for leg in legs_of(desk, parent)] == ["cancelled", "cancelled"]
    assert len(desk.book.unfinished()) == 0


@pytest.mark.parametrize("guard", [{"sl": "63000"}, {"tp": "65000"}])
def test_a_lonely_leg_goes_with_its_parent_too(guard: dict[str, str]) -> None:
    desk = Desk()
    desk.cancel(desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", **guard))
    assert len(desk.book.unfinished()) == 0


def test_a_parent_that_expires_or_is_rejected_by_a_dealer_takes_them_along() -> None:
    desk = Desk()
    parent = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", sl="63000", tp="65000")
    care = desk.place("BTCUSDT", "buy", "0.1", "Care", sl="63000", tp="65000", validity="GTC")
    desk.wait(days=1)
    desk.expire(parent)
    desk.dealer_reject(care, "not today")
    assert [leg.state for id_ in (parent, care) for leg in legs_of(desk, id_)] == ["cancelled"] * 4


def test_closing_the_position_otherwise_cancels_them() -> None:
    desk = Desk()
    _, sl, tp = guarded(desk)
    desk.place("BTCUSDT", "sell", "0.1")
    assert (sl.state, tp.state, sl.reason) == ("cancelled", "cancelled", "the position is closed")


def test_a_smaller_position_leaves_them_smaller() -> None:
    desk = Desk()
    _, sl, tp = guarded(desk)
    desk.place("BTCUSDT", "sell", "0.04")
    assert (sl.qty, tp.qty, sl.state) == (D("0.06"), D("0.06"), "working")
    assert desk.history(sl.id)[-1] == "resized"
    desk.quote("BTCUSDT", "63990", "63990.50")
    assert (desk.held("BTCUSDT"), desk.fills(sl.id)) == ("0", [("0.06", "63990")])


def test_turning_the_position_around_cancels_them() -> None:
    desk = Desk()
    _, sl, tp = guarded(desk)
    desk.place("BTCUSDT", "sell", "0.3")
    assert (sl.state, tp.state, desk.held("BTCUSDT")) == ("cancelled", "cancelled", "-0.2")


def test_legs_of_two_orders_guard_one_position_and_never_close_beyond_it() -> None:
    desk = Desk()
    _, first, _ = guarded(desk, sl="64000")
    _, second, other = guarded(desk, sl="63900", tp="66000")
    desk.place("BTCUSDT", "sell", "0.1")
    assert (first.qty, second.qty) == (D("0.1"), D("0.1"))
    desk.quote("BTCUSDT", "63890", "63890.50")
    assert (first.state, second.state, other.state) == ("filled", "cancelled", "cancelled")
    assert desk.held("BTCUSDT") == "0"


def test_cancelling_one_leg_leaves_the_other() -> None:
    desk = Desk()
    _, sl, tp = guarded(desk)
    desk.cancel(sl.id, state="cancelled")
    assert tp.state == "working"
    desk.quote("BTCUSDT", "65000", "65000.50")
    assert tp.state == "filled"


def test_a_gap_through_the_stop_loss_closes_with_the_quote_that_woke_it() -> None:
    desk = Desk()
    parent = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", sl="63000", tp="65000")
    desk.quote("BTCUSDT", "62000", "62000.50")
    sl, tp = legs_of(desk, parent)
    assert desk.fills(parent) == [("0.1", "64000")]
    assert (sl.state, desk.fills(sl.id), tp.state) == ("filled", [("0.1", "62000")], "cancelled")


def test_a_leg_of_an_order_that_only_closes_guards_nothing() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "sell", "0.3")
    parent = desk.place("BTCUSDT", "buy", "0.1", sl="64000", tp="65000")
    assert [leg.state for leg in legs_of(desk, parent)] == ["cancelled", "cancelled"]
    assert desk.held("BTCUSDT") == "-0.2"


def test_one_guard_alone() -> None:
    desk = Desk()
    sl, tp = desk.legs(desk.place("BTCUSDT", "buy", "0.1", tp="65000"))
    assert sl is None
    assert tp is not None
    desk.quote("BTCUSDT", "65000", "65000.50")
    assert (tp.state, desk.held(BTC.symbol)) == ("filled", "0")
