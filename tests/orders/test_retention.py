"""What is old goes, a step at a time, and nobody misses it: replays, audits, charts, the story of an order."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from orders.candles import MOST_QUOTES, bars_of, day_open
from orders.causes import deliveries_of
from orders.engine.commands import Cancel
from orders.execution import drain
from orders.models import Book, Fill, Instrument, LastQuote, Order, OrderCommand, Quote, UsedQuote
from tests.orders.making import an_instrument
from tests.orders.processes import pump, wait_until
from tests.orders.trading import Trader, assert_sound, placing, quote
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "redis://127.0.0.1:9/0"
AGE = timedelta(days=3)
TIMES_SQL = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name LIKE 'orders\\_%%' AND data_type = 'timestamp with time zone'
"""
CONTEXTS_SQL = """
UPDATE orders_ordercommand
SET context = jsonb_set(context, '{now}', to_jsonb(((context ->> 'now')::timestamptz - %s)::text)) WHERE context ? 'now'
"""
NEW_QUOTES_SQL = """
INSERT INTO orders_quote (instrument_id, seq, bid, ask, time, at, source, shown)
SELECT instrument_id, l.seq + n, 90 + n %% 7, 98 + n %% 7, now(), now(), 'test', true
FROM orders_lastquote l, generate_series(1, %s) AS n
"""
NEWEST_SQL = """
UPDATE orders_lastquote l SET seq = q.seq, bid = q.bid, ask = q.ask, time = q.time, at = q.at FROM orders_quote q
WHERE q.instrument_id = l.instrument_id AND q.seq = l.seq + %s
"""


def age_everything() -> None:
    """As if all that happened so far had happened some days ago."""
    with connection.cursor() as cursor:
        cursor.execute(TIMES_SQL)
        for table, column in cursor.fetchall():
            cursor.execute(f"UPDATE {table} SET {column} = {column} - %s", [AGE])
        cursor.execute(CONTEXTS_SQL, [AGE])
    for book in Book.objects.filter(day__has_key="date"):
        book.day["date"] = str(date.fromisoformat(book.day["date"]) - AGE)
        book.save(update_fields=["day"])


def quotes_of_today(many: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NEW_QUOTES_SQL, [many])
        cursor.execute(NEWEST_SQL, [many])


def whole_from() -> int:
    return LastQuote.objects.get().whole_from


def days_of_trading(instrument: Instrument, trader: Trader) -> None:
    """Twenty-five quotes; orders read the 5th and the 12th, a resting one is hit by the 20th."""
    for number in range(1, 26):
        quote(instrument, "97" if number == 20 else "100", "97.5" if number == 20 else f"100.{number:02}")
        if number == 5:
            trader.does(placing(instrument))
        if number == 12:
            trader.does(placing(instrument, price="98"))
            trader.does(placing(instrument, "sell", price="150", client_order_id="rests"))
        if number == 20:
            drain(trader.id)


def test_quotes_that_nobody_used_go_and_every_proof_stays() -> None:
    btc = an_instrument(margin_rate="0.1")
    quote(btc, "100", "100.5")
    trader = Trader.with_money()
    days_of_trading(btc, trader)
    assert Fill.objects.count() == 2
    age_everything()
    quotes_of_today(MOST_QUOTES + 10)
    charts = [bars_of(btc.pk, interval) for interval in ("1m", "1d")]
    with pump(REDIS_URL=NOWHERE, QUOTE_RETENTION_DAYS="1"):
        wait_until(lambda: whole_from() > 1)
        wait_until(lambda: not UsedQuote.objects.filter(seq__lt=whole_from()).exists())
    kept = set(Quote.objects.filter(seq__lte=26).values_list("seq", flat=True))
    used = set(Fill.objects.values_list("quote_seq", flat=True))
    for context in OrderCommand.objects.values_list("context", flat=True):
        used |= set((context or {}).get("quotes", {}).values())
    assert 2 <= len(used) < 12
    assert kept == used | {26}  # the last one of those days stood until today's came
    assert [bars_of(btc.pk, interval) for interval in ("1m", "1d")] == charts
    assert day_open(btc.pk) is not None
    assert trader.does(Cancel(client_order_id="rests"))["ok"]
    assert_sound(trader)


def deliveries(*ages: timedelta) -> list[UUID]:
    now = timezone.now()
    rows = [Delivery(method="POST", http=200, received_at=now - age, body=secrets.token_hex(50)) for age in ages]
    return [row.pk for row in Delivery.objects.bulk_create(rows)]


def test_deliveries_go_after_their_days_and_the_order_stays() -> None:
    btc = an_instrument(margin_rate="0.1")
    quote(btc, "100", "100.5")
    trader = Trader.with_money()
    order = trader.order(trader.does(placing(btc, price="90"))["d"]["orderId"])
    old = deliveries(*(timedelta(days=7, minutes=number) for number in range(1_200)))
    young = deliveries(timedelta(days=6), timedelta(0))
    OrderCommand.objects.filter(order_id=order.pk).update(delivery_id=old[0])
    assert deliveries_of([order]) == {order.pk: old[0]}
    with pump(REDIS_URL=NOWHERE, DELIVERY_RETENTION_DAYS="7"):
        wait_until(lambda: Delivery.objects.count() <= len(young))
    assert set(Delivery.objects.values_list("pk", flat=True)) == set(young)
    OrderCommand.objects.filter(order_id=order.pk).update(accepted_at=timezone.now() - timedelta(days=31))
    assert deliveries_of([order]) == {}
    assert Order.objects.get().state == "working"
    OrderCommand.objects.filter(order_id=order.pk).update(accepted_at=timezone.now())
    assert_sound(trader)
