"""The demo starts with charts that show something, and nothing that was invented is ever traded on."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from orders.candles import INTERVALS, bars_of
from orders.models import Instrument, LastQuote, Quote

pytestmark = pytest.mark.django_db(transaction=True)


def printed(*words: str) -> str:
    said = StringIO()
    call_command(*words, stdout=said)
    return said.getvalue()


def test_the_demo_has_a_past_that_ends_where_its_market_begins() -> None:
    printed("demo")
    for instrument in Instrument.objects.select_related("quote"):
        assert instrument.quote.source == "seed"
        older = Quote.objects.filter(instrument=instrument, seq__lt=instrument.quote.seq)
        assert set(older.values_list("source", "shown")) == {("invented", True)}
        for interval in INTERVALS:
            bars = bars_of(instrument.pk, interval)
            assert len(bars) > 90, f"{instrument}, {interval}"
            assert bars[-1].close == instrument.quote.bid
            assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)
    browser = Client()
    browser.force_login(User.objects.get(username="alice"))
    assert "%" in browser.get("/desk/").content.decode()
    assert "28 rules hold" in printed("audit")

    numbers = list(LastQuote.objects.values_list("instrument_id", "seq"))
    printed("demo")
    assert list(LastQuote.objects.values_list("instrument_id", "seq")) == numbers, "a second start invents nothing more"
