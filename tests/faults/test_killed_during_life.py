"""Processes die while orders live: brackets close, stops trail, times run out, dealers deal; each once all the same."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import psycopg
import pytest

from tests.faults.alerts import Alert
from tests.faults.conftest import put_right, traders_in
from tests.faults.lengths import length
from tests.faults.promises import kept
from tests.faults.senders import Sent, send
from tests.instance import Product, Trader, World, throw_away

VICTIMS = ("worker", "web", "postgres", "redis", "pump")
ROUNDS = length(5, 60)
DAY_SECONDS = length(15, 90)
SETTLE_SECONDS = 30.0
TOP = Decimal(600)  # what SPY reaches; the stops trail two below


@pytest.fixture(scope="module")
def alone(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product whose PostgreSQL may be killed."""
    folder = tmp_path_factory.mktemp("life")
    folder.parent.chmod(0o711)
    with throw_away(world, folder / "product", own_postgres=True) as product:
        yield product


def wishes(side: str, soon: int) -> dict[str, dict[str, Any]]:
    """By the client's names: a bracket, a trailing stop on a position, two that expire, one for the dealer."""
    stop, profit = ("63750", "64750") if side == "buy" else ("64750", "63750")
    coin, spy = {"symbol": "BTCUSDT", "qty": "0.1"}, {"symbol": "SPY", "qty": "10"}
    return {
        "daily": {"symbol": "DAYEND", "qty": "1", "type": "Limit", "side": "buy", "price": "50", "validity": "DAY"},
        "entry": coin | {"type": "Market", "side": side, "stopLoss": stop, "takeProfit": profit},
        "held": spy | {"type": "Market", "side": "buy"},
        "trail": spy | {"type": "Trailing stop", "side": "sell", "trStopOffset": "200", "validity": "GTC"},
        "dated": coin | {"type": "Limit", "side": "buy", "price": "50000", "validity": "GTD", "expireDate": soon},
        "care": {"symbol": "AAPL", "symbolType": "EQUITY_CFD", "qty": "10", "type": "Care", "side": "buy"},
    }


def add_instrument(product: Product) -> None:
    """An instrument that has no session yet."""
    terms = {"symbol": "DAYEND", "symbolType": "ETF", "exchange": "PAPER", "currency": "USD", "lotSize": "1"}
    terms |= {"tickSize": "0.01", "minLot": "1", "maxLot": "100", "lotStep": "1", "marginRate": "1", "calendar": "SOON"}
    product.seed({"instruments": [terms | {"shortAllowed": True}]})


def begin_short_day(product: Product) -> None:
    """Its only session has begun, and ends soon."""
    session = "INSERT INTO orders_session (calendar, opens, closes, day_closes) VALUES ('SOON', %s, %s, %s)"
    now = datetime.now(UTC)
    ends = now + timedelta(seconds=DAY_SECONDS)
    with psycopg.connect(product.instance.database_url) as connection:
        connection.execute(session, [now - timedelta(hours=1), ends, ends])


def place_all(product: Product, trader: Trader, side: str) -> list[Sent]:
    soon = int((time.time() + DAY_SECONDS) * 1000)
    sent = []
    for number, (name, wish) in enumerate(wishes(side, soon).items()):
        body = {"action": "place", "accountName": trader.account, "clientOrderId": name, **wish}
        sent.append(send(product, Alert(trader, number, "place", json.dumps(body).encode())))
    assert [one.last.status for one in sent] == [200] * len(sent), [one.last.text for one in sent]
    return sent


def quote_until_taken(product: Product, *quotes: tuple[str, str, str]) -> None:
    """A feed tries until its prices are taken; it may send some of them twice."""
    body = [{"symbol": symbol, "bid": bid, "ask": ask} for symbol, bid, ask in quotes]
    until = time.monotonic() + SETTLE_SECONDS
    while not is_taken(product, body):
        assert time.monotonic() < until, f"nobody takes {body}"
        time.sleep(0.1)


def is_taken(product: Product, body: list[dict[str, str]]) -> bool:
    try:
        return product.quote(*body).status == 200
    except OSError:
        return False


def orders_of(product: Product, trader: Trader) -> dict[str, dict[str, Any]]:
    """What the account's owner reads: by the client's name, a leg by that of its order."""
    rows = product.read(f"/api/v1/accounts/{trader.account}/orders?limit=100", trader.key)["d"]
    names = {row["orderId"]: row["clientOrderId"] for row in rows}
    return {row["clientOrderId"] or f"{names[row['parentId']]} {row['type']}": row for row in rows}


def deal(product: Product, orders: list[tuple[bool, str]]) -> None:
    """A dealer fills a part for some and sends the others' orders back, whatever dies meanwhile."""
    for is_fill, number in orders:
        act = ("fill", number, "--qty", "4", "--price", "230.00") if is_fill else ("reject", number, "--reason", "no")
        product.try_manage("dealer", *act)


def care_orders(product: Product, traders: list[Trader]) -> list[tuple[bool, str]]:
    """Whether the dealer fills it or sends it back, and its number."""
    return [(n % 2 == 0, str(orders_of(product, t)["care"]["orderId"])) for n, t in enumerate(traders)]


def storm(product: Product) -> None:
    """Prices move and every one of the processes dies, again and again; no price reaches a bracket yet."""
    for number, victim in zip(range(1, ROUNDS + 1), itertools.cycle(VICTIMS), strict=False):
        spy = Decimal(590) + (TOP - 590) * number / ROUNDS
        product.kill(victim)
        time.sleep(0.2)
        product.restart(victim)
        coin = 64250 + 400 * (-1) ** number
        quote_until_taken(product, ("SPY", f"{spy:.2f}", f"{spy + 1:.2f}"), ("BTCUSDT", f"{coin}.00", f"{coin}.50"))


def until_final(product: Product, traders: list[Trader], names: set[str]) -> None:
    until = time.monotonic() + DAY_SECONDS + SETTLE_SECONDS
    final = {"filled", "cancelled", "rejected", "expired"}
    while open_ := [
        (trader.account, name, row["state"])
        for trader in traders
        for name, row in orders_of(product, trader).items()
        if name in names and row["state"] not in final
    ]:
        assert time.monotonic() < until, open_
        time.sleep(0.3)


def test_orders_that_live_through_deaths_end_once_and_as_they_must(alone: Product) -> None:
    put_right(alone)
    add_instrument(alone)
    traders = traders_in(alone, length(4, 20))
    begin_short_day(alone)
    sides = dict(zip((trader.account for trader in traders), itertools.cycle(("buy", "sell")), strict=False))
    sent = [one for trader in traders for one in place_all(alone, trader, sides[trader.account])]

    dealer = Thread(target=deal, args=(alone, care_orders(alone, traders)))
    dealer.start()
    storm(alone)
    alone.kill("worker")  # the prices that end everything come while nobody executes
    quote_until_taken(alone, ("BTCUSDT", "64800.00", "64800.50"), ("SPY", "597.90", "597.92"))
    alone.restart("worker")
    dealer.join()
    put_right(alone)

    ends = {"entry Stop", "entry Limit", "trail", "dated", "daily"}
    until_final(alone, traders, ends)
    kept(alone, sent)
    for trader in traders:
        check_life(orders_of(alone, trader), sides[trader.account])
        positions = alone.read(f"/api/v1/accounts/{trader.account}/positions", trader.key)["d"]
        dealt = Decimal(orders_of(alone, trader)["care"]["filledQty"])
        assert {row["symbol"]: Decimal(row["qty"]) for row in positions} == ({"AAPL": dealt} if dealt else {})


def check_life(orders: dict[str, dict[str, Any]], side: str) -> None:
    """The rise fills a buyer's take profit and a seller's stop loss, and the other of the two is cancelled."""
    closed, other = ("entry Limit", "entry Stop") if side == "buy" else ("entry Stop", "entry Limit")
    assert (orders[closed]["state"], Decimal(orders[closed]["filledQty"])) == ("filled", Decimal("0.1"))
    assert (orders[other]["state"], Decimal(orders[other]["filledQty"])) == ("cancelled", 0)
    trail = orders["trail"]
    assert (trail["state"], Decimal(trail["stopPrice"]), Decimal(trail["filledQty"])) == ("filled", TOP - 2, 10)
    assert [orders[name]["state"] for name in ("dated", "daily")] == ["expired", "expired"]
    care = orders["care"]
    assert (care["state"], Decimal(care["filledQty"])) in {
        ("partially filled", Decimal(4)),
        ("rejected", Decimal(0)),
        ("working", Decimal(0)),  # the dealer's act failed as a whole, and was told so
    }
