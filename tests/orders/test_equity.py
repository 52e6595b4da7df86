"""The curve of an account: what it was worth, minute by minute, with what is open."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import TradingAccount
from orders import quotes
from orders.engine.commands import MoveMoney
from orders.equity import MOST_POINTS, curve_of
from orders.equity_record import EquityRecorder, concerned, record, thin
from orders.execution import drain
from orders.intake import Slip, submit
from orders.models import Equity, Instrument, LedgerEntry
from tests.orders.by_hand import alice, browser, btc, engine
from tests.orders.test_acts_by_hand import place

__all__ = ["alice", "btc", "engine"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


def move(account: TradingAccount, kind: str, amount: int) -> None:
    submit(Slip(account.pk, MoveMoney(kind, Decimal(amount)), {"kind": "operator"}))
    drain(account.pk)


def recorded(account: TradingAccount, *, minutes_ago: float, equity: int, balance: int = 100_000) -> Equity:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    return Equity.objects.create(account=account, at=at, balance=balance, equity=equity)


@pytest.mark.usefixtures("engine")
def test_what_is_open_is_in_the_record_and_in_the_curve(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc)
    record([alice.pk])
    quotes.accept([{"symbol": "BTCUSDT", "bid": "64350.50", "ask": "64351.00"}], "feed")
    one = Equity.objects.get()
    assert (one.balance, one.equity) == (Decimal("99998.5"), Decimal("99998.25"))
    curve = curve_of(alice, "all")
    assert curve is not None
    assert (curve.open, curve.ending) == (Decimal("50.00"), Decimal("100048.50"))
    assert curve.earned == Decimal("48.50")


def test_a_minute_that_changed_nothing_leaves_no_row(alice: TradingAccount) -> None:
    recorded(alice, minutes_ago=5, equity=100_000)
    record([alice.pk])
    assert Equity.objects.count() == 1
    move(alice, "adjustment", -40)
    record([alice.pk])
    record([alice.pk])
    assert [one.equity for one in Equity.objects.order_by("at")] == [100_000, 99_960]


@pytest.mark.usefixtures("engine")
def test_who_holds_something_or_was_changed_is_recorded(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_book SET changed_at = now() - interval '1 hour'")
    assert concerned() == [alice.pk]
    recorder = EquityRecorder()
    recorder.go_on()
    recorder.go_on()
    assert Equity.objects.filter(account=alice).count() == 1


def test_old_minutes_are_thinned_to_hours(alice: TradingAccount) -> None:
    hour = (timezone.now() - timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    for minute in (1, 30, 59, 61):
        at = hour + timedelta(minutes=minute)
        Equity.objects.create(account=alice, at=at, balance=100_000, equity=100_000 + minute)
    recorded(alice, minutes_ago=1, equity=5)
    recorded(alice, minutes_ago=2, equity=4)
    thin()
    assert [int(one.equity) for one in Equity.objects.order_by("at")] == [100_059, 100_061, 4, 5]


def test_the_curve_tells_earnings_from_deposits(alice: TradingAccount) -> None:
    move(alice, "deposit", 5_000)
    move(alice, "adjustment", -40)
    curve = curve_of(alice, "all")
    assert curve is not None
    assert (curve.earned, curve.paid, curve.ending) == (-40, 105_000, 104_960)


def test_a_span_begins_with_what_it_was_worth_before(alice: TradingAccount) -> None:
    LedgerEntry.objects.update(at=timezone.now() - timedelta(days=20))
    recorded(alice, minutes_ago=60 * 24 * 9, equity=100_700)
    move(alice, "adjustment", 10)
    curve = curve_of(alice, "1w")
    assert curve is not None
    assert (curve.beginning, curve.ending, curve.earned, curve.paid) == (100_700, 100_010, -690, 0)


def test_between_two_records_far_apart_it_stayed_level(alice: TradingAccount) -> None:
    LedgerEntry.objects.update(at=timezone.now() - timedelta(hours=20))
    recorded(alice, minutes_ago=600, equity=100_500)
    curve = curve_of(alice, "1d")
    assert curve is not None
    assert [int(point.equity) for point in curve.points] == [100_000, 100_000, 100_500, 100_500, 100_000]


def test_a_long_record_is_a_curve_of_few_points(alice: TradingAccount) -> None:
    LedgerEntry.objects.update(at=timezone.now() - timedelta(days=2))
    start = timezone.now() - timedelta(days=1)
    Equity.objects.bulk_create(
        Equity(account=alice, at=start + n * timedelta(seconds=30), balance=100_000, equity=100_000 - n)
        for n in range(2000)
    )
    curve = curve_of(alice, "1w")
    assert curve is not None
    assert len(curve.points) <= MOST_POINTS + 8


@pytest.mark.parametrize("span", ["1d", "1w", "1m", "all", "", "x"])
def test_the_curve_is_drawn(span: str, alice: TradingAccount) -> None:
    for headers in ({}, {"HX-Request": "true", "HX-Target": "equity"}):
        answer = browser(alice).get("/accounts/equity/", {"span": span}, headers=headers)
        assert answer.status_code == 200
        assert 'class="equity-line"' in answer.content.decode()
