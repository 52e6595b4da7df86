"""Stop loss and take profit of orders that fill in parts, and that fill in parts themselves."""

from __future__ import annotations

from decimal import Decimal

from orders.engine.values import Validity
from tests.engine.desk import Desk
from tests.engine.test_brackets import legs_of

D = Decimal


def half_filled(desk: Desk, **fields: object) -> int:
    """150 SPY at the market: 100 filled at 590.02, 50 still to come."""
    desk.quote("SPY", "590.00", "590.02", sizes=("100", "100"))
    return desk.place("SPY", "buy", "150", state="partially filled", **({"sl": "580", "tp": "600"} | fields))


def test_they_grow_with_what_fills() -> None:
    desk = Desk()
    parent = half_filled(desk)
    sl, tp = legs_of(desk, parent)
    assert (sl.qty, tp.qty, sl.state) == (D(100), D(100), "working")
    desk.quote("SPY", "590.10", "590.12", sizes=("100", "100"))
    assert (sl.qty, tp.qty) == (D(150), D(150))
    assert desk.history(sl.id) == ["placed", "woken", "resized"]


def test_offsets_follow_the_average_price() -> None:
    desk = Desk()
    parent = half_filled(desk, sl=("100", "offset in ticks"), tp=("1", "offset in %"))
    sl, tp = legs_of(desk, parent)
    assert (sl.stop_price, tp.price) == (D("589.02"), D("595.92"))  # 595.9202
    desk.quote("SPY", "593.00", "593.02", sizes=("100", "100"))
    assert desk.order(parent).avg_price == D("591.02")
    assert (sl.stop_price, tp.price) == (D("590.02"), D("596.93"))  # 596.9302


def test_a_part_of_one_takes_a_part_of_the_other() -> None:
    desk = Desk()
    parent = desk.place("SPY", "buy", "100", sl="580", tp="600")
    sl, tp = legs_of(desk, parent)
    desk.quote("SPY", "600", "600.02", sizes=("30", "30"))
    assert (tp.filled_qty, tp.state) == (D(30), "partially filled")
    assert (sl.qty, sl.remaining, sl.state) == (D(70), D(70), "working")
    desk.quote("SPY", "579", "579.02", sizes=("50", "50"))
    assert (sl.filled_qty, sl.state, tp.remaining) == (D(50), "partially filled", D(20))
    desk.quote("SPY", "578", "578.02", sizes=("50", "50"))
    assert (sl.state, tp.state, desk.held("SPY")) == ("filled", "cancelled", "0")
    assert (tp.filled_qty, tp.qty) == (D(30), D(50))


def test_a_triggered_stop_loss_goes_on_at_the_market() -> None:
    desk = Desk()
    sl, _ = legs_of(desk, desk.place("SPY", "buy", "100", sl="580", tp="600"))
    desk.quote("SPY", "579", "579.02", sizes=("40", "40"))
    desk.quote("SPY", "590", "590.02")
    assert desk.fills(sl.id) == [("40", "579"), ("60", "590")]


def test_a_triggered_leg_keeps_its_level_while_it_grows() -> None:
    desk = Desk()
    parent = half_filled(desk, sl=("1000", "offset in ticks"), tp=None)
    sl, _ = desk.legs(parent)
    assert sl is not None
    desk.quote("SPY", "580", "580.02", sizes=("0", "0"))
    assert (sl.triggered, sl.stop_price) == (True, D("580.02"))
    desk.quote("SPY", "595", "595.02", sizes=("0", "50"))
    assert (sl.qty, sl.stop_price) == (D(150), D("580.02"))


def test_when_a_leg_closed_all_that_filled_the_rest_of_the_parent_is_cancelled() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("100", "100"))
    parent = desk.place("SPY", "buy", "150", "Limit", price="590.02", sl="580", tp="600", filled="100")
    sl, tp = legs_of(desk, parent)
    desk.quote("SPY", "600", "600.02")
    assert (tp.state, desk.order(parent).state, sl.state) == ("filled", "cancelled", "cancelled")
    assert desk.order(parent).reason == "its TP closed what had filled"
    assert desk.held("SPY") == "0"


def test_cancelling_a_parent_in_part_filled_leaves_its_guards() -> None:
    desk = Desk()
    parent = half_filled(desk)
    desk.cancel(parent)
    sl, tp = legs_of(desk, parent)
    assert (sl.state, tp.state, sl.qty) == ("working", "working", D(100))


def test_they_sleep_again_when_the_position_is_closed_while_the_parent_works() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("100", "100"))
    parent = desk.place("SPY", "buy", "150", "Limit", price="590.02", sl="580", tp=("1", "offset in %"))
    desk.place("SPY", "sell", "100")
    sl, tp = legs_of(desk, parent)
    assert (sl.state, tp.state, tp.price) == ("inactive", "inactive", None)
    desk.quote("SPY", "589", "589.02")
    assert (sl.state, sl.qty, desk.held("SPY")) == ("working", D(50), "50")
    desk.quote("SPY", "579", "579.02")
    assert (sl.state, desk.held("SPY"), tp.state) == ("filled", "0", "cancelled")


def test_sleeping_again_ends_with_the_parent() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("100", "100"))
    parent = desk.place("SPY", "buy", "150", "Limit", price="590.02", sl="580", tp="600")
    desk.place("SPY", "sell", "100")
    desk.cancel(parent)
    assert [leg.state for leg in legs_of(desk, parent)] == ["cancelled", "cancelled"]


def test_a_trailing_leg_keeps_what_it_has_gained_while_it_grows() -> None:
    desk = Desk()
    desk.quote("SPY", "590.00", "590.02", sizes=("100", "100"))
    parent = desk.place("SPY", "buy", "150", "Limit", price="590.02", sl=("200", "tr. offset"))
    sl, _ = desk.legs(parent)
    assert sl is not None
    desk.quote("SPY", "591", "591.02")
    assert sl.stop_price == D(589)
    desk.quote("SPY", "590", "590.02")
    assert (sl.stop_price, sl.qty, sl.state) == (D(589), D(150), "working")


def test_a_dealer_s_fills_wake_and_grow_them() -> None:
    desk = Desk()
    parent = desk.place("AAPL", "buy", "10", "Care", sl="220", tp=("1000", "offset in ticks"))
    sl, tp = legs_of(desk, parent)
    desk.dealer_fill(parent, "4", "230.00")
    assert (sl.state, sl.qty, tp.price) == ("working", D(4), D(240))
    desk.dealer_fill(parent, "6", "231.00")
    assert (sl.qty, tp.price) == (D(10), D("240.60"))


def test_a_dealer_s_fill_beyond_the_stop_loss_closes_at_the_present_quote() -> None:
    desk = Desk()
    parent = desk.place("AAPL", "buy", "10", "Care", sl="230", tp="260")
    desk.quote("AAPL", "225", "225.04")
    desk.dealer_fill(parent, "10", "231")
    sl, tp = legs_of(desk, parent)
    assert (desk.fills(sl.id), tp.state, desk.held("AAPL")) == ([("10", "225")], "cancelled", "0")


def test_a_trailing_leg_without_any_quote_starts_from_the_dealer_s_price() -> None:
    desk = Desk(quoted=False)
    parent = desk.place("AAPL", "buy", "10", "Care", sl=("100", "tr. offset"))
    desk.dealer_fill(parent, "10", "230")
    sl, _ = desk.legs(parent)
    assert sl is not None
    assert (sl.state, sl.stop_price) == ("working", D(229))


def test_a_sleeping_leg_that_was_given_a_validity_expires_instead_of_waking() -> None:
    desk = Desk()
    parent = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", validity="GTC", sl="63000", tp="65000")
    sl, tp = legs_of(desk, parent)
    desk.modify(sl.id, validity=Validity.DAY, state="inactive")
    desk.wait(hours=12)
    desk.quote("BTCUSDT", "63999.50", "64000")
    assert (desk.order(parent).state, sl.state, tp.state) == ("filled", "expired", "working")
    desk.quote("BTCUSDT", "62000", "62000.50")
    assert desk.held("BTCUSDT") == "0.1"


def test_a_leg_whose_time_is_up_does_not_grow() -> None:
    desk = Desk()
    parent = half_filled(desk, validity="GTC")
    sl, tp = legs_of(desk, parent)
    desk.modify(tp.id, validity=Validity.DAY, state="working")
    desk.wait(hours=12)
    desk.quote("SPY", "590.10", "590.12")
    assert (tp.state, tp.qty, sl.qty) == ("expired", D(100), D(150))


def test_a_sleeping_leg_expires_by_itself() -> None:
    desk = Desk()
    parent = desk.place("BTCUSDT", "buy", "0.1", "Limit", price="64000", validity="GTC", sl="63000", tp="65000")
    sl, tp = legs_of(desk, parent)
    desk.modify(sl.id, validity=Validity.DAY)
    desk.wait(hours=12)
    desk.expire(sl.id)
    assert (desk.order(parent).state, sl.state, tp.state) == ("working", "expired", "inactive")
