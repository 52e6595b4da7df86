"""The read API: one's own books, in the shapes that machines rely on."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import TradingAccount, User
from orders import quotes
from orders.carrying import NotDone, act
from orders.engine.commands import MoveMoney, Place
from orders.engine.values import Guard, OrderType, Side, StopLossType, Validity
from orders.models import Instrument
from tests.orders.making import an_account, an_instrument
from webhooks.keys import create_key

pytestmark = pytest.mark.django_db(transaction=True)


def quote(bid: str, ask: str, symbol: str = "BTCUSDT") -> None:
    assert quotes.accept([{"symbol": symbol, "bid": bid, "ask": ask}], "feed").accepted == 1


def place(account: TradingAccount, instrument: Instrument, qty: str = "0.1", **more: Any) -> dict[str, Any]:
    usual = {"type": OrderType.MARKET, "side": Side.BUY, "qty": Decimal(qty), "validity": Validity.GTC}
    command = Place(0, instrument.pk, **usual | more)
    return act(account.pk, command, {"kind": "user", "user": "alice"})


@pytest.fixture
def btc() -> Instrument:
    made = an_instrument(currency="USD")
    quote("64250.00", "64250.50")
    return made


@pytest.fixture
def demo(btc: Instrument) -> TradingAccount:
    account = an_account("DEMO-1", "alice")
    act(account.pk, MoveMoney("deposit", Decimal(100000)), {"kind": "operator", "user": "test"})
    return account


@pytest.fixture
def alice(demo: TradingAccount) -> Client:
    return signed_in("alice")


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


def read(client: Client, path: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1/{path}")
    body = answer.json()
    assert answer.status_code == status, body
    assert body["s"] == body["status"] == ("ok" if status == 200 else "error")
    return body["d"] if status == 200 else body


def test_an_accounts_figures_are_decimal_strings(alice: Client, demo: TradingAccount, btc: Instrument) -> None:
    place(demo, btc, "0.1")
    place(demo, btc, "0.2", type=OrderType.LIMIT, price=Decimal(60000))
    figures = read(alice, "accounts/DEMO-1")
    amounts = ("balance", "projectedBalance", "usedMargin", "blockedMargin", "available")
    # 0.1 bought at 64250.50 is worth 64250.00; the resting order ties up 0.2 x 60000.
    assert [figures[name] for name in amounts] == ["100000.00", "99999.95", "6425.05", "12000.00", "81574.90"]
    assert [account["name"] for account in read(alice, "accounts")] == ["DEMO-1"]


def test_orders_are_told_with_everything_that_makes_them(alice: Client, demo: TradingAccount, btc: Instrument) -> None:
    guard = Guard(Decimal(63000), StopLossType.ABSOLUTE)
    done = place(demo, btc, "0.2", type=OrderType.LIMIT, price=Decimal(60000), stop_loss=None, client_order_id="a-1")
    order = read(alice, f"orders/{done['orderId']}")
    expected = {
        "orderId": done["orderId"], "clientOrderId": "a-1", "symbol": "BTCUSDT", "symbolType": "CRYPTO",
        "type": "Limit", "side": "buy", "qty": "0.2", "filledQty": "0", "avgPrice": None, "price": "60000",
        "stopPrice": None, "validity": "GTC", "state": "working", "userComment": None, "parentId": None,
    }  # fmt: skip
    assert {name: order[name] for name in expected} == expected
    assert [event["state"] for event in order["events"]][-1] == "working"
    guarded = place(demo, btc, "0.1", stop_loss=guard)
    legs = [one for one in read(alice, "accounts/DEMO-1/orders") if one["parentId"] == guarded["orderId"]]
    assert [(leg["type"], leg["side"], leg["stopPrice"], leg["price"]) for leg in legs] == [
        ("Stop", "sell", "63000", None)
    ]


@pytest.mark.parametrize("said", ["working", "WORKING", " Work_ing "])
def test_orders_are_chosen_by_state_however_it_is_spelled(
    said: str, alice: Client, demo: TradingAccount, btc: Instrument
) -> None:
    place(demo, btc)
    working = place(demo, btc, type=OrderType.LIMIT, price=Decimal(60000))
    assert [one["orderId"] for one in read(alice, f"accounts/DEMO-1/orders?state={said}")] == [working["orderId"]]
    assert read(alice, "accounts/DEMO-1/orders?state=partially_filled") == []
    assert read(alice, "accounts/DEMO-1/orders?state=sleepy", 400)["errmsg"].startswith("state")


def test_positions_fills_and_ledger(alice: Client, demo: TradingAccount, btc: Instrument) -> None:
    bought = place(demo, btc, "0.3")
    sold = place(demo, btc, "0.5", side=Side.SELL)
    (position,) = read(alice, "accounts/DEMO-1/positions")
    assert (position["symbol"], position["qty"], position["avgPrice"]) == ("BTCUSDT", "-0.2", "64250")
    assert (position["currentPrice"], position["grossPl"]) == ("64250.5", "-0.1")
    fills = read(alice, "accounts/DEMO-1/fills")
    assert [(one["orderId"], one["side"], one["qty"], one["price"]) for one in fills] == [
        (sold["orderId"], "sell", "0.5", "64250"),
        (bought["orderId"], "buy", "0.3", "64250.5"),
    ]
    assert len(read(alice, f"accounts/DEMO-1/fills?orderId={bought['orderId']}")) == 1
    entries = read(alice, "accounts/DEMO-1/ledger")
    balance = Decimal(read(alice, "accounts/DEMO-1")["balance"])
    assert sum(Decimal(one["amount"]) for one in entries) == balance == Decimal("99999.85")


def test_long_lists_come_in_pages_that_miss_and_repeat_nothing(
    alice: Client, demo: TradingAccount, btc: Instrument
) -> None:
    ids = [place(demo, btc, "0.001")["orderId"] for _ in range(7)]
    seen, path = [], "/api/v1/accounts/DEMO-1/orders?limit=3"
    cursor = ""
    while cursor is not None:
        body = alice.get(f"{path}&cursor={cursor}").json()
        assert len(body["d"]) <= 3
        seen += [one["orderId"] for one in body["d"]]
        cursor = body["next"]
        if len(seen) == 3:
            place(demo, btc, "0.001")  # what comes meanwhile does not shift the pages
    assert seen == ids[::-1]


@pytest.mark.parametrize(
    "cursor", ["x", "%00", "YWZ0ZXIg", "YWZ0ZXIgLTE=", "YWZ0ZXIgOTk5OTk5OTk5OTk5OTk5OTk5OTk=", "é"]
)
def test_a_cursor_of_ones_own_making_is_refused(cursor: str, alice: Client) -> None:
    assert read(alice, f"accounts/DEMO-1/fills?cursor={cursor}", 400)["errmsg"].startswith("cursor")


@pytest.mark.parametrize(
    "place",
    ["2026-01-01T00:00:00", "2026-W01-1T00:00Z", "0001-01-01T00:00+23:59", "9999-12-31T23:59-23:59", "+00", "\0", "x"],
)
def test_a_request_cursor_of_ones_own_making_is_no_fault(place: str, alice: Client) -> None:
    for number in ("00000000-0000-0000-0000-000000000000", "{0}", ""):
        cursor = base64.urlsafe_b64encode(f"{place} {number}".encode()).decode()
        assert alice.get(f"/api/v1/requests?cursor={cursor}").status_code in (200, 400)
    assert read(alice, f"requests?cursor={place}", 400)["errmsg"].startswith("cursor")


@pytest.mark.parametrize("name", ["a%00b", "%00", "%ff", "%ED%A0%80"])
def test_an_account_name_of_any_bytes_is_no_account(name: str, alice: Client) -> None:
    for door in ("", "/orders", "/positions", "/fills", "/ledger"):
        read(alice, f"accounts/{name}{door}", 404)


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "orderId=x", "orderId=0", "limit=٣"])
def test_numbers_in_a_query_are_numbers(query: str, alice: Client) -> None:
    read(alice, f"accounts/DEMO-1/fills?{query}", 400)


def test_anothers_books_are_not_there(alice: Client, demo: TradingAccount, btc: Instrument) -> None:
    order = place(demo, btc)["orderId"]
    an_account("BOB-1", "bob")
    bob = signed_in("bob")
    doors = [f"accounts/DEMO-1{door}" for door in ("", "/orders", "/positions", "/fills", "/ledger")]
    for door in (*doors, f"orders/{order}"):
        missing = door.replace("DEMO-1", "NO-SUCH").replace(str(order), "1")
        assert read(bob, door, 404) == read(bob, missing, 404)
    assert [account["name"] for account in read(bob, "accounts")] == ["BOB-1"]


@pytest.mark.parametrize("number", ["0", "x", "9" * 40, "1.5", "-1", "٣"])
def test_what_is_no_order_number_is_no_order(number: str, alice: Client) -> None:
    read(alice, f"orders/{number}", 404)


def test_a_key_pair_reads_too_and_only_its_accounts(alice: Client, demo: TradingAccount) -> None:
    other = an_account("DEMO-2", "alice")
    key, secret = create_key(demo.user, "limited", accounts=[other])
    pair = base64.b64encode(f"{key.api_key}:{secret}".encode()).decode()
    machine = Client(headers={"Authorization": f"Basic {pair}"})
    assert [account["name"] for account in read(machine, "accounts")] == ["DEMO-2"]
    read(machine, "accounts/DEMO-1", 404)
    wrong = Client(headers={"Authorization": f"Basic {pair[:-8]}"})
    read(wrong, "accounts", 401)
    read(Client(), "accounts", 401)


def test_nobody_writes_here(alice: Client) -> None:
    for door in ("accounts", "accounts/DEMO-1", "accounts/DEMO-1/orders", "orders/1", "instruments"):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(alice, method)(f"/api/v1/{door}").status_code in (403, 405)


def test_instruments_carry_their_terms_and_last_prices(alice: Client) -> None:
    an_instrument("ES", "FUTURES", contract_month="2030-12-20")
    first, second = read(alice, "instruments/")
    assert (first["symbol"], first["tickSize"], first["bid"], first["ask"]) == ("BTCUSDT", "0.01", "64250", "64250.5")
    assert (second["contractMonth"], second["bid"], second["strikePrice"]) == ("2030-12-20", None, None)


def test_figures_that_need_a_missing_rate_are_null_and_the_balance_stands(demo: TradingAccount) -> None:
    euro = an_account("EUR-1", "alice", "EUR")
    act(euro.pk, MoveMoney("deposit", Decimal(500)), {"kind": "operator", "user": "test"})
    figures = read(signed_in("alice"), "accounts/EUR-1")
    assert (figures["balance"], figures["projectedBalance"]) == ("500.00", "500.00")


def test_a_refused_order_says_why(alice: Client, demo: TradingAccount, btc: Instrument) -> None:
    with pytest.raises(NotDone, match="128501"):
        place(demo, btc, "2")
    (order,) = read(alice, "accounts/DEMO-1/orders?state=rejected")
    assert "128501" in order["reason"]


@pytest.mark.parametrize("path", ["", "nothing", "accounts/DEMO-1/secrets", "orders/1/events", "../v2/accounts"])
def test_an_address_that_is_none_is_answered_in_json(path: str) -> None:
    read(Client(), path, 404)
    answer = Client(enforce_csrf_checks=True).post(f"/api/v1/{path}", "{}", content_type="application/json")
    assert (answer.status_code, answer.json()["s"]) == (404, "error")
