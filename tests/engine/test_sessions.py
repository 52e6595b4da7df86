"""Trading hours: what is placed, matched and expires when a market is closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orders.engine.values import Session
from tests.engine.desk import SHARE, Desk, instrument


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


# Monday the 5th and Tuesday the 6th, 09:00 to 18:00 with a lunch break from 12:00 to 14:00.
SESSIONS = tuple(
    Session(at(day, opens), at(day, closes), at(day, 18)) for day in (5, 6) for opens, closes in ((9, 12), (14, 18))
)


@pytest.fixture
def desk() -> Desk:
    desk = Desk("100000", "USD", instrument(20, "SHR", **SHARE, calendar="XTST", margin_rate="0.5"))
    desk.market.sessions = {"XTST": SESSIONS}
    desk.now = at(5, 10)
    desk.quote("SHR", "50.00", "50.02")
    return desk


@pytest.mark.parametrize(
    ("now", "day", "session"),
    [
        (at(5, 8), at(5, 18), at(5, 12)),
        (at(5, 9), at(5, 18), at(5, 12)),
        (at(5, 11, 59), at(5, 18), at(5, 12)),
        (at(5, 12), at(5, 18), at(5, 18)),
        (at(5, 13), at(5, 18), at(5, 18)),
        (at(5, 17, 59), at(5, 18), at(5, 18)),
        (at(5, 18), at(6, 18), at(6, 12)),
        (at(5, 23), at(6, 18), at(6, 12)),
    ],
)
def test_day_and_gts_end_with_the_day_and_the_session(
    desk: Desk, now: datetime, day: datetime, session: datetime
) -> None:
    desk.now = now
    for validity, ends in (("DAY", day), ("GTS", session)):
        order = desk.place("SHR", "buy", "1", "Limit", price="40", validity=validity, state="working")
        assert desk.order(order).expire_at == ends


@pytest.mark.parametrize(
    "fields",
    [{"type": "Market"}, {"type": "Limit", "price": "60", "validity": "IOC"}, {"type": "Market", "validity": "FOK"}],
    ids=str,
)
@pytest.mark.parametrize(
    ("now", "opens"), [(at(5, 8), "2026-01-05 09:00"), (at(5, 12), "2026-01-05 14:00"), (at(5, 18), "2026-01-06 09:00")]
)
def test_what_must_fill_now_is_refused_out_of_session(
    desk: Desk, now: datetime, opens: str, fields: dict[str, str]
) -> None:
    desk.now = now
    says = ("trading out of session is forbidden", f"SHR opens at {opens} UTC")
    desk.place("SHR", "buy", "1", refused="out_of_session", says=says, **fields)


def test_a_resting_order_waits_for_the_session(desk: Desk) -> None:
    desk.now = at(5, 12)
    order = desk.place("SHR", "buy", "1", "Limit", price="60", state="working", filled="0")
    desk.now = at(5, 13)
    desk.quote("SHR", "50.00", "50.02")
    assert desk.fills(order) == []
    desk.now = at(5, 14)
    desk.quote("SHR", "50.10", "50.12")
    assert desk.fills(order) == [("1", "60")]


def test_a_stop_does_not_trigger_out_of_session(desk: Desk) -> None:
    order = desk.place("SHR", "sell", "1", "Stop", stopPrice="49", validity="GTC")
    desk.now = at(5, 20)
    desk.quote("SHR", "40", "40.02")
    assert not desk.order(order).triggered
    desk.now = at(6, 9)
    desk.quote("SHR", "48", "48.02")
    assert desk.fills(order) == [("1", "48")]


def test_a_session_counts_by_when_the_quote_was_accepted(desk: Desk) -> None:
    order = desk.place("SHR", "buy", "1", "Limit", price="49", validity="GTC")
    desk.now = at(5, 11, 59)
    in_session = desk._remember("SHR", "48", "48.02", None, None, None)
    desk.now = at(5, 12, 1)
    desk.show(in_session)
    assert desk.fills(order) == [("1", "49")]


def test_a_calendar_that_ran_out_takes_no_day_orders(desk: Desk) -> None:
    desk.now = at(6, 18)
    desk.place("SHR", "buy", "1", "Limit", price="40", refused="out_of_session", says="no session of XTST")
    desk.place("SHR", "buy", "1", refused="out_of_session")
    desk.place("SHR", "buy", "1", "Limit", price="40", validity="GTC", state="working")


@pytest.mark.parametrize(
    ("now", "ends", "is_open"),
    [
        (at(9, 23, 59), at(10, 0), True),  # Friday
        (at(10, 0), at(13, 0), False),  # Saturday: the next day's end is Tuesday's 00:00
        (at(11, 23, 59), at(13, 0), False),
        (at(12, 0), at(13, 0), True),  # Monday
    ],
)
def test_weekdays_around_the_clock(now: datetime, ends: datetime, is_open: bool) -> None:
    desk = Desk("100000", "USD", instrument(20, "PAIR", calendar="24/5"))
    desk.now = now
    desk.quote("PAIR", "100", "101")
    order = desk.place("PAIR", "buy", "1", "Limit", price="101", state="filled" if is_open else "working")
    assert desk.order(order).expire_at == ends
    if not is_open:
        desk.place("PAIR", "buy", "1", refused="out_of_session", says="opens at 2026-01-12 00:00 UTC")


def test_the_last_trading_day_ends_with_its_session() -> None:
    terms = instrument(20, "FUT", **SHARE, calendar="XTST", last_trading_day=at(5, 0).date())
    desk = Desk("100000", "USD", terms)
    desk.market.sessions = {"XTST": SESSIONS}
    desk.now = at(5, 10)
    order = desk.place("FUT", "buy", "1", "Limit", price="40", validity="GTC")
    assert desk.order(order).expire_at == at(5, 18)
    desk.now = at(5, 18)
    desk.place("FUT", "buy", "1", "Limit", price="40", validity="GTC", refused="contract_expired")


def test_a_last_trading_day_beyond_the_listed_sessions_ends_at_midnight() -> None:
    terms = instrument(20, "FUT", **SHARE, calendar="XTST", last_trading_day=at(30, 0).date())
    desk = Desk("100000", "USD", terms)
    desk.market.sessions = {"XTST": SESSIONS}
    desk.now = at(5, 10)
    order = desk.place("FUT", "buy", "1", "Limit", price="40", validity="GTC")
    assert desk.order(order).expire_at == at(30, 0) + timedelta(days=1)
