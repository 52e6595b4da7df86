"""Closing, reversing, guarding, changing, cancelling by hand: asked once, done through the tray, only one's own."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse

from accounts.models import TradingAccount
from orders.engine.commands import Place
from orders.engine.values import Guard, OrderType, Side, StopLossType, TakeProfitType, Validity
from orders.intake import Slip, outcome_of, submit
from orders.models import Fill, Instrument, Order, Position
from tests.orders.by_hand import alice, browser, btc, engine
from tests.orders.making import an_account

__all__ = ["alice", "btc", "engine"]  # fixtures
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]
HTMX = {"HX-Request": "true"}


def place(account: TradingAccount, instrument: Instrument, qty: str = "0.5", **more: Any) -> Order:
    usual: dict[str, Any] = {"type": OrderType.MARKET, "side": Side.BUY, "validity": Validity.GTC}
    command = Place(0, instrument.pk, qty=Decimal(qty), **usual | more)
    accepted = submit(Slip(account.pk, command, {"kind": "user", "user": "alice"}))
    outcome = outcome_of(account.pk, accepted.seq, 5)
    assert outcome is not None
    assert outcome["ok"], outcome
    return Order.objects.get(pk=accepted.order_id)


def limit(account: TradingAccount, instrument: Instrument, price: str = "60000", **more: Any) -> Order:
    return place(account, instrument, type=OrderType.LIMIT, price=Decimal(price), **more)


def asked(account: TradingAccount, path: str) -> dict[str, str]:
    """The fields of the form in a dialog, as they stand."""
    html = browser(account).get(path, headers=HTMX).content.decode()
    found = dict(re.findall(r'<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', html))
    for name, options in re.findall(r'<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")?[^>]* selected>([^<]*)', options)
        found[name] = (chosen[1] or chosen[2]) if chosen else re.findall(r'value="([^"]*)"', options)[0]
    return found


def answer(account: TradingAccount, path: str, **fields: str) -> HttpResponse:
    """Opens the dialog, changes fields, and sends it."""
    return browser(account).post(path, asked(account, path) | fields, headers=HTMX)


def held(account: TradingAccount) -> Decimal:
    return sum((position.qty for position in Position.objects.filter(account=account)), Decimal(0))


def position_of(account: TradingAccount) -> Position:
    return Position.objects.get(account=account)


def test_a_position_is_closed(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc)
    sent = answer(alice, f"/positions/{position_of(alice).pk}/close/")
    assert sent.status_code == 204
    assert "Closed 0.500 BTCUSDT" in sent["HX-Trigger"]
    assert not Position.objects.exists()
    assert Order.objects.latest("id").origin == {"kind": "user", "user": "alice"}


def test_a_part_of_it_is_closed(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc)
    assert answer(alice, f"/positions/{position_of(alice).pk}/close/", qty="0.2").status_code == 204
    assert held(alice) == Decimal("0.3")


@pytest.mark.parametrize(
    ("qty", "words"),
    [("0.6", "at most the position"), ("0.0001", "at least 0.001"), ("", "is required"), ("x", "must be a number")],
)
def test_what_cannot_be_closed_is_said(qty: str, words: str, alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc)
    sent = answer(alice, f"/positions/{position_of(alice).pk}/close/", qty=qty)
    assert sent.status_code == 422
    assert words in sent.content.decode()
    assert held(alice) == Decimal("0.5")


def test_closing_twice_closes_once(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc, "1")
    path = f"/positions/{position_of(alice).pk}/close/"
    form = asked(alice, path) | {"qty": "0.4"}
    for _ in range(2):
        browser(alice).post(path, form, headers=HTMX)
    assert held(alice) == Decimal("0.6")


def test_a_position_that_changed_meanwhile_is_shown_again(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc)
    path = f"/positions/{position_of(alice).pk}/reverse/"
    form = asked(alice, path)
    place(alice, btc)
    sent = browser(alice).post(path, form, headers=HTMX)
    assert sent.status_code == 422
    assert "changed while this stood here" in sent.content.decode()
    assert held(alice) == 1


def test_a_position_is_reversed(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc)
    assert answer(alice, f"/positions/{position_of(alice).pk}/reverse/").status_code == 204
    assert held(alice) == Decimal("-0.5")


def test_more_than_the_largest_order_is_closed_in_parts(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc, "1")
    Instrument.objects.update(max_lot=Decimal("0.4"))
    assert answer(alice, f"/positions/{position_of(alice).pk}/close/").status_code == 204
    assert held(alice) == 0
    assert sorted(Fill.objects.filter(side="sell").values_list("qty", flat=True)) == [
        Decimal("0.2"),
        Decimal("0.4"),
        Decimal("0.4"),
    ]


def test_every_position_is_closed(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc)
    sent = answer(alice, f"/positions/close-all/{alice.pk}/")
    assert "Closed every position of DEMO-1" in sent["HX-Trigger"]
    assert not Position.objects.exists()


def test_guards_are_moved_and_taken_away(alice: TradingAccount, btc: Instrument) -> None:
    guards = {
        "stop_loss": Guard(Decimal(60_000), StopLossType.ABSOLUTE),
        "take_profit": Guard(Decimal(70_000), TakeProfitType.ABSOLUTE),
    }
    place(alice, btc, **guards)
    legs = {order.leg: order for order in Order.objects.exclude(leg="")}
    fields = {f"level-{legs['stopLoss'].pk}": "61000", f"level-{legs['takeProfit'].pk}": ""}
    assert answer(alice, f"/positions/{position_of(alice).pk}/protect/", **fields).status_code == 204
    assert Order.objects.get(leg="stopLoss").stop_price == 61_000
    assert Order.objects.get(leg="takeProfit").state == "cancelled"


def test_a_bare_position_gets_guards_of_its_size(alice: TradingAccount, btc: Instrument) -> None:
    place(alice, btc)
    sent = answer(alice, f"/positions/{position_of(alice).pk}/protect/", stopLoss="60000", takeProfit="70000")
    assert sent.status_code == 204
    made = {(o.type, o.side, o.qty, o.stop_price or o.price) for o in Order.objects.filter(state="working")}
    half = Decimal("0.5")
    assert made == {("Stop", "sell", half, Decimal(60_000)), ("Limit", "sell", half, Decimal(70_000))}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"stopLoss": "60000.001"}, "multiple of the tick"),
        ({"stopLoss": "60000", "stopLossQty": "2"}, "at most the position"),
        ({}, "nothing to change"),
    ],
)
def test_guards_that_cannot_be_are_said(
    fields: dict[str, str], words: str, alice: TradingAccount, btc: Instrument
) -> None:
    place(alice, btc)
    sent = answer(alice, f"/positions/{position_of(alice).pk}/protect/", **fields)
    assert sent.status_code == 422
    assert words in sent.content.decode()


def test_an_order_is_changed(alice: TradingAccount, btc: Instrument) -> None:
    order = limit(alice, btc)
    sent = answer(alice, f"/orders/{order.pk}/modify/", price="61 000", qty="0.7", stopLoss="50000")
    assert sent.status_code == 204
    order.refresh_from_db()
    assert (order.price, order.qty, order.stop_loss["value"]) == (61_000, Decimal("0.7"), "50000")


def test_a_form_sent_as_it_came_changes_nothing(alice: TradingAccount, btc: Instrument) -> None:
    order = limit(alice, btc, stop_loss=Guard(Decimal(5), StopLossType.PERCENT))
    sent = answer(alice, f"/orders/{order.pk}/modify/")
    assert sent.status_code == 422
    assert "nothing to change" in sent.content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"price": "60000.001"}, "multiple of the tick 0.01"),
        ({"price": ""}, "is required"),
        ({"qty": "0"}, "greater than 0"),
        ({"validity": "GTD"}, "is required for GTD"),
        ({"stopLoss": "65000"}, "stop"),  # the engine's: on the wrong side
    ],
)
def test_a_change_that_cannot_be_is_said(
    fields: dict[str, str], words: str, alice: TradingAccount, btc: Instrument
) -> None:
    order = limit(alice, btc)
    sent = answer(alice, f"/orders/{order.pk}/modify/", **fields)
    assert sent.status_code == 422
    assert words in sent.content.decode()
    order.refresh_from_db()
    assert (order.price, order.qty, order.stop_loss) == (60_000, Decimal("0.5"), None)


@pytest.mark.parametrize(("which", "left"), [("", []), ("buys", ["sell"]), ("sells", ["buy"])])
def test_working_orders_are_cancelled_together(
    which: str, left: list[str], alice: TradingAccount, btc: Instrument
) -> None:
    limit(alice, btc)
    limit(alice, btc, price="70000", side=Side.SELL)
    sent = answer(alice, f"/orders/cancel-all/{alice.pk}/?which={which}")
    assert sent.status_code == 204
    assert list(Order.objects.filter(state="working").values_list("side", flat=True)) == left


def every_address(alice: TradingAccount, btc: Instrument) -> list[str]:
    place(alice, btc)
    order, position = limit(alice, btc), position_of(alice)
    names = ("close", "reverse", "protect")
    return [
        *(f"/positions/{position.pk}/{name}/" for name in names),
        f"/orders/{order.pk}/modify/",
        f"/positions/close-all/{alice.pk}/",
        f"/orders/cancel-all/{alice.pk}/",
    ]


def test_asking_changes_nothing(alice: TradingAccount, btc: Instrument) -> None:
    client = browser(alice)
    for path in every_address(alice, btc):
        for headers in (HTMX, {}):
            with transaction.atomic():
                connection.cursor().execute("SET TRANSACTION READ ONLY")
                assert client.get(path, headers=headers).status_code == 200, path


def test_other_peoples_positions_and_orders_are_not_there(alice: TradingAccount, btc: Instrument) -> None:
    bob = browser(an_account("BOB-1", "bob"))
    for path in every_address(alice, btc):
        assert bob.get(path).status_code == 404, path
        assert bob.post(path, {"token": "by-hand-" + "0" * 32}).status_code == 404, path
    assert held(alice) == Decimal("0.5")
