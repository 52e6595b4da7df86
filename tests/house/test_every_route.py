"""Every address that changes something refuses a GET, a missing CSRF token, and whoever it is not for.

The addresses come from the URLconf: a new one that stands in none of the lists below fails here.
"""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import Product, TradingAccount, User
from orders.carrying import act
from orders.engine.commands import Place
from orders.engine.values import OrderType, Side, Validity
from orders.models import Instrument, Position
from tests.accounts.at_the_door import PASSWORD, Visitor, code_of
from tests.house.routes import Route, changed, form_at, picture, routes
from tests.orders.by_hand import alice, btc, engine
from tests.orders.making import an_account
from webhooks.keys import create_key
from webhooks.models import Delivery

__all__ = ["alice", "btc", "engine"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

NEW_PASSWORD = "another-long-pass-1"
# What each of them changes with these fields, beside those that its own form is filled with; in this order.
CHANGING: dict[str, dict[str, Any]] = {
    "accounts:theme": {"theme": "light"},
    "accounts:choose": {"account": "DEMO-1"},
    "accounts:subscription": {},
    "tables:columns": {"show": ["symbol"]},
    "tables:sort": {"column": "quantity"},
    "tables:filters": {"find": "BTC", "side": "buy"},
    "orders:watchlist": {"instrument": "1", "on": "1"},
    "orders:ticket": {"side": "buy", "type": "Limit", "qty": "0.1", "price": "50000", "token": f"by-hand-{'0' * 32}"},
    "orders:modify": {"price": "59000"},
    "orders:cancel": {},
    "orders:cancel-all": {},
    "orders:protect": {"stopLoss": "60000"},
    "orders:reverse": {},
    "orders:close": {"qty": "0.1"},
    "orders:close-all": {},
    "webhooks:test": {"body": '{"action": "cancel", "accountName": "DEMO-1", "orderId": 1}'},
    "webhooks:check": {"body": "{}"},
    "webhooks:create": {"name": "new", "expires": "never", "actions": ["place"], "password": PASSWORD},
    "webhooks:pause": {},
    "webhooks:resume": {"password": PASSWORD},
    "webhooks:rotate": {"overlap": "0", "password": PASSWORD},
    "webhooks:limits": {"actions": ["cancel"], "password": PASSWORD},
    "webhooks:renew": {"expires": "30", "password": PASSWORD},
    "webhooks:delete": {},
    "accounts:end-session": {},
    "accounts:end-others": {},
    "account_email": {"action_add": "", "email": "second@example.test"},
    "mfa_activate_totp": {"code": "000000"},
    "mfa_generate_recovery_codes": {},
    "mfa_deactivate_totp": {},
    "mfa_edit_webauthn": {"name": "renamed"},
    "mfa_remove_webauthn": {},
    "account_change_password": {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
}
# They leave no trace but in the session.
OF_THE_SESSION = ("accounts:theme", "accounts:choose", "webhooks:check")
# Who comes in, or proves who they are: tests/accounts and tests/journeys say what each of them refuses.
ENTRANCES = {
    "account_login", "account_logout", "account_signup", "account_reauthenticate", "account_confirm_login_code",
    "account_confirm_email", "account_set_password", "account_reset_password", "account_reset_password_from_key",
    "mfa_authenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_login_webauthn", "mfa_add_webauthn",
}  # fmt: skip
ONLY_SHOWING = {
    "health", "home", "favicon.ico", "account/2fa/", "account/2fa/webauthn/", "account/sessions/",
    "account_inactive", "account_email_verification_sent", "account_reset_password_done",
    "account_reset_password_from_key_done", "mfa_index", "mfa_list_webauthn", "mfa_view_recovery_codes",
    "mfa_download_recovery_codes", "usersessions_list", "accounts:products", "accounts:security", "accounts:history",
    "orders:desk", "orders:bars", "orders:accounts", "orders:positions", "orders:working", "orders:filled",
    "orders:history", "orders:order", "orders:equity", "orders:ledger", "tables:csv", "orders:events",
    "orders:instruments", "orders:find", "orders:surroundings", "webhooks:panel", "webhooks:keys",
    "webhooks:ask-rotate", "webhooks:ask-limits", "webhooks:ask-renew", "webhooks:ask-delete", "webhooks:requests",
    "webhooks:request", "webhooks:snippet", "webhooks:try", "webhooks:docs", "webhooks:guide",
}  # fmt: skip
# Machines show a key with each request, and no cookie; the read API and the quote door have tests of their own.
FOR_MACHINES = re.compile(r"api/v1/|\^api/|schema$|message-schema$")
AT_THE_DESK = re.compile(r"admin[/:]")
SOMEBODYS = {"account_id", "order_id", "position_id", "key_id", "delivery_id", "session_id", "pk"}

# As a browser made it, once; its other half is gone.
PASSKEY = {
    "name": "Laptop",
    "credential": {
        "id": "S0JQhetANMIQF0TQ3qu9m0K-tIdDBxQ1zIeeyket2T0",
        "rawId": "S0JQhetANMIQF0TQ3qu9m0K-tIdDBxQ1zIeeyket2T0",
        "type": "public-key",
        "response": {
            "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiYjFZYUd0QnFzcDh6SmpJR1Z2VGU4Ml"
            "h3VzVvUGVWZlVQX1Q0MFpRQjNjOCIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6ODA3NyIsImNyb3NzT3JpZ2luIjpmYWxzZX0",
            "attestationObject": "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikSZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2N"
            "FAAAAAQECAwQFBgcIAQIDBAUGBwgAIEtCUIXrQDTCEBdE0N6rvZtCvrSHQwcUNcyHnspHrdk9pQECAyYgASFYIPRzQlJtqoOQKWDWwhhdnhGen-"
            "XiNw3qEzUbKkjc5vMyIlggqNrFJKTnITouGEM-S0jE6ABaJqiQhFRBnIzAb3OBPJY",
        },
    },
}

PAGES = [route for route in routes() if not FOR_MACHINES.match(route.name) and not AT_THE_DESK.match(route.name)]


@pytest.fixture
def owner(alice: TradingAccount) -> Client:
    """Alice's browser."""
    return browser_of(alice.user)


@pytest.fixture
def things(engine: None, owner: Client, alice: TradingAccount, btc: Instrument) -> dict[str, Any]:
    """Something of Alice's for every parameter that an address can have."""
    for address in ("192.0.2.97", "192.0.2.98"):
        Visitor(alice.user, address).sign_in()
    origin = {"kind": "user", "user": alice.user.username}
    terms: dict[str, Any] = {"side": Side.BUY, "qty": Decimal("0.5"), "validity": Validity.GTC}
    act(alice.pk, Place(0, btc.pk, type=OrderType.MARKET, **terms), origin)
    waiting = act(alice.pk, Place(0, btc.pk, type=OrderType.LIMIT, price=Decimal(60000), **terms), origin)
    key, _ = create_key(alice.user, "tv-breakout")
    Product.objects.get_or_create(code="trading-webhooks", defaults={"name": "Trading Webhooks"})
    passkey = Authenticator.objects.create(user=alice.user, type="webauthn", data=PASSKEY)
    return {
        "account_id": alice.pk,
        "instrument_id": btc.pk,
        "order_id": waiting["orderId"],
        "position_id": Position.objects.get().pk,
        "key_id": key.pk,
        "delivery_id": Delivery.objects.create(key=key, user=alice.user, method="POST", http=200, body="{}").pk,
        "session_id": alice.user.usersession_set.get(ip="192.0.2.98").pk,
        "pk": passkey.pk,
        "code": "trading-webhooks",
        "name": "working",
        "key": "nobody-has-this",
        "uidb36": "1",
    }


def browser_of(user: User) -> Client:
    """Signed in, and has just proved who they are: that is not what stops them here."""
    user.set_password(PASSWORD)
    user.save()
    visitor = Visitor(user, address="192.0.2.99")
    visitor.sign_in()
    visitor.confirm()
    assert visitor.is_in
    return visitor.client


def mallory() -> User:
    return an_account("MALLORY-1", "mallory").user


def test_every_address_is_in_one_of_the_lists() -> None:
    names = [route.name for route in PAGES]
    assert sorted(set(names)) == sorted(CHANGING.keys() | ENTRANCES | ONLY_SHOWING)
    assert len(CHANGING) + len(ENTRANCES) + len(ONLY_SHOWING) == len(set(names)), "in two lists"


def test_what_changes_something_does_so_for_its_owner(owner: Client, things: dict[str, Any]) -> None:
    """Without this the refusals below would prove nothing."""
    idle = []
    by_name = {route.name: route for route in PAGES}
    for name, fields in CHANGING.items():
        path, before = by_name[name].address(things), picture()
        filled = form_at(owner, path) | fields | own_fields(owner, name, path, things)
        answer = owner.post(path, filled, headers={"HX-Request": "true"})
        if not changed(before, picture()) and name not in OF_THE_SESSION:
            idle.append((name, answer.status_code))
    assert idle == []


def own_fields(client: Client, name: str, path: str, things: dict[str, Any]) -> dict[str, str]:
    if name == "orders:watchlist":
        return {"instrument": str(things["instrument_id"])}
    if name == "orders:ticket":
        return {"token": f"by-hand-{uuid.uuid4().hex}"}
    if name == "mfa_activate_totp":
        html = client.get(path).content.decode()
        return {"code": code_of(re.search(r'id="authenticator_secret" value="([A-Z2-7]+)"', html)[1])}
    return {}


def test_no_get_changes_anything(owner: Client, things: dict[str, Any]) -> None:
    before = picture()
    for route in PAGES:
        answer = owner.get(route.address(things), CHANGING.get(route.name, {}))
        assert answer.status_code < 500, route
        assert not changed(before, picture()), route


def test_nothing_is_changed_without_the_token_of_the_page_or_a_session(owner: Client, things: dict[str, Any]) -> None:
    owner.handler.enforce_csrf_checks, before = True, picture()
    for route in PAGES:
        for headers in ({}, {"HX-Request": "true"}):
            answer = owner.post(route.address(things), CHANGING.get(route.name, {}), headers=headers)
            assert answer.status_code == 403, route
    visitor = Client()
    for route in PAGES:
        if route.name in CHANGING or SOMEBODYS.intersection(route.parameters):
            answer = visitor.post(route.address(things), CHANGING.get(route.name, {}))
            assert (answer.status_code, answer.headers["Location"][:15]) == (302, "/account/login/"), route
    assert not changed(before, picture())


def test_what_is_somebodys_is_not_there_for_another(things: dict[str, Any]) -> None:
    stranger = mallory()
    client, before = browser_of(stranger), picture(but_of=stranger.pk)
    for route in PAGES:
        theirs = SOMEBODYS.intersection(route.parameters)
        if theirs or route.name in CHANGING:
            answers = [client.get(route.address(things))] if theirs else []
            answers.append(client.post(route.address(things), CHANGING.get(route.name, {})))
            statuses = {answer.status_code for answer in answers}
            assert not theirs or statuses <= {404, 405}, (route, statuses)
            assert 404 in statuses or not theirs, (route, statuses)
            assert not changed(before, picture(but_of=stranger.pk)), route


def test_every_page_of_the_desk_is_shut_to_a_trader_and_to_a_foreign_form(
    owner: Client, alice: TradingAccount, things: dict[str, Any]
) -> None:
    desk = [route for route in routes() if AT_THE_DESK.match(route.name)]
    assert len(desk) > 100
    boss = browser_of(User.objects.create(username="boss", is_staff=True, is_superuser=True))
    boss.handler.enforce_csrf_checks, before = True, picture()
    for route in desk:
        path = address_at_the_desk(route, alice)
        assert boss.post(path, {"post": "yes"}).status_code == 403, route
        for answer in (owner.get(path), owner.post(path, {"post": "yes"})):
            assert answer.status_code in (302, 403, 404), route
            assert b"Operators" not in answer.content
    assert not changed(before, picture())


def address_at_the_desk(route: Route, account: TradingAccount) -> str:
    numbers = {"object_id": account.pk, "id": account.pk, "content_type_id": 1, "app_label": "orders", "url": "nowhere"}
    return route.address(numbers)
