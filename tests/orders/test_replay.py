"""The tray, replayed, makes the same books; a book that was tampered with shows."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from django.db import connection
from pytest_django import Settings

from orders.engine.commands import Halt, MoveMoney, SetRisk
from orders.engine.values import OrderType
from orders.execution import drain
from orders.models import Instrument, InstrumentTerms, OrderCommand
from tests.orders.making import an_instrument
from tests.orders.trading import Trader, assert_sound, placing, quote, random_command, says

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def btc() -> Instrument:
    btc = an_instrument(margin_rate="0.1", commission_percent="0.05")
    quote(btc, "100", "100.02")
    return btc


@pytest.mark.parametrize("seed", range(6))
def test_random_lives_replay_equal(btc: Instrument, seed: int) -> None:
    """Orders, quotes, halts and money, executed in batches of any size."""
    chance = random.Random(seed)
    dax = an_instrument("DAX", currency="EUR", margin_rate="0.05", lot_size=10)
    pair = an_instrument("EUR/USD", "FOREX", base_currency="EUR", margin_rate="0.02")
    quote(pair, "1.1", "1.1002")
    quote(dax, "100", "100.02")
    traders = [Trader.with_money("RICH"), Trader.with_money("POOR", 3_000)]
    for _ in range(40):
        for trader in traders:
            trader.asks(*(random_command(chance, chance.choice([btc, dax])) for _ in range(chance.randrange(4))))
            if chance.random() < 0.6:
                drain(trader.id)
        middle = Decimal(10_000 + chance.randrange(-400, 400)) / 100
        quote(chance.choice([btc, dax]), str(middle), str(middle + Decimal("0.02")))
        quote(pair, str(Decimal("1.1") + Decimal(chance.randrange(100)) / 10_000), "1.2")
        if chance.random() < 0.1:
            traders[0].asks(Halt(chance.random() < 0.5), MoveMoney("withdrawal", Decimal(-50)))
            traders[1].asks(SetRisk((("dailyLossLimit", Decimal(chance.randrange(100, 900))),)))
        if chance.random() < 0.1:
            Instrument.objects.filter(pk=btc.pk).update(status=chance.choice(["halted", "open"]))
    for trader in traders:
        while drain(trader.id):
            pass
    assert not OrderCommand.objects.filter(status__in=[0, 3]).exists()
    assert_sound(*traders)


def test_terms_that_an_operator_changed_are_replayed_as_they_were(btc: Instrument) -> None:
    trader = Trader.with_money("DEMO-1", 10_000)
    trail = placing(btc, "sell", type=OrderType.TRAILING_STOP, trail_ticks=Decimal(300), validity="GTC")
    for change in ({}, {"margin_rate": "0.5", "commission_per_lot": 3}, {"tick_size": "0.02"}, {"max_lot": 2}):
        Instrument.objects.filter(pk=btc.pk).update(**change)
        trader.does(placing(btc, qty="3"))
        trader.does(trail)
        trader.does(placing(btc, "sell", price="105", qty="3"))
    Instrument.objects.filter(pk=btc.pk).update(margin_rate="0.1", commission_per_lot=0, tick_size="0.01", max_lot=100)
    trader.does(placing(btc, qty="5"))
    Instrument.objects.filter(pk=btc.pk).update(status="halted", margin_rate="0.9")
    trader.does(placing(btc))
    contexts = OrderCommand.objects.filter(kind="place").order_by("seq").values_list("context__terms", flat=True)
    numbers = [next(iter(terms.values())) if terms else 1 for terms in contexts]
    assert numbers == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 1, 5]
    assert_sound(trader)


def test_terms_first_used_by_a_batch_that_is_undone_are_kept_by_the_next(btc: Instrument) -> None:
    trader = Trader.with_money()
    trader.does(placing(btc))
    Instrument.objects.filter(pk=btc.pk).update(margin_rate="0.5")
    trader.asks(placing(btc), placing(btc))
    OrderCommand.objects.filter(seq=4).update(kind="dance")
    drain(trader.id)
    assert trader.statuses() == [1, 1, 1, 3]
    assert InstrumentTerms.objects.filter(instrument=btc).count() == 2
    assert_sound(trader)


def test_another_stop_out_level_is_remembered(btc: Instrument, settings: Settings) -> None:
    settings.STOP_OUT_LEVEL = "0.9"
    trader = Trader.with_money("POOR", 120)
    trader.does(placing(btc, qty="10"))
    quote(btc, "96", "96.02")
    drain(trader.id)
    assert OrderCommand.objects.filter(kind="stop out", status=1).exists()
    settings.STOP_OUT_LEVEL = "0.5"
    assert_sound(trader)


TAMPERED = {
    "orders_order SET qty = qty + 1": "order",
    "orders_order SET seen_seq = seen_seq + 1": "seen_seq",
    "orders_fill SET price = price + 1": "fill",
    "orders_ledgerentry SET amount = amount + 1 WHERE seq = 1": "ledger entry",
    "orders_position SET avg_price = avg_price + 0.000001": "position",
    "orders_book SET balance = balance + 0.01": "balance",
    "orders_orderevent SET details = '{}'": "event",
    "orders_ordercommand SET outcome = '{\"ok\": true}' WHERE seq = 2": "outcome",
}


@pytest.mark.parametrize("change", TAMPERED)
def test_a_tampered_book_shows(btc: Instrument, change: str) -> None:
    trader = Trader.with_money()
    trader.does(placing(btc))
    assert says("replay", "DEMO-1")[0] == 0
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {change}")
    status, text = says("replay", "DEMO-1")
    assert status == 1
    assert TAMPERED[change] in text


def test_a_row_that_is_missing_or_too_many_shows(btc: Instrument) -> None:
    trader = Trader.with_money()
    trader.does(placing(btc))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders_orderevent WHERE kind = 'filled'")
        cursor.execute("UPDATE orders_fill SET number = 7")
    status, text = says("replay", "DEMO-1")
    assert status == 1
    assert "event 2 2: replayed, not in the books\n" in text
    assert text.count("not in the books") == 2
    assert text.count("in the books, not replayed") == 1


def test_long_lives_are_replayed_in_pieces(btc: Instrument) -> None:
    trader = Trader.with_money()
    trader.asks(*[placing(btc, "sell" if number % 2 else "buy") for number in range(2_400)])
    while drain(trader.id):
        pass
    assert says("replay", "DEMO-1") == (0, "DEMO-1: 2401 commands replayed, the books are equal\n")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders_order WHERE id IN (SELECT max(id) - 1200 FROM orders_order)")
    status, text = says("replay", "DEMO-1")
    assert status == 1
    assert text.count("order") == 1


def test_commands_that_wait_are_not_replayed(btc: Instrument) -> None:
    trader = Trader.with_money()
    trader.asks(placing(btc))
    assert says("replay", "DEMO-1") == (0, "DEMO-1: 1 commands replayed, the books are equal\n")


def test_an_account_that_does_not_exist_is_said_so() -> None:
    assert says("replay", "NOBODY") == (1, 'there is no account "NOBODY"')
