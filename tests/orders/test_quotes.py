"""The one door for quotes: what it takes, what it refuses, whom it tells."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from accounts.models import TradingAccount
from orders import quotes
from orders.models import Instrument, LastQuote, OrderCommand, Position, Quote
from orders.strict_json import parse
from tests.orders.making import a_waiting_order, an_account, an_instrument

pytestmark = pytest.mark.django_db


@pytest.fixture
def btc() -> Instrument:
    return an_instrument()


def post(text: str) -> quotes.Result:
    read = parse(text)
    return quotes.accept(read if isinstance(read, list) else [read], "feed")


def quote(bid: str, ask: str, symbol: str = "BTCUSDT") -> quotes.Result:
    return post(f'{{"symbol":"{symbol}","bid":"{bid}","ask":{ask}}}')


def told(account: TradingAccount) -> list[tuple[int, str]]:
    """Number and bid of the quotes in an account's tray, in order."""
    rows = OrderCommand.objects.filter(account=account, kind="quote").order_by("seq")
    return [(row.payload["quote"]["seq"], row.payload["quote"]["bid"]) for row in rows]


def test_a_quote_is_numbered_and_kept_exactly(btc: Instrument) -> None:
    post('{"symbol":"btcusdt","bid":64250.00,"ask":"64250.5000000001","bidSize":"1.5","last":64250.25,"askSize":0}')
    quote("64251", "64252")
    first, second = Quote.objects.order_by("seq")
    assert (first.seq, first.bid, first.ask) == (1, Decimal("64250"), Decimal("64250.5000000001"))
    assert (first.bid_size, first.ask_size, first.last) == (Decimal("1.5"), Decimal(0), Decimal("64250.25"))
    assert (second.seq, second.bid_size, second.last, second.source, second.shown) == (2, None, None, "feed", True)
    newest = LastQuote.objects.get(instrument=btc)
    assert (newest.seq, newest.bid, newest.ask, newest.bid_size) == (2, Decimal(64251), Decimal(64252), None)
    assert newest.last == Decimal("64250.25")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"symbol":"BTCUSDT","bid":2,"ask":1}', "crossed"),
        ('{"symbol":"BTCUSDT","bid":0,"ask":1}', "not_positive"),
        ('{"symbol":"BTCUSDT","bid":-1,"ask":1}', "not_positive"),
        ('{"symbol":"BTCUSDT","bid":"Infinity","ask":1}', "not_a_number"),
        ('{"symbol":"BTCUSDT","bid":true,"ask":1}', "not_a_number"),
        ('{"symbol":"BTCUSDT","bid":1e999,"ask":1}', "out_of_range"),
        ('{"symbol":"BTCUSDT","bid":1,"ask":1000000000000000}', "out_of_range"),
        ('{"symbol":"BTCUSDT","bid":0.00000000001,"ask":1}', "too_many_digits"),
        ('{"symbol":"BTCUSDT","ask":1}', "required"),
        ('{"symbol":"BTCUSDT","bid":1,"ask":1,"bidSize":-1}', "not_positive"),
        ('{"symbol":"BTCUSDT","bid":1,"ask":1,"last":0}', "not_positive"),
        ('{"symbol":"BTCUSDT","bid":1,"ask":1,"time":"yesterday"}', "time"),
        ('{"symbol":"BTCUSDT","bid":1,"ask":1,"time":"2026-01-01T00:00:00"}', "time"),
        ('{"symbol":"BTCUSDT","bid":1,"ask":1,"time":1e17}', "time"),
        ('{"symbol":"BTCUSDT","bid":1,"ask":1,"time":{}}', "time"),
        ('{"symbol":"BTCUSDT","symbolType":"STONK","bid":1,"ask":1}', "unknown_word"),
        ('{"symbol":"BTCUSDX","bid":1,"ask":1}', "symbol_unknown"),
        ('{"symbol":5,"bid":1,"ask":1}', "symbol_unknown"),
        ('{"symbol":{},"bid":1,"ask":1}', "not_a_text"),
        ('{"symbol":["BTCUSDT"],"bid":1,"ask":1}', "not_a_text"),
        ('{"bid":1,"ask":1}', "required"),
        ("5", "not_an_object"),
        ("null", "not_an_object"),
        ('"quote"', "not_an_object"),
    ],
)
def test_a_quote_that_cannot_be_is_refused_with_its_reason(btc: Instrument, text: str, code: str) -> None:
    result = post(text)
    assert result.accepted == 0
    assert [refused.code for refused in result.refused] == [code]
    assert result.refused[0].reason
    assert not Quote.objects.exists()


def test_good_quotes_of_a_batch_are_taken_beside_bad_ones(btc: Instrument) -> None:
    result = post(
        '[{"symbol":"BTCUSDT","bid":5,"ask":4}, {"symbol":"BTCUSDT","bid":1,"ask":2}, {"symbol":"NONE"},'
        ' {"symbol":"BTCUSDT","bid":2,"ask":3}]'
    )
    assert result.accepted == 2
    assert [(refused.index, refused.code) for refused in result.refused] == [(0, "crossed"), (2, "symbol_unknown")]
    assert list(Quote.objects.order_by("seq").values_list("seq", "bid")) == [(1, 1), (2, 2)]
    assert LastQuote.objects.get(instrument=btc).refused == 1


def test_a_symbol_of_several_types_needs_the_one_that_decides() -> None:
    an_instrument("AAPL", "EQUITY")
    an_instrument("AAPL", "EQUITY_CFD")
    an_instrument("CL", "FUTURES_CFD", contract_month="2030-12-18")
    result = post(
        '[{"symbol":"AAPL","bid":1,"ask":2}, {"symbol":"AAPL","symbolType":"equity cfd","bid":1,"ask":2},'
        ' {"symbol":"CL","bid":1,"ask":2}]'
    )
    assert result.accepted == 2
    assert [refused.code for refused in result.refused] == ["symbol_ambiguous"]
    assert "symbolType" in result.refused[0].reason


def test_time_may_stand_still_but_not_go_back_nor_run_ahead(btc: Instrument) -> None:
    now = datetime.now(UTC)

    def timed(moment: datetime, form: str = "iso") -> list[str]:
        time = f'"{moment.isoformat()}"' if form == "iso" else str(int(moment.timestamp() * 1000))
        result = post(f'{{"symbol":"BTCUSDT","bid":1,"ask":2,"time":{time}}}')
        return [refused.code for refused in result.refused]

    assert timed(now) == []
    assert timed(now) == []
    assert timed(now - timedelta(seconds=1)) == ["too_old"]
    assert timed(now + timedelta(seconds=3), "ms") == []
    assert timed(now + timedelta(seconds=60)) == ["in_the_future"]
    assert quote("1", "2").accepted == 1  # without a time of its own it is not older than the last
    assert LastQuote.objects.get(instrument=btc).seq == 4


def test_each_account_that_a_quote_concerns_gets_it_once(btc: Instrument) -> None:
    below, above, sells, far = (an_account(name) for name in ("BELOW", "ABOVE", "SELLS", "FAR"))
    a_waiting_order(below, btc, "buy", wakes_at_or_below=64000)
    a_waiting_order(below, btc, "buy", wakes_at_or_below=64010)
    a_waiting_order(above, btc, "buy", wakes_at_or_above=64000, type="Stop")
    a_waiting_order(sells, btc, "sell", wakes_at_or_below=63999, type="Stop")
    a_waiting_order(far, btc, "buy", wakes_at_or_below=60000)
    a_waiting_order(far, btc, "sell", wakes_at_or_above=70000)
    a_waiting_order(far, an_instrument("OTHER"), "buy", wakes_at_or_below=99999)
    quote("63999", "64000")
    assert told(below) == told(above) == told(sells) == [(1, "63999")]
    assert told(far) == []


def test_a_buy_is_woken_by_the_ask_and_a_sell_by_the_bid(btc: Instrument) -> None:
    buyer, seller = an_account("BUYER"), an_account("SELLER")
    a_waiting_order(buyer, btc, "buy", wakes_at_or_below=100)
    a_waiting_order(seller, btc, "sell", wakes_at_or_above=200)
    quote("99", "101")
    quote("199", "201")
    assert told(buyer) == told(seller) == []
    quote("99", "100")
    quote("200", "201")
    assert told(buyer) == [(3, "99")]
    assert told(seller) == [(4, "200")]


def test_a_position_at_its_stop_out_level_is_looked_at(btc: Instrument) -> None:
    long, short = an_account("LONG"), an_account("SHORT")
    usual = {"instrument": btc, "avg_price": 100, "opened_at": datetime.now(UTC)}
    Position.objects.create(account=long, qty=1, wakes_at_or_below=90, **usual)
    Position.objects.create(account=short, qty=-1, wakes_at_or_above=110, **usual)
    quote("91", "92")
    quote("108", "109")
    assert told(long) == told(short) == []
    quote("90", "95")
    quote("109", "110")
    assert told(long) == [(3, "90")]
    assert told(short) == [(4, "109")]


def test_an_order_that_saw_the_quote_is_not_told_again(btc: Instrument) -> None:
    account = an_account()
    a_waiting_order(account, btc, "buy", wakes_at_or_below=100, seen_seq=1)
    quote("90", "95")
    assert told(account) == []
    quote("90", "95")
    assert told(account) == [(2, "90")]


def test_every_quote_of_a_batch_is_told_in_order(btc: Instrument) -> None:
    account = an_account()
    a_waiting_order(account, btc, "buy", wakes_at_or_below=100)
    post(f'[{",".join(f"""{{"symbol":"BTCUSDT","bid":{50 + n},"ask":{51 + n}}}""" for n in range(20))}]')
    assert [seq for seq, _ in told(account)] == list(range(1, 21))


def test_what_a_dead_process_left_is_shown_by_the_pump(btc: Instrument) -> None:
    account = an_account()
    a_waiting_order(account, btc, "buy", wakes_at_or_below=100)
    long_ago = datetime.now(UTC) - timedelta(seconds=5)
    LastQuote.objects.create(instrument=btc, seq=2)
    for seq in (1, 2):
        Quote.objects.create(instrument=btc, seq=seq, bid=90, ask=95, time=long_ago, at=long_ago, source="feed")
    quotes.show_pending()
    quotes.show_pending()
    assert [seq for seq, _ in told(account)] == [1, 2]
    assert not Quote.objects.filter(shown=False).exists()


@pytest.mark.django_db(transaction=True)
def test_quotes_posted_from_everywhere_are_told_once_each_and_in_order() -> None:
    symbols = ["AAA", "BBB", "CCC"]
    account = an_account()
    for symbol in symbols:
        a_waiting_order(account, an_instrument(symbol), "buy", wakes_at_or_below=1000)
    failures: list[Exception] = []

    def feed(turn: int) -> None:
        try:
            for n in range(15):
                batch: list[dict[str, Any]] = [{"symbol": one, "bid": "5", "ask": "6"} for one in symbols]
                quotes.accept(batch if (n + turn) % 2 else batch[::-1], "feed")
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=feed, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    for instrument in Instrument.objects.all():
        rows = OrderCommand.objects.filter(payload__quote__instrument_id=instrument.id).order_by("seq")
        assert [row.payload["quote"]["seq"] for row in rows] == list(range(1, 61))
