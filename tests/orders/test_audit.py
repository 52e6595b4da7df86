"""The audit finds what must never be, wherever somebody plants it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection

from orders.engine.commands import DealerFill, DealerReject
from orders.engine.values import Guard, OrderType, StopLossType, TakeProfitType
from orders.execution import drain
from orders.models import Instrument
from tests.orders.making import an_instrument
from tests.orders.trading import Trader, assert_sound, placing, quote, says

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def trader() -> Trader:
    """A life with something of everything: fills, a bracket, a stop, a limit that rests, a Care order, refusals."""
    btc = an_instrument(margin_rate="0.1", commission_per_lot=1)
    quote(btc, "100", "100.5")
    trader = Trader.with_money()
    guards = {"stop_loss": Guard(Decimal(95), StopLossType.ABSOLUTE)}
    guards |= {"take_profit": Guard(Decimal(110), TakeProfitType.ABSOLUTE)}
    trader.does(placing(btc, qty="5", **guards))
    trader.does(placing(btc, "sell", type=OrderType.STOP, stop_price=Decimal(99), qty="1"))
    trader.does(placing(btc, qty="2", price="98"))
    trader.does(placing(btc, price="90"))
    care = trader.does(placing(btc, type=OrderType.CARE, user_comment="softly"))["d"]["orderId"]
    trader.does(DealerFill(care, Decimal(1), Decimal(100)))
    other = trader.does(placing(btc, type=OrderType.CARE))["d"]["orderId"]
    trader.does(DealerReject(other, "no"))
    trader.does(placing(btc, qty="100", price="1000000"))
    for bid in ("98.5", "97", "101", "94"):
        quote(btc, bid, str(Decimal(bid) + Decimal("0.5")))
        drain(trader.id)
    assert_sound(trader)
    return trader


PLANTED = {
    "UPDATE orders_order SET filled_qty = qty + 1 WHERE state = 'filled'": "an order fills at most its quantity",
    "UPDATE orders_order SET filled_qty = 1 WHERE state = 'working'": "what an order filled is the sum of its fills",
    "UPDATE orders_order SET avg_price = avg_price + 0.01 WHERE state = 'filled'": "at their average price",
    "UPDATE orders_order SET fill_count = fill_count + 1": "the sum of its fills",
    "UPDATE orders_order SET state = 'working' WHERE state = 'filled'": "exactly when nothing remains",
    "UPDATE orders_fill SET side = CASE side WHEN 'buy' THEN 'sell' ELSE 'buy' END": "its account, instrument and side",
    "UPDATE orders_fill SET price = price - 0.5 WHERE side = 'buy'": "at the side of the quote it hits",
    "UPDATE orders_fill SET price = price + 0.5 WHERE side = 'sell'": "at the side of the quote it hits",
    "UPDATE orders_fill SET price = price + 3 WHERE price = 98": "never worse than the limit",
    "UPDATE orders_fill SET quote_bid = quote_bid + 1, quote_ask = quote_ask + 1": "used a quote of its instrument",
    "UPDATE orders_fill SET quote_seq = NULL": "only a dealer fills without a quote",
    "UPDATE orders_instrument SET calendar = 'XNYS'": "nothing fills out of session",
    "DELETE FROM orders_orderevent WHERE kind = 'triggered'": "no stop fills before its trigger",
    "UPDATE orders_orderevent SET details = jsonb_set(details, '{bid}', '99.5') WHERE kind = 'triggered'": "through it",
    "UPDATE orders_order SET filled_qty = 5, qty = 5 WHERE leg = 'takeProfit'": "together close at most",
    "UPDATE orders_order SET side = 'buy' WHERE leg <> ''": "is of an order of its account, against it",
    "UPDATE orders_order SET parent_id = 1 WHERE leg <> ''": "is of an order of its account, against it",
    "INSERT INTO orders_position (account_id, instrument_id, qty, avg_price, fee, opened_at)"
    " SELECT a.id, i.id, 1, 1, 0, now() FROM accounts_tradingaccount a, orders_instrument i"
    " ON CONFLICT (account_id, instrument_id) DO UPDATE SET qty = orders_position.qty + 1": "sum of the signed fills",
    "UPDATE orders_book SET balance = balance + 0.01": "the balance is the sum of the ledger",
    "UPDATE orders_ledgerentry SET balance = balance + 1 WHERE seq = 1": "moves the balance by its amount",
    "UPDATE orders_fill SET gross = gross + 1": "every fill's profit and commission",
    "DELETE FROM orders_ledgerentry WHERE kind = 'commission'": "every fill's profit and commission",
    "UPDATE orders_orderevent SET state = 'pending' WHERE kind = 'filled'": "follows from the one before",
    "UPDATE orders_orderevent SET state = 'filled' WHERE kind = 'placed'": "a final state is the last",
    "UPDATE orders_order SET state = 'cancelled' WHERE state = 'working'": "the one its last event tells",
    "DELETE FROM orders_ordercommand WHERE seq = 3": "numbered without a gap",
    "UPDATE orders_tray SET next_seq = next_seq + 1": "numbered without a gap",
    "UPDATE orders_ordercommand SET status = 0 WHERE seq = 3": "exactly one outcome",
    "UPDATE orders_ordercommand SET outcome = NULL WHERE seq = 3": "exactly one outcome",
    "UPDATE orders_book SET done_seq = done_seq - 1": "exactly one outcome",
    "UPDATE orders_ordercommand SET kind = 'cancel' WHERE seq = 2": "the one command that placed it",
    "DELETE FROM orders_order WHERE state = 'working' AND leg = ''": "has it in the books",
    "UPDATE orders_ledgerentry SET seq = 500 WHERE seq = 1": "caused by a command that was executed",
    "UPDATE orders_lastquote SET seq = seq + 1": "quotes are numbered without a gap",
    "UPDATE orders_quote SET bid = ask + 1 WHERE seq = 1": "none is crossed",
    "UPDATE orders_order SET wakes_at_or_below = 99 WHERE state = 'working' AND leg = ''": "reached every order",
    "UPDATE orders_position SET instrument_id = 987654": "an instrument that exist",
}


@pytest.mark.parametrize("change", PLANTED)
def test_what_is_planted_is_found(trader: Trader, change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # not even foreign keys are in the way
        cursor.execute(change)
        planted = cursor.rowcount
        cursor.execute("SET session_replication_role = DEFAULT")
    assert planted > 0
    status, text = says("audit")
    assert status == 1
    assert PLANTED[change] in text


def test_a_rule_that_is_broken_often_is_told_of_in_short(trader: Trader) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_orderevent (account_id, order_id, seq, number, kind, state, at, origin, details)"
            " SELECT %s, 1, n, 1, 'placed', 'working', now(), '{}', '{}' FROM generate_series(1000, 1099) n",
            (trader.id,),
        )
    assert says("audit")[1].count("caused by a command") == 20


def test_empty_books_are_sound() -> None:
    Instrument.objects.all().delete()
    assert says("audit") == (0, "28 rules hold\n")
