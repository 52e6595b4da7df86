"""The Desk: order entry by hand obeys the engine, the chart is drawn from the quotes that came, and looking changes
nothing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import TradingAccount
from orders.models import Fill, Instrument, LastQuote, Order, OrderCommand, Position, Quote
from tests.orders.by_hand import alice, browser, btc, engine
from tests.orders.making import an_account, an_instrument

__all__ = ["alice", "btc", "engine"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true", "HX-Target": "ticket"}
TOKEN = "by-hand-" + "0" * 32


def send(account: TradingAccount, instrument: Instrument, client: Client | None = None, **fields: Any) -> HttpResponse:
    body = {"side": "buy", "type": "Market", "qty": "0.5", "validity": "DAY", "token": TOKEN} | fields
    address = f"/desk/ticket/{account.pk}/{instrument.pk}/"
    return (client or browser(account)).post(address, body, headers=HTMX)


def faults(answer: HttpResponse) -> list[str]:
    """What hangs under the fields, by their names."""
    html = answer.content.decode()
    return sorted(part.split("-fault")[0] for part in html.split('class="field-error" id="o-')[1:])


@pytest.mark.usefixtures("engine")
def test_an_order_by_hand_is_filled_and_signed_by_the_person(alice: TradingAccount, btc: Instrument) -> None:
    answer = send(alice, btc)
    assert answer.status_code == 200
    order = Order.objects.get()
    assert (order.state, order.qty, order.origin) == ("filled", Decimal("0.5"), {"kind": "user", "user": "alice"})
    assert f"#{order.pk} filled" in answer["HX-Trigger"]


@pytest.mark.usefixtures("engine")
def test_every_type_takes_its_own_fields_and_no_others(alice: TradingAccount, btc: Instrument) -> None:
    client = browser(alice)
    everything = {"price": "60000", "stopPrice": "70000", "trStopOffset": "500", "qty": "0.01", "validity": "GTC"}
    for number, kind in enumerate(["Market", "Limit", "Stop", "Stop limit", "Trailing stop", "Care"]):
        assert send(alice, btc, client, type=kind, **everything, token=f"by-hand-{number:032}").status_code == 200
    shapes = {order.type: (order.price, order.stop_price is None) for order in Order.objects.all()}
    assert shapes == {
        "Market": (None, True),
        "Limit": (60_000, True),
        "Stop": (None, False),
        "Stop limit": (60_000, False),
        "Trailing stop": (None, False),
        "Care": (60_000, True),
    }


@pytest.mark.usefixtures("engine")
def test_stop_loss_and_take_profit_become_orders(alice: TradingAccount, btc: Instrument) -> None:
    guards = {"stopLoss": "1", "stopLossType": "offset in %", "takeProfit": "70000", "takeProfitType": "absolute"}
    send(alice, btc, **guards)
    legs = {order.leg: order.stop_price or order.price for order in Order.objects.exclude(leg="")}
    assert legs["takeProfit"] == 70_000
    assert 63_500 < legs["stopLoss"] < 63_700


@pytest.mark.parametrize(
    ("fields", "where", "words"),
    [
        ({"qty": ""}, "qty", "is required"),
        ({"qty": "half"}, "qty", "must be a number"),
        ({"qty": "-1"}, "qty", "must be greater than 0"),
        ({"qty": "0.0005"}, "qty", "must be a multiple of 0.001"),
        ({"type": "Limit"}, "price", "is required for a Limit order"),
        ({"type": "Limit", "price": "60000.001"}, "price", "must be a multiple of the tick 0.01"),
        ({"type": "Stop"}, "stopPrice", "is required for a Stop order"),
        ({"type": "Trailing stop", "trStopOffset": "1.5"}, "trStopOffset", "must be a whole number of ticks"),
        ({"validity": "GTD"}, "expireDate", "is required for GTD"),
        ({"validity": "GTD", "expireDate": "tomorrow"}, "expireDate", "must be a date and time"),
        ({"type": "Stop", "stopPrice": "70000", "validity": "IOC"}, "validity", "makes no sense for a Stop order"),
        ({"stopLoss": "0.001"}, "stopLoss", "must be a multiple of the tick"),
    ],
)
def test_a_fault_hangs_under_its_field_and_nothing_is_sent(
    fields: dict[str, str], where: str, words: str, alice: TradingAccount, btc: Instrument
) -> None:
    before = OrderCommand.objects.count()
    answer = send(alice, btc, **fields)
    assert answer.status_code == 422
    assert where in faults(answer)
    assert words in answer.content.decode()
    assert OrderCommand.objects.count() == before


@pytest.mark.usefixtures("engine")
def test_what_the_engine_refuses_is_said_in_the_ticket(alice: TradingAccount, btc: Instrument) -> None:
    answer = send(alice, btc, qty="50")
    assert answer.status_code == 422
    assert "margin" in answer.content.decode().lower()
    assert Order.objects.get().state == "rejected"


@pytest.mark.usefixtures("engine")
def test_a_ticket_that_is_sent_twice_is_one_order(alice: TradingAccount, btc: Instrument) -> None:
    assert send(alice, btc).status_code == 200
    assert send(alice, btc).status_code == 200
    assert Order.objects.count() == 1


def test_an_order_that_waits_for_the_engine_is_told_as_accepted(alice: TradingAccount, btc: Instrument) -> None:
    answer = send(alice, btc)
    assert "Order accepted" in answer["HX-Trigger"]


def test_a_suspended_account_takes_no_order(alice: TradingAccount, btc: Instrument) -> None:
    TradingAccount.objects.update(status="suspended")
    answer = send(alice, btc)
    assert answer.status_code == 422
    assert "suspended" in answer.content.decode()


def test_other_peoples_accounts_are_not_there(alice: TradingAccount, btc: Instrument) -> None:
    bob = an_account("BOB-1", "bob")
    assert send(alice, btc, browser(bob)).status_code == 404
    assert not Order.objects.exists()


def test_a_ticket_is_not_sent_by_looking(alice: TradingAccount, btc: Instrument) -> None:
    assert browser(alice).get(f"/desk/ticket/{alice.pk}/{btc.pk}/").status_code == 405


@pytest.mark.parametrize("path", ["/desk/", "/desk/?instrument={0}", "/desk/bars/{0}/?interval=1m", "/desk/watchlist/"])
def test_looking_changes_nothing(path: str, alice: TradingAccount, btc: Instrument) -> None:
    client = browser(alice)
    with transaction.atomic():
        connection.cursor().execute("SET TRANSACTION READ ONLY")
        answer = client.get(path.format(btc.pk))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("instrument", ["0", "-1", "x", "9" * 30, "\u0663"])
def test_an_instrument_that_is_none_is_not_asked_for(instrument: str, alice: TradingAccount) -> None:
    assert browser(alice).get("/desk/", {"instrument": instrument}).status_code == 200


def test_bars_are_what_the_quotes_were(alice: TradingAccount, btc: Instrument) -> None:
    Quote.objects.all().delete()
    start = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=10)
    bids = [100, 105, 95, 101, 200, 190]
    for number, bid in enumerate(bids, 1):
        at = start + timedelta(seconds=10 * number if number <= 4 else 120 + number)
        Quote.objects.create(instrument=btc, seq=number, bid=bid, ask=bid + 1, time=at, at=at, source="x", shown=True)
    LastQuote.objects.update(seq=6)
    found = browser(alice).get(f"/desk/bars/{btc.pk}/?interval=1m").json()
    first = int(start.timestamp())
    assert found["bars"] == [[first, 100, 105, 95, 101, 4], [first + 120, 200, 200, 190, 190, 2]]


def test_bars_older_than_the_span_are_left_out(alice: TradingAccount, btc: Instrument) -> None:
    Quote.objects.all().delete()
    for number, hours in enumerate([24, 1], 1):
        at = timezone.now() - timedelta(hours=hours)
        Quote.objects.create(instrument=btc, seq=number, bid=hours, ask=99, time=at, at=at, source="x", shown=True)
    LastQuote.objects.update(seq=2)
    assert [bar[1] for bar in browser(alice).get(f"/desk/bars/{btc.pk}/?interval=1m").json()["bars"]] == [1]


@pytest.mark.usefixtures("engine")
def test_the_chart_shows_own_fills_and_orders_and_nobody_elses(alice: TradingAccount, btc: Instrument) -> None:
    send(alice, btc)
    send(alice, btc, type="Limit", price="60000", token="by-hand-" + "1" * 32)
    mine = browser(alice).get(f"/desk/bars/{btc.pk}/").json()
    assert [fill[1:] for fill in mine["fills"]] == [["buy", 64250.5, "0.500"]]
    assert mine["orders"] == [["buy", 60000, "Buy limit 0.500"]]
    assert mine["position"] == [64250.5, "average 0.500"]
    bobs = browser(an_account("BOB-1", "bob")).get(f"/desk/bars/{btc.pk}/").json()
    assert (bobs["fills"], bobs["orders"], bobs["position"]) == ([], [], None)
    assert Fill.objects.count() == Position.objects.count() == 1


def test_the_watchlist_is_each_persons_own(alice: TradingAccount, btc: Instrument) -> None:
    euro = an_instrument("EUR/USD", "FOREX", base_currency="EUR")
    client = browser(alice)
    client.post("/desk/watchlist/", {"instrument": euro.pk, "on": "1"})
    client.post("/desk/watchlist/", {"instrument": btc.pk, "on": "0"})
    listed = client.get("/desk/").content.decode().split('data-area="watch"')[1].split("</table>")[0]
    assert "EUR/USD" in listed
    assert "BTCUSDT" not in listed
    bobs = browser(an_account("BOB-1", "bob")).get("/desk/").content.decode().split('data-area="watch"')[1]
    assert "BTCUSDT" in bobs.split("</table>")[0]


@pytest.mark.parametrize("number", ["²", "٣", "", "-1", "x", "9" * 30, "\0"])
def test_what_is_no_instrument_cannot_be_watched(number: str, alice: TradingAccount, btc: Instrument) -> None:
    assert browser(alice).post("/desk/watchlist/", {"instrument": number, "on": "1"}).status_code == 404
