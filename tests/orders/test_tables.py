"""Tables are as their reader likes them: columns, order and filters are kept, for them alone."""

from __future__ import annotations

import re

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import TradingAccount
from accounts.tables import products
from accounts.tables.declared import TABLES
from orders import quotes, tables
from orders.models import Instrument
from tests.orders.by_hand import alice, browser, btc, engine
from tests.orders.making import a_waiting_order, an_account, an_instrument
from tests.orders.test_acts_by_hand import place
from webhooks import tables as webhook_tables

__all__ = ["alice", "btc", "engine"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)
DECLARED_IN = (products, tables, webhook_tables)
HTMX = {"HX-Request": "true"}


def heads(client: Client, path: str) -> list[str]:
    html = client.get(path).content.decode()
    head = html[html.index("<thead") : html.index("</thead>")]
    return [re.sub(r"<svg.*?</svg>|<[^>]+>", "", cell) for cell in re.findall(r"<th .*?</th>", head)]


def change_columns(client: Client, table: str, **fields: object) -> None:
    assert client.post(f"/tables/{table}/columns/", fields, headers=HTMX).status_code in (200, 204)


@pytest.mark.usefixtures("engine")
def test_columns_are_chosen_moved_and_put_back(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc)
    client = browser(alice)
    usual = heads(client, "/positions/")
    assert usual[:4] == ["Symbol", "Side", "Quantity", "Open price"]
    order = ["Net P/L", "Quantity", "Side", "no such column"]
    change_columns(client, "positions", column=order, show=["Side", "Net P/L", "password"], done="1")
    assert heads(client, "/positions/") == ["Symbol", "Net P/L", "Side", "Actions"]
    change_columns(client, "positions", column=order, show=["Side", "Net P/L"], left="Side")
    assert heads(client, "/positions/") == ["Symbol", "Net P/L", "Side", "Actions"]  # it passed one that is hidden
    change_columns(client, "positions", column=["Net P/L", "Side"], show=["Side", "Net P/L"], left="Side")
    assert heads(client, "/positions/") == ["Symbol", "Side", "Net P/L", "Actions"]
    change_columns(client, "positions", usual="1")
    assert heads(client, "/positions/") == usual
    bob = an_account("BOB-1", "bob")
    a_waiting_order(bob, btc)
    assert len(heads(browser(bob), "/orders/")) == 18


@pytest.mark.usefixtures("engine")
def test_positions_stand_in_the_order_that_was_chosen(alice: TradingAccount, btc: Instrument) -> None:
    coin = an_instrument("COIN")
    quotes.accept([{"symbol": "COIN", "bid": "10.00", "ask": "10.01"}], "feed")
    place(alice, btc, "0.1")
    place(alice, coin, "5")
    client = browser(alice)
    seen = []
    for _ in range(4):
        html = client.get("/positions/").content.decode()
        sort = re.search(r'aria-sort="(\w+)"><button class="sort"[^>]*value="([\w-]+)"', html)
        assert sort
        seen.append((re.findall(r'id="position-link-\d+"[^>]*>([A-Z]+)<', html), sort[2], sort[1]))
        client.post("/tables/positions/sort/", {"column": "quantity"}, headers=HTMX)
    assert seen == [
        (["BTCUSDT", "COIN"], "symbol", "ascending"),
        (["BTCUSDT", "COIN"], "quantity", "ascending"),
        (["COIN", "BTCUSDT"], "quantity", "descending"),
        (["BTCUSDT", "COIN"], "symbol", "ascending"),
    ]


def shown_orders(client: Client, query: str = "") -> list[int]:
    return [int(number) for number in re.findall(r'id="order-(\d+)"', client.get(f"/orders/{query}").content.decode())]


def test_a_filter_is_kept_and_an_address_comes_before_it(alice: TradingAccount, btc: Instrument) -> None:
    coin = an_instrument("COIN")
    buy, sell = a_waiting_order(alice, btc, side="buy"), a_waiting_order(alice, coin, side="sell")
    client = browser(alice)
    assert shown_orders(client) == [sell.pk, buy.pk]
    client.post("/tables/working/filters/", {"which": "buys"}, headers=HTMX)
    assert shown_orders(client) == [buy.pk]
    assert shown_orders(client, "?which=sells") == [sell.pk]
    assert shown_orders(client, "?which=") == [sell.pk, buy.pk]
    client.post("/tables/working/filters/", {"which": "", "find": "coi"}, headers=HTMX)
    assert shown_orders(client) == [sell.pk]
    client.post("/tables/working/filters/", {"find": f"#{buy.pk}"}, headers=HTMX)
    assert shown_orders(client) == [buy.pk]
    client.post("/tables/working/filters/", {"find": "nothing like that"}, headers=HTMX)
    assert "No such working order" in client.get("/orders/").content.decode()


def test_pages_of_a_sorted_table_follow_without_gap_or_repetition(alice: TradingAccount, btc: Instrument) -> None:
    made = [a_waiting_order(alice, btc, qty=n % 7 + 1).pk for n in range(230)]
    client = browser(alice)
    client.post("/tables/working/sort/", {"column": "quantity"}, headers=HTMX)
    seen, html = [], client.get("/orders/").content.decode()
    while True:
        seen.append([int(number) for number in re.findall(r'id="order-(\d+)"', html)])
        older = re.search(r'id="working-older" href="([^"]+)"', html)
        if not older:
            break
        html = client.get(older[1]).content.decode()
    assert [len(page) for page in seen] == [100, 100, 30]
    assert sum(seen, []) == sorted(made, key=lambda pk: (made.index(pk) % 7, pk))  # noqa: RUF017  three short lists
    newer = re.search(r'id="working-newer" href="([^"]+)"', html)
    assert newer
    back = client.get(newer[1]).content.decode()
    assert [int(number) for number in re.findall(r'id="order-(\d+)"', back)] == seen[1]


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_table_can_be_sorted_by_every_head_that_says_so(table: str, alice: TradingAccount) -> None:
    declared, client = TABLES[table], browser(alice)
    sortable = [column.key for column in declared.columns if column.sort is not None]
    assert sortable
    for key in sortable:
        answer = client.post(f"/tables/{table}/sort/", {"column": key}, headers=HTMX)
        assert declared.told in answer["HX-Trigger"]
        assert client.get(f"/tables/{table}/csv/").status_code == 200
    assert client.get(f"/tables/{table}/columns/", headers=HTMX).status_code == 200


@pytest.mark.parametrize("act", ["columns", "sort", "filters"])
def test_what_is_no_table_or_column_is_not_there(act: str, alice: TradingAccount) -> None:
    assert browser(alice).post(f"/tables/secrets/{act}/", {"column": "password"}).status_code == 404
    assert browser(alice).post("/tables/positions/sort/", {"column": "password"}).status_code == 404


def test_looking_at_the_columns_changes_nothing(alice: TradingAccount) -> None:
    client = browser(alice)
    with transaction.atomic():
        connection.cursor().execute("SET TRANSACTION READ ONLY")
        assert client.get("/tables/working/columns/", headers=HTMX).status_code == 200
        assert client.get("/tables/working/columns/").status_code == 200
    for act in ("sort", "filters"):
        assert client.get(f"/tables/positions/{act}/").status_code == 405
