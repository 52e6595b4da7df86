"""The operators' desk: who may do what, that it is done through the tray, and that it is written down."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.groups import GROUPS, write_groups
from accounts.models import Product, Subscription, TradingAccount, User
from orders import quotes
from orders.carrying import act
from orders.engine.commands import MoveMoney, Place
from orders.engine.values import OrderType, Side, Validity
from orders.models import Book, Fill, Instrument, LedgerEntry, Order, OrderCommand, OrderEvent, Position, TradingHalt
from tests.orders.making import an_account, an_instrument

pytestmark = pytest.mark.django_db(transaction=True)

BOOKS = (Order, OrderEvent, Fill, Position, LedgerEntry, OrderCommand)


@pytest.fixture(autouse=True)
def groups(db: None) -> None:
    write_groups()


def operator(*names: str, superuser: bool = False) -> Client:
    user = User.objects.create(username=f"op-{'-'.join(names)}", is_staff=True, is_superuser=superuser)
    user.groups.set(Group.objects.filter(name__in=names))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss() -> Client:
    return operator(superuser=True)


@pytest.fixture
def spy() -> Instrument:
    made = an_instrument("SPY", "ETF", min_lot=1, lot_step=1)
    assert quotes.accept([{"symbol": "SPY", "bid": "590.00", "ask": "590.02"}], "feed").accepted
    return made


@pytest.fixture
def demo(spy: Instrument) -> TradingAccount:
    account = an_account()
    act(account.pk, MoveMoney("deposit", Decimal(100000)), {"kind": "operator", "user": "test"})
    return account


def place(account: TradingAccount, instrument: Instrument, **more: Any) -> int:
    usual = {"type": OrderType.MARKET, "side": Side.BUY, "qty": Decimal(1), "validity": Validity.GTC}
    return act(account.pk, Place(0, instrument.pk, **usual | more), {"kind": "user", "user": "alice"})["orderId"]


def page_of(model: type, name: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def do(client: Client, row: Any, action: str, **answers: Any) -> str:
    """Chooses a row and an action, answers its question if there is one; the page that follows."""
    chosen = {"action": action, "_selected_action": [row.pk], **answers}
    if answers:
        chosen["answered"] = "yes"
    return client.post(page_of(type(row)), chosen, follow=True).content.decode()


def log_of(row: Any) -> list[str]:
    found = LogEntry.objects.filter(
        object_id=str(row.pk), content_type__model=type(row)._meta.concrete_model._meta.model_name
    )
    return [entry.get_change_message() for entry in found]


# --- Who gets in ---------------------------------------------------------------------------------------


def test_the_desk_is_for_operators(demo: TradingAccount) -> None:
    trader = Client()
    trader.force_login(demo.user)
    for client, statuses in ((Client(), {302}), (trader, {302, 403})):
        answer = client.get("/admin/")
        assert answer.status_code in statuses
        assert client.get("/admin/", follow=True).content.find(b"Operators' desk") < 0


@pytest.mark.parametrize("group", list(GROUPS))
def test_every_page_of_a_group_opens_and_every_other_is_shut(group: str, demo: TradingAccount, spy: Instrument) -> None:
    place(demo, spy)
    client = operator(group)
    for model, page in admin.site._registry.items():
        request = client.get("/admin/").wsgi_request
        allowed = page.has_view_or_change_permission(request)
        assert client.get(page_of(model)).status_code == (200 if allowed else 403), model


def test_every_list_can_be_searched_for_anything(boss: Client, demo: TradingAccount, spy: Instrument) -> None:
    place(demo, spy)
    for model, page in admin.site._registry.items():
        if page.search_fields:
            for term in ("DEMO-1", "1", "9" * 30, "%", "'", "é", "x" * 300):
                assert boss.get(page_of(model), {"q": term}).status_code == 200, (model, term)


def test_books_cannot_be_written_by_anybody_by_any_address(boss: Client, demo: TradingAccount, spy: Instrument) -> None:
    place(demo, spy)
    before = {model: list(model.objects.order_by("pk").values()) for model in BOOKS}
    for model in BOOKS:
        row = model.objects.first()
        assert boss.get(page_of(model, "add")).status_code == 403
        assert boss.post(page_of(model, "add"), {"account": demo.pk}).status_code == 403
        assert boss.get(page_of(model, "change", row.pk)).status_code == 200
        assert boss.post(page_of(model, "change", row.pk), {"qty": "5"}).status_code == 403
        assert boss.post(page_of(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert do(boss, row, "delete_selected", post="yes")
    assert {model: list(model.objects.order_by("pk").values()) for model in BOOKS} == before


@pytest.mark.parametrize("model", [TradingAccount, Instrument, User, Product])
def test_what_history_leans_on_cannot_be_deleted(
    model: type, boss: Client, demo: TradingAccount, spy: Instrument
) -> None:
    Product.objects.create(code="x", name="X")
    for row in model.objects.all():
        assert boss.post(page_of(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        do(boss, row, "delete_selected", post="yes")
        assert model.objects.filter(pk=row.pk).exists()


def test_nobody_makes_himself_mightier(demo: TradingAccount) -> None:
    client = operator("admin")
    me = User.objects.get(username="op-admin")
    boss = User.objects.create(username="boss", is_staff=True, is_superuser=True)
    form = {"username": "op-admin", "is_active": "on", "is_superuser": "on", "is_staff": "on"}
    client.post(page_of(User, "change", me.pk), form)
    me.refresh_from_db()
    assert not me.is_superuser
    assert client.post(page_of(User, "change", boss.pk), {"username": "mine"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[boss.pk])
    assert client.post(password, {"password1": "a-new-password-1", "password2": "a-new-password-1"}).status_code == 403


# --- Accounts --------------------------------------------------------------------------------------------


def test_money_moves_through_the_tray(boss: Client, demo: TradingAccount) -> None:
    assert "amount" in do(boss, demo, "move_money")
    do(boss, demo, "move_money", kind="deposit", amount="500.25", note="gift")
    do(boss, demo, "move_money", kind="withdrawal", amount="100", note="")
    assert Book.objects.get().balance == Decimal("100400.25")
    commands = OrderCommand.objects.filter(kind="money").order_by("seq")
    assert [command.origin["user"] for command in commands] == ["test", "op-", "op-"]
    assert list(LedgerEntry.objects.order_by("id").values_list("kind", "amount", "note")) == [
        ("deposit", 100000, ""), ("deposit", Decimal("500.25"), "gift"), ("withdrawal", -100, "")
    ]  # fmt: skip
    assert log_of(demo) == ["withdrawal of 100 USD", "deposit of 500.25 USD"]


@pytest.mark.parametrize("amount", ["-5", "0", "much", "1e30", ""])
def test_an_amount_that_is_none_moves_nothing(amount: str, boss: Client, demo: TradingAccount) -> None:
    assert "errorlist" in do(boss, demo, "move_money", kind="deposit", amount=amount, note="")
    assert Book.objects.get().balance == 100000
    assert log_of(demo) == []


def test_more_than_there_is_cannot_be_withdrawn(boss: Client, demo: TradingAccount) -> None:
    page = do(boss, demo, "move_money", kind="withdrawal", amount="100001", note="")
    assert "available" in page
    assert Book.objects.get().balance == 100000
    assert log_of(demo) == []


def test_an_account_is_halted_resumed_suspended_and_activated(boss: Client, demo: TradingAccount) -> None:
    do(boss, demo, "halt")
    assert Book.objects.get().halted
    do(boss, demo, "resume")
    assert not Book.objects.get().halted
    do(boss, demo, "suspend")
    assert TradingAccount.objects.get().status == "suspended"
    do(boss, demo, "activate")
    assert TradingAccount.objects.get().status == "active"
    assert log_of(demo) == ["active, before suspended", "suspended, before active", "trading again", "halted"]


def test_risk_rules_are_set_and_lifted(boss: Client, demo: TradingAccount) -> None:
    do(boss, demo, "set_risk", maxOrderAmount="5", dailyLossLimit="100.5")
    assert Book.objects.get().risk == {"dailyLossLimit": "100.5", "maxOrderAmount": "5"}
    do(boss, demo, "set_risk", maxOrderAmount="")
    assert Book.objects.get().risk == {}
    assert "dailyLossLimit 100.5" in log_of(demo)[0]


def test_support_looks_and_cannot_act(demo: TradingAccount) -> None:
    client = operator("support")
    for action in ("move_money", "halt", "suspend", "set_risk"):
        do(client, demo, action, kind="deposit", amount="5")
    assert Book.objects.get().balance == 100000
    assert TradingAccount.objects.get().status == "active"
    assert OrderCommand.objects.count() == 1
    assert client.post(page_of(TradingAccount, "change", demo.pk), {"status": "closed"}).status_code == 403


def test_a_new_account_has_books_and_keeps_its_owner_and_currency(boss: Client, demo: TradingAccount) -> None:
    form = {"name": "NEW-1", "user": demo.user.pk, "currency": "EUR", "status": "active"}
    boss.post(page_of(TradingAccount, "add"), form)
    account = TradingAccount.objects.get(name="NEW-1")
    assert Book.objects.filter(account=account).exists()
    boss.post(
        page_of(TradingAccount, "change", account.pk), form | {"currency": "USD", "name": "X", "status": "closed"}
    )
    account.refresh_from_db()
    assert (account.name, account.currency, account.status) == ("NEW-1", "EUR", "closed")


# --- The market --------------------------------------------------------------------------------------------


def test_instruments_are_halted_and_reopened(boss: Client, demo: TradingAccount, spy: Instrument) -> None:
    do(boss, spy, "halt")
    assert Instrument.objects.get().status == "halted"
    do(boss, spy, "reopen")
    assert Instrument.objects.get().status == "open"
    assert log_of(spy) == ["open again", "halted"]


def test_what_trades_are_reckoned_by_is_fixed_once_there_are_any(
    boss: Client, demo: TradingAccount, spy: Instrument
) -> None:
    place(demo, spy)
    page = boss.get(page_of(Instrument, "change", spy.pk)).content.decode()
    assert 'name="tick_size"' in page
    assert 'name="lot_size"' not in page


def test_the_kill_switch(boss: Client, demo: TradingAccount) -> None:
    assert boss.get(page_of(TradingHalt)).status_code == 200
    row = TradingHalt.objects.get()
    risk = operator("risk")
    risk.post(page_of(TradingHalt, "change", row.pk), {"everywhere": "on"})
    assert TradingHalt.objects.get().everywhere
    assert log_of(row)
    assert operator("support").post(page_of(TradingHalt, "change", row.pk), {}).status_code == 403
    assert TradingHalt.objects.get().everywhere


# --- The Care desk ---------------------------------------------------------------------------------------


def test_a_dealer_works_the_care_desk(demo: TradingAccount, spy: Instrument) -> None:
    care = apps.get_model("orders", "CareOrder")
    first = place(demo, spy, type=OrderType.CARE, qty=Decimal(10), price=Decimal("590.01"), user_comment="gently <b>")
    second = place(demo, spy, type=OrderType.CARE, qty=Decimal(3))
    place(demo, spy, type=OrderType.LIMIT, price=Decimal(500))
    dealer = operator("dealer")
    page = dealer.get(page_of(care)).content.decode()
    assert "gently &lt;b&gt;" in page
    assert page.count("action-checkbox") >= 2
    do(dealer, care.objects.get(pk=first), "fill", qty="4", price="590")
    do(dealer, care.objects.get(pk=first), "fill", qty="", price="590.01")
    do(dealer, care.objects.get(pk=second), "reject", reason="no block today")
    assert Order.objects.get(pk=first).avg_price == Decimal("590.006")
    assert (Order.objects.get(pk=second).state, Order.objects.get(pk=second).reason) == ("rejected", "no block today")
    assert OrderEvent.objects.filter(order_id=first).last().origin == {"kind": "dealer", "user": "op-dealer"}
    assert LogEntry.objects.filter(object_id=str(first)).count() == 2


def test_what_a_dealer_may_not_do_is_told(demo: TradingAccount, spy: Instrument) -> None:
    care = apps.get_model("orders", "CareOrder")
    number = place(demo, spy, type=OrderType.CARE, qty=Decimal(10), price=Decimal("590.01"))
    dealer = operator("dealer")
    assert "590.01" in do(dealer, care.objects.get(pk=number), "fill", qty="1", price="591")
    assert do(operator("risk"), care.objects.get(pk=number), "reject", reason="x")
    assert Order.objects.get(pk=number).state == "working"
    assert not LogEntry.objects.filter(object_id=str(number)).exists()


# --- Products and the tray --------------------------------------------------------------------------------


def test_requests_for_products_are_approved_rejected_and_ended(boss: Client, demo: TradingAccount) -> None:
    product = Product.objects.create(code="x", name="X", approval="operator")
    wanted = Subscription.objects.create(user=demo.user, product=product, status="requested")
    do(boss, wanted, "approve")
    assert Subscription.objects.active().filter(pk=wanted.pk).exists()
    do(boss, wanted, "reject")
    assert Subscription.objects.get().status == "active"
    do(boss, wanted, "end")
    assert not Subscription.objects.active().exists()
    assert log_of(wanted) == ["cancelled, before active", "active, before requested"]


def test_a_stuck_command_is_rung_for_again(demo: TradingAccount) -> None:
    command = OrderCommand.objects.get()
    do(operator("support"), command, "ring_again")
    assert len(log_of(command)) == 1
    do(operator("dealer"), command, "ring_again")
    assert len(log_of(command)) == 1


def test_the_system_page_tells_what_waits_and_who_is_at_work(demo: TradingAccount) -> None:
    page = operator("support").get("/admin/system/").content.decode()
    assert all(word in page for word in ("oldest waiting", "newest quote", "PostgreSQL", "workers"))
    assert "/admin/system/" in operator("risk").get("/admin/").content.decode()
    assert operator("dealer").get("/admin/system/").status_code == 403
    assert Client().get("/admin/system/").status_code == 302
