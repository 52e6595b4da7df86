"""What operators do from the command line."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import TradingAccount
from orders import quotes
from orders.carrying import NotDone, act
from orders.engine.commands import MoveMoney, Place
from orders.engine.values import OrderType, Side, Validity
from orders.models import Instrument, LastQuote, Order, OrderEvent, Quote
from tests.orders.making import an_account, an_instrument

pytestmark = pytest.mark.django_db(transaction=True)


def manage(*words: str) -> str:
    printed = StringIO()
    call_command(*words, stdout=printed)
    return printed.getvalue()


def refused(*words: str) -> str:
    with pytest.raises(CommandError) as caught:
        manage(*words)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def quote(symbol: str, bid: str, ask: str, **more: str) -> None:
    assert quotes.accept([{"symbol": symbol, "bid": bid, "ask": ask, **more}], "feed").accepted == 1


def place(account: TradingAccount, instrument: Instrument, **more: Any) -> int:
    usual = {"type": OrderType.MARKET, "side": Side.BUY, "qty": Decimal(1), "validity": Validity.GTC}
    done = act(account.pk, Place(0, instrument.pk, **usual | more), {"kind": "user", "user": "alice"})
    return done["orderId"]


@pytest.fixture
def spy() -> Instrument:
    made = an_instrument("SPY", "ETF", min_lot=1, lot_step=1)
    quote("SPY", "590.00", "590.02")
    return made


@pytest.fixture
def demo(spy: Instrument) -> TradingAccount:
    account = an_account()
    act(account.pk, MoveMoney("deposit", Decimal(100000)), {"kind": "operator", "user": "test"})
    return account


@pytest.fixture
def care(demo: TradingAccount, spy: Instrument) -> int:
    return place(demo, spy, type=OrderType.CARE, qty=Decimal(10), price=Decimal("590.01"))


# --- The dealer ----------------------------------------------------------------------------------------


def test_a_dealer_fills_a_care_order_in_parts(care: int) -> None:
    assert "partially filled" in manage("dealer", "fill", str(care), "--qty", "4", "--price", "590.00")
    manage("dealer", "fill", str(care), "--qty", "6", "--price", "590.01")
    order = Order.objects.get(pk=care)
    assert (order.state, order.filled_qty, order.avg_price) == ("filled", 10, Decimal("590.006"))
    assert OrderEvent.objects.filter(order_id=care).last().origin["kind"] == "dealer"


def test_a_dealer_rejects_a_care_order_with_a_reason(care: int) -> None:
    manage("dealer", "reject", str(care), "--reason", "no block on offer")
    order = Order.objects.get(pk=care)
    assert (order.state, order.reason) == ("rejected", "no block on offer")


def test_what_a_dealer_may_not_do_is_said_in_one_line(care: int, demo: TradingAccount, spy: Instrument) -> None:
    limit = place(demo, spy, type=OrderType.LIMIT, price=Decimal(500))
    assert "590.01" in refused("dealer", "fill", str(care), "--qty", "1", "--price", "591")
    assert refused("dealer", "fill", str(care), "--qty", "11", "--price", "590")
    assert refused("dealer", "fill", str(limit), "--qty", "1", "--price", "500")
    assert refused("dealer", "reject", str(limit), "--reason", "no")
    assert refused("dealer", "reject", str(care), "--reason", " ")
    assert refused("dealer", "fill", str(care), "--qty", "many", "--price", "590")
    for number in ("0", "x", "-1", "9" * 30):
        assert refused("dealer", "fill", number, "--qty", "1", "--price", "590") == f"no order {number}"
    assert not Order.objects.exclude(filled_qty=0).exists()


# --- Halts ---------------------------------------------------------------------------------------------


def test_a_halted_account_opens_nothing_but_closes(demo: TradingAccount, spy: Instrument) -> None:
    place(demo, spy)
    manage("halt", "on", "--account", "DEMO-1")
    with pytest.raises(NotDone, match="halt"):
        place(demo, spy)
    place(demo, spy, side=Side.SELL)
    manage("halt", "off", "--account", "DEMO-1")
    place(demo, spy)


def test_a_halted_symbol_is_halted_in_all_its_types_or_one(demo: TradingAccount, spy: Instrument) -> None:
    for kind in ("EQUITY", "EQUITY_CFD"):
        an_instrument("AAPL", kind)
    manage("halt", "on", "--symbol", "AAPL")
    assert set(Instrument.objects.filter(status="halted").values_list("symbol", flat=True)) == {"AAPL"}
    manage("halt", "off", "--symbol", "AAPL", "--symbol-type", "EQUITY")
    assert [one.symbol_type for one in Instrument.objects.filter(status="halted")] == ["EQUITY_CFD"]
    place(demo, spy)
    manage("halt", "on", "--symbol", "SPY")
    with pytest.raises(NotDone, match="halt"):
        place(demo, spy)


def test_the_kill_switch_halts_everything(demo: TradingAccount, spy: Instrument) -> None:
    manage("halt", "on")
    with pytest.raises(NotDone, match="halt"):
        place(demo, spy)
    manage("halt", "off")
    place(demo, spy)


def test_a_closed_instrument_is_not_opened_by_lifting_a_halt(spy: Instrument) -> None:
    Instrument.objects.update(status="closed")
    manage("halt", "on", "--symbol", "SPY")
    manage("halt", "off", "--symbol", "SPY")
    assert Instrument.objects.get().status == "closed"


def test_halting_what_is_not_there_is_refused(spy: Instrument) -> None:
    assert refused("halt", "on", "--account", "NONE") == "no account NONE"
    assert "NONE" in refused("halt", "on", "--symbol", "NONE")
    assert "FOREX" in refused("halt", "on", "--symbol", "SPY", "--symbol-type", "FOREX")
    assert refused("halt", "on", "--symbol-type", "ETF")


# --- Prices --------------------------------------------------------------------------------------------


def test_a_quote_by_hand(spy: Instrument) -> None:
    manage("quote", "SPY", "591", "591.02", "--bid-size", "5")
    assert LastQuote.objects.values_list("bid", "ask", "bid_size").get() == (591, Decimal("591.02"), 5)
    assert "crossed" in refused("quote", "SPY", "592", "591")
    assert "NONE" in refused("quote", "NONE", "1", "2")


def test_the_simulator_walks_the_same_way_from_the_same_seed() -> None:
    walks = []
    for symbol in ("AAA", "BBB"):
        an_instrument(symbol)
        quote(symbol, "100", "100.02")
        manage("simulate", "--seed", "7", "--steps", "8", "--every", "0.001", "--speed", "1e6")
        found = Quote.objects.filter(instrument__symbol=symbol).order_by("seq")
        walks.append([(one.bid, one.ask) for one in found])
        Instrument.objects.all().delete()
    assert walks[0] == walks[1]
    assert len(walks[0]) > 5
    assert all(0 < bid < ask for bid, ask in walks[0])


def test_simulated_prices_stay_on_the_tick_and_within_reason(spy: Instrument) -> None:
    manage("simulate", "--steps", "60", "--every", "0.001", "--speed", "1e7")
    for one in Quote.objects.all():
        assert one.bid % Decimal("0.01") == 0
        assert one.ask - one.bid == Decimal("0.02")
        assert 250 < one.bid < 950


def test_a_recorded_day_is_played_in_order(spy: Instrument, tmp_path: Path) -> None:
    an_instrument("CL", "FUTURES_CFD", contract_month="2030-12-18")
    path = tmp_path / "day.csv"
    path.write_text(
        "time,symbol,contractMonth,bid,ask,bidSize\n"
        "2026-01-05T14:30:00Z,SPY,,580,580.02,100\n"
        "2026-01-05T14:30:00Z,CL,2030-12,70,70.03,\n"
        "2026-01-05T14:30:01Z,SPY,,581,581.02,\n"
    )
    assert manage("simulate", "--csv", str(path), "--speed", "1000").strip() == "3 quotes given"
    assert list(Quote.objects.filter(instrument=spy).order_by("seq").values_list("bid", flat=True)) == [590, 580, 581]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time,symbol,bid,ask\n2026-01-05T14:30:00Z,SPY,5,4\n", "line 2"),
        ("time,symbol,bid,ask\n2026-01-05T14:30:00Z,NONE,5,6\n", "line 2"),
        ("time,symbol,bid,ask\n2026-01-05T14:30:00,SPY,5,6\n", "line 2"),
        ("time,symbol,bid,ask\n2026-01-05T14:30:01Z,SPY,5,6\n2026-01-05T14:30:00Z,SPY,5,6\n", "line 3"),
        ("symbol,bid\nSPY\n", "line 2"),
    ],
)
def test_a_recording_with_a_fault_gives_no_quote_at_all(text: str, says: str, spy: Instrument, tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(text)
    assert says in refused("simulate", "--csv", str(path), "--speed", "1000")
    assert Quote.objects.count() == 1
    assert "No such file" in refused("simulate", "--csv", str(tmp_path / "none.csv"))
