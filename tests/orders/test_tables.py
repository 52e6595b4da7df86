"""Tables are as their reader likes them: columns and order are kept, for them alone."""

from __future__ import annotations

import re

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import TradingAccount
from orders import quotes
from orders.models import Instrument
from tests.orders.by_hand import alice, browser, btc, engine
from tests.orders.making import a_waiting_order, an_account, an_instrument
from tests.orders.test_acts_by_hand import place

__all__ = ["alice", "btc", "engine"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


def hidden(client: Client, path: str) -> str:
    found = re.search(r'data-hide="([^"]*)"', client.get(path).content.decode())
    assert found
    return found[1]


@pytest.mark.usefixtures("engine")
def test_columns_that_are_not_wanted_stay_away(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc)
    client = browser(alice)
    assert hidden(client, "/positions/") == ""
    wanted = ["Side", "Quantity", "Gross P/L", "no such column"]
    answer = client.post("/tables/positions/columns/", {"show": wanted}, headers=HTMX)
    assert "book" in answer["HX-Trigger"]
    assert hidden(client, "/positions/") == "4 5 6 7 9 10 11 12 13 14"
    bob = an_account("BOB-1", "bob")
    a_waiting_order(bob, btc)
    assert hidden(browser(bob), "/orders/") == ""


@pytest.mark.usefixtures("engine")
def test_positions_stand_in_the_order_that_was_chosen(alice: TradingAccount, btc: Instrument) -> None:
    coin = an_instrument("COIN")
    quotes.accept([{"symbol": "COIN", "bid": "10.00", "ask": "10.01"}], "feed")
    place(alice, btc, "0.1")
    place(alice, coin, "5")
    client = browser(alice)

    def order() -> list[str]:
        return re.findall(r'id="position-link-\d+"[^>]*>([A-Z]+)<', client.get("/positions/").content.decode())

    seen = [order()]
    for _ in range(3):
        client.post("/tables/positions/sort/", {"column": "Quantity"}, headers=HTMX)
        seen.append(order())
    assert seen == [["BTCUSDT", "COIN"], ["BTCUSDT", "COIN"], ["COIN", "BTCUSDT"], ["BTCUSDT", "COIN"]]


@pytest.mark.parametrize("path", ["/tables/secrets/columns/", "/tables/secrets/sort/", "/tables/positions/sort/"])
def test_what_is_no_table_or_column_is_not_there(path: str, alice: TradingAccount) -> None:
    assert browser(alice).post(path, {"column": "password"}).status_code == 404


def test_looking_at_the_columns_changes_nothing(alice: TradingAccount) -> None:
    client = browser(alice)
    with transaction.atomic():
        connection.cursor().execute("SET TRANSACTION READ ONLY")
        assert client.get("/tables/working/columns/", headers=HTMX).status_code == 200
    assert client.get("/tables/positions/sort/").status_code == 405
