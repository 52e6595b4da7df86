"""Sessions of real exchanges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from orders.calendars import write_sessions
from orders.models import Session
from tests.orders.making import an_instrument

pytestmark = pytest.mark.django_db


def sessions(code: str, day: date) -> list[tuple[str, str, str]]:
    begin = datetime.combine(day, datetime.min.time(), UTC)
    rows = Session.objects.filter(calendar=code, opens__gte=begin, opens__lt=begin + timedelta(days=1))
    return [
        tuple(f"{time:%H:%M}" for time in (row.opens, row.closes, row.day_closes)) for row in rows.order_by("opens")
    ]


def test_a_day_a_half_day_and_a_holiday_in_new_york() -> None:
    write_sessions("XNYS", date(2026, 11, 20), 30)
    assert sessions("XNYS", date(2026, 11, 25)) == [("14:30", "21:00", "21:00")]
    assert sessions("XNYS", date(2026, 11, 26)) == []  # Thanksgiving
    assert sessions("XNYS", date(2026, 11, 27)) == [("14:30", "18:00", "18:00")]
    assert sessions("XNYS", date(2026, 11, 28)) == []


def test_a_lunch_break_parts_the_day_in_two_sessions() -> None:
    write_sessions("XHKG", date(2026, 11, 20), 10)
    assert sessions("XHKG", date(2026, 11, 24)) == [("01:30", "04:00", "08:00"), ("05:00", "08:00", "08:00")]


def test_a_second_time_changes_nothing_and_an_error_is_put_right() -> None:
    assert write_sessions("XLON", date(2026, 11, 20), 30) > 20
    before = list(Session.objects.order_by("opens").values())
    assert write_sessions("XLON", date(2026, 11, 20), 30) == 0
    assert list(Session.objects.order_by("opens").values()) == before
    wrong = Session.objects.order_by("opens").first()
    Session.objects.filter(pk=wrong.pk).update(closes=wrong.opens + timedelta(hours=1))
    assert write_sessions("XLON", date(2026, 11, 20), 30) == 1
    assert Session.objects.order_by("opens").first().closes == wrong.closes


def test_the_calendars_of_instruments_are_written_unless_others_are_named() -> None:
    an_instrument("VOD", "EQUITY", calendar="XLON")
    an_instrument("BTCUSDT", "CRYPTO", calendar="24/7")
    call_command("calendars", "--days", "20", stdout=StringIO())
    assert set(Session.objects.values_list("calendar", flat=True)) == {"XLON"}
    call_command("calendars", "XPAR", "--days", "20", stdout=StringIO())
    assert set(Session.objects.values_list("calendar", flat=True)) == {"XLON", "XPAR"}


def test_what_is_no_calendar_is_refused_in_one_line() -> None:
    with pytest.raises(CommandError, match="NOPE") as caught:
        call_command("calendars", "NOPE")
    assert "\n" not in str(caught.value)
    with pytest.raises(CommandError, match="days"):
        call_command("calendars", "XLON", "--days", "0")
