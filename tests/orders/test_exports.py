"""Every table leaves as CSV, whole, one's own, and harmless to a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import TradingAccount, User
from orders.models import Fill, Instrument, LedgerEntry, OrderEvent
from tests.orders.by_hand import alice, browser, btc, engine
from tests.orders.making import a_waiting_order, an_account
from tests.orders.test_acts_by_hand import place

__all__ = ["alice", "btc", "engine"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

TABLES = ["working", "filled", "history", "events", "ledger"]
FILES = [f"/tables/{table}/csv/" for table in (*TABLES, "positions", "instruments", "accounts", "keys", "requests")]


async def read(answer: StreamingHttpResponse) -> bytes:
    return b"".join([part async for part in answer])


def rows(client: Client, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    body = async_to_sync(read)(answer) if answer.streaming else answer.content
    return list(csv.DictReader(io.StringIO(body.decode())))


@pytest.mark.usefixtures("engine")
def test_what_happened_is_in_the_files(alice: TradingAccount, btc: Instrument) -> None:
    order = place(alice, btc)
    client = browser(alice)
    (trade,) = rows(client, "/tables/filled/csv/")
    assert (trade["Order ID"], trade["Price"], trade["Fee"]) == (str(order.pk), "64250.5", "1.5")
    (position,) = rows(client, "/tables/positions/csv/")
    assert (position["Symbol"], position["Gross P/L"], position["Net P/L"]) == ("BTCUSDT", "-0.25", "-1.75")
    assert [row["Event"] for row in rows(client, "/tables/history/csv/")] == ["filled", "placed"]
    assert [row["Amount"] for row in rows(client, "/tables/ledger/csv/")] == ["-1.5", "100000"]
    assert [row["Balance"] for row in rows(client, "/tables/accounts/csv/")] == ["99998.5"]
    assert [row["Ask"] for row in rows(client, "/tables/instruments/csv/")] == ["64250.5"]


def test_a_long_table_is_whole(alice: TradingAccount, btc: Instrument) -> None:
    orders = [a_waiting_order(alice, btc).pk for _ in range(3)]
    now = timezone.now()
    OrderEvent.objects.bulk_create(
        OrderEvent(account=alice, order_id=orders[0], seq=9, number=number, kind="modified", at=now)
        for number in range(1201)
    )
    assert len(rows(browser(alice), "/tables/history/csv/")) == 1201
    assert [int(row["Order ID"]) for row in rows(browser(alice), "/tables/working/csv/")] == orders[::-1]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str, alice: TradingAccount) -> None:
    LedgerEntry.objects.update(note=f"{start}HYPERLINK(1)")
    (entry,) = rows(browser(alice), "/tables/ledger/csv/")
    assert entry["Note"].startswith("'")


@pytest.mark.parametrize("path", FILES)
def test_a_file_is_ones_own_and_taking_it_changes_nothing(path: str, alice: TradingAccount, btc: Instrument) -> None:
    assert Client().get(path).status_code == 302
    bob = browser(an_account("BOB-1", "bob"))
    with transaction.atomic():
        connection.cursor().execute("SET TRANSACTION READ ONLY")
        assert bob.get(path).status_code == 200
    assert not [row for row in rows(bob, path) if "DEMO-1" in row.values()]
    assert bob.post(path).status_code == 405


def test_nobody_elses_rows_are_in_a_file(alice: TradingAccount, btc: Instrument) -> None:
    a_waiting_order(alice, btc)
    bob = browser(an_account("BOB-1", "bob"))
    assert [rows(bob, f"/tables/{table}/csv/") for table in TABLES] == [[], [], [], [], []]
    assert not Fill.objects.exists()


@pytest.mark.parametrize("path", ["/tables/passwords/csv/", "/tables/working/csv/"])
def test_without_a_table_or_an_account_there_is_no_file(path: str) -> None:
    client = Client()
    client.force_login(User.objects.create(username="newcomer"))
    assert client.get(path).status_code == 404
