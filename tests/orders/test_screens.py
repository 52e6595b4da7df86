"""The panels: they show one's own books, to nobody else, and looking changes nothing."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import Product, Subscription, TradingAccount, User
from orders import quotes
from orders.engine.commands import Cancel, Command, Halt, MoveMoney, Place
from orders.engine.values import OrderType, Side, Validity
from orders.execution import drain
from orders.intake import Slip, outcome_of, submit
from orders.models import Instrument, Order
from tests.orders.making import an_account, an_instrument

pytestmark = pytest.mark.django_db(transaction=True)

PANELS = [
    "/accounts/",
    "/positions/",
    "/orders/",
    "/orders/filled/",
    "/orders/history/",
    "/events/",
    "/instruments/",
    "/accounts/products/",
    "/find/?find=btc",
    "/surroundings/",
]
HAND = {"kind": "user", "user": "alice"}


@pytest.fixture
def btc() -> Instrument:
    made = an_instrument(commission_fixed=Decimal("1.5"))
    quotes.accept([{"symbol": "BTCUSDT", "bid": "64250.00", "ask": "64250.50"}], "feed")
    return made


@pytest.fixture
def alice(btc: Instrument) -> TradingAccount:
    account = an_account()
    do(account, MoveMoney("deposit", Decimal(100_000), "opening"))
    return account


@pytest.fixture
def bob(btc: Instrument) -> TradingAccount:
    return an_account("BOB-1", "bob")


def do(account: TradingAccount, command: Command, origin: dict[str, Any] | None = None) -> dict[str, Any]:
    """Carries a command out, as everything is: through the tray."""
    accepted = submit(Slip(account.pk, command, origin or HAND))
    drain(account.pk)
    outcome = outcome_of(account.pk, accepted.seq, 5)
    assert outcome is not None
    return outcome


def buy(account: TradingAccount, instrument: Instrument, qty: str = "0.5", price: str | None = None) -> Order:
    kind = OrderType.LIMIT if price else OrderType.MARKET
    limit = Decimal(price) if price else None
    place = Place(0, instrument.pk, kind, Side.BUY, Decimal(qty), price=limit, validity=Validity.GTC)
    return Order.objects.get(pk=do(account, place)["d"]["orderId"])


def browser(account: TradingAccount | None = None, **options: Any) -> Client:
    client = Client(**options)
    if account is not None:
        client.force_login(account.user)
    return client


def words(html: bytes) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.decode())).replace("\u00a0", " ")


@pytest.mark.parametrize("path", PANELS)
def test_nobody_looks_without_signing_in(path: str) -> None:
    answer = browser().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


@pytest.mark.parametrize("path", PANELS)
def test_looking_changes_nothing(path: str, alice: TradingAccount, btc: Instrument) -> None:
    buy(alice, btc)
    buy(alice, btc, price="60000")
    client = browser(alice)
    with transaction.atomic():
        connection.cursor().execute("SET TRANSACTION READ ONLY")
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", PANELS)
def test_a_person_without_an_account_is_told_what_to_do(path: str) -> None:
    client = Client()
    client.force_login(User.objects.create(username="newcomer"))
    answer = client.get(path)
    assert answer.status_code == 200
    if b"No trading account yet" not in answer.content:
        assert path in ("/instruments/", "/accounts/products/", "/find/?find=btc", "/surroundings/")


@pytest.mark.parametrize("path", PANELS)
def test_nothing_of_it_stays_in_a_cache(path: str, alice: TradingAccount) -> None:
    assert "no-store" in browser(alice).get(path)["Cache-Control"]


def test_a_position_is_shown_at_the_market(alice: TradingAccount, btc: Instrument) -> None:
    buy(alice, btc)
    quotes.accept([{"symbol": "BTCUSDT", "bid": "64350.00", "ask": "64350.50"}], "feed")
    said = words(browser(alice).get("/positions/").content)
    # Quantity, open and current price, no guards, gross = 0.5 x 99.50, fee, net, value, margin
    row = "BTCUSDT Buy 0.500 64 250.50 64 350.00 – – +49.75 1.50 +48.25 32 175.00 32 125.25"
    assert row in said


def test_the_accounts_figures_are_the_engines(alice: TradingAccount, btc: Instrument) -> None:
    buy(alice, btc)
    buy(alice, btc, price="60000")
    said = words(browser(alice).get("/accounts/").content)
    assert "DEMO-1 USD 99 998.50 −0.25 99 998.25 32 125.25 30 000.00 37 873.00 1 1 Trading" in said
    do(alice, Halt(True))
    assert "Halted" in words(browser(alice).get("/accounts/").content)


def test_filled_orders_and_history_tell_what_happened(alice: TradingAccount, btc: Instrument) -> None:
    order = buy(alice, btc)
    waiting = buy(alice, btc, price="60000")
    do(alice, Cancel(waiting.pk), {"kind": "webhook", "key": "tv-breakout", "keyId": 1})
    client = browser(alice)
    assert f"#{order.pk}" in (filled := words(client.get("/orders/filled/").content))
    assert "BTCUSDT Buy 0.500 64 250.50 1.50 0.00 −1.50" in filled
    history = words(client.get("/orders/history/").content)
    assert re.search(
        rf"#{waiting.pk} Cancelled BTCUSDT Buy Limit 0.500 60 000.00 Cancelled .* webhook tv-breakout", history
    )
    assert re.search(
        rf"#{order.pk} Executed BTCUSDT Buy Market 0.500 – Filled 0.500 @ 64 250.50 by hand, alice", history
    )


def test_an_order_says_why_it_filled(alice: TradingAccount, btc: Instrument) -> None:
    order = buy(alice, btc)
    said = words(browser(alice).get(f"/orders/{order.pk}/").content)
    assert "quote 64 250.00 / 64 250.50" in said
    assert "0.500 @ 64 250.50" in said


def test_pages_lead_through_all_rows_and_back(alice: TradingAccount, btc: Instrument) -> None:
    placed = [buy(alice, btc, qty="0.001").pk for _ in range(120)]
    client, path, seen = browser(alice), "/orders/filled/", []
    while path:
        html = client.get(path).content.decode()
        seen.append([int(number) for number in re.findall(r'data-label="Order ID">#(\d+)</td>', html)])
        older = re.search(r'href="(/orders/filled/\?before=\d+)"', html)
        path = older[1] if older else ""
    assert [number for page in seen for number in page] == placed[::-1]
    newer = re.search(r'href="(/orders/filled/\?after=\d+)"', html)
    assert newer is not None
    assert f"#{seen[1][0]}<" in client.get(newer[1]).content.decode()


@pytest.mark.parametrize(
    "query", ["before=0", "after=99999999999999999999", "before=-1", "after=x", "before=٣", "which=%00"]
)
def test_a_senseless_page_is_no_fault(query: str, alice: TradingAccount) -> None:
    assert browser(alice).get(f"/orders/?{query}").status_code == 200


def test_what_is_shown_already_is_not_sent_again(alice: TradingAccount, btc: Instrument) -> None:
    client, part = browser(alice), {"HX-Request": "true", "HX-Target": "positions"}
    first = client.get("/positions/", headers=part)
    assert first.content.lstrip().startswith(b"<section")
    part["X-Shown"] = first["X-Shown"]
    assert client.get("/positions/", headers=part).status_code == 204
    buy(alice, btc)
    assert client.get("/positions/", headers=part).status_code == 200


def test_another_persons_order_is_no_order(alice: TradingAccount, bob: TradingAccount, btc: Instrument) -> None:
    order, client = buy(alice, btc, price="60000"), browser(bob)
    for path in (f"/orders/{order.pk}/", f"/orders/{order.pk}/cancel/", f"/orders/{2**70}/"):
        assert client.get(path).status_code == 404
    assert client.post(f"/orders/{order.pk}/cancel/").status_code == 404
    order.refresh_from_db()
    assert order.state == "working"
    for path in PANELS:
        assert "DEMO-1" not in client.get(path).content.decode()


def test_another_persons_account_cannot_be_chosen(alice: TradingAccount, bob: TradingAccount) -> None:
    client = browser(bob)
    assert client.post("/accounts/choose/", {"account": "DEMO-1"}).status_code == 404
    # Nor by a session that remembers it from before it changed hands.
    session = client.session
    session["account"] = alice.pk
    session.save()
    assert "DEMO-1" not in client.get("/accounts/").content.decode()


def test_the_chosen_account_is_remembered(alice: TradingAccount) -> None:
    second, client = an_account("DEMO-2"), browser(alice)
    answer = client.post("/accounts/choose/", {"account": "DEMO-2", "next": "/positions/"})
    assert answer["Location"] == "/positions/"
    assert f'data-account="{second.pk}"' in client.get("/positions/").content.decode()


@pytest.mark.parametrize(
    "there", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "", "\\\\x"]
)
def test_choosing_leads_nowhere_else(there: str, alice: TradingAccount) -> None:
    answer = browser(alice).post("/accounts/choose/", {"account": "DEMO-1", "next": there})
    assert answer["Location"] == "/"


def test_cancelling_goes_through_the_tray(alice: TradingAccount, btc: Instrument) -> None:
    order = buy(alice, btc, price="60000")
    answer = browser(alice).post(f"/orders/{order.pk}/cancel/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert json.loads(answer["HX-Trigger"])["toast"]["title"].startswith(f"#{order.pk}")
    drain(alice.pk)
    order.refresh_from_db()
    assert order.state == "cancelled"


MUTATIONS = ["/accounts/choose/", "/accounts/theme/", "/accounts/products/trading-webhooks/", "/orders/1/cancel/"]


@pytest.mark.parametrize("path", MUTATIONS)
def test_what_changes_something_wants_a_token(path: str, alice: TradingAccount) -> None:
    assert browser(alice, enforce_csrf_checks=True).post(path, {"account": "DEMO-1"}).status_code == 403


@pytest.mark.parametrize("path", MUTATIONS[:3])
def test_what_changes_something_is_not_asked_for_by_get(path: str, alice: TradingAccount) -> None:
    assert browser(alice).get(path).status_code == 405


def test_products_are_subscribed_or_asked_for_once(alice: TradingAccount) -> None:
    Product.objects.create(code="trading-webhooks", name="Trading Webhooks")
    Product.objects.create(code="level-2", name="Level 2", approval="operator")
    client = browser(alice)
    for code in ("trading-webhooks", "trading-webhooks", "level-2", "level-2"):
        assert client.post(f"/accounts/products/{code}/").status_code == 302
    living = dict(Subscription.objects.filter(user=alice.user).values_list("product__code", "status"))
    assert living == {"trading-webhooks": "active", "level-2": "requested"}
    assert Subscription.objects.count() == 2
    client.post("/accounts/products/level-2/", {"do": "withdraw"})
    assert Subscription.objects.get(product__code="level-2").status == "cancelled"
    client.post("/accounts/products/trading-webhooks/", {"do": "withdraw"})
    assert Subscription.objects.get(product__code="trading-webhooks").status == "active"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Nowhere/Land", "../../etc/passwd", "%00", "a" * 500])
def test_any_zone_a_browser_names_is_lived_with(zone: str, alice: TradingAccount, btc: Instrument) -> None:
    buy(alice, btc)
    client = browser(alice)
    client.cookies["zone"] = zone
    said = client.get("/orders/filled/").content.decode()
    assert re.search(r'<time datetime="\d{4}-\d\d-\d\dT[\d:.]+Z" title="[\d: .-]+ UTC">', said)
