"""A key is made once, shown once, and only to whoever has just said the password."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from tests.accounts.at_the_door import Visitor
from tests.panel.people import PASSWORD, Person, text_of
from webhooks.keys import is_secret_key, is_secret_of
from webhooks.models import WebhookKey

SECRET = re.compile(r"ws_[0-9A-Za-z]{49}")


def only_key(person: Person) -> WebhookKey:
    return WebhookKey.objects.get(user=person.user)


def field(html: str, name: str) -> str:
    found = re.search(rf'id="credentials-{name}" value="([^"]*)"', html)
    assert found, html
    return unescape(found[1])


def test_the_dialog_carries_name_key_secret_and_url(alice: Person) -> None:
    html = text_of(alice.create(name="tv-breakout"))
    key, secret = only_key(alice), field(html, "secret-key")
    assert field(html, "name") == key.name == "tv-breakout"
    assert field(html, "api-key") == key.api_key
    assert is_secret_key(secret)
    assert is_secret_of(secret, bytes(key.secret_hash), key.pepper)
    assert field(html, "url") == f"http://testserver/webhook/{key.api_key}/{secret}"


def test_the_secret_is_in_that_one_answer_only(alice: Person) -> None:
    answer = alice.create(name="once")
    secret = field(text_of(answer), "secret-key")
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert secret not in str(answer.headers)
    assert secret not in str(dict(alice.client.session))
    assert secret not in str(alice.client.cookies)
    key = only_key(alice)
    for path in (
        "/webhooks",
        "/webhooks/keys",
        f"/webhooks/keys/{key.pk}/ask-rotate",
        f"/webhooks/keys/{key.pk}/ask-limits",
        "/webhooks/requests",
    ):
        html = text_of(alice.fragment(path)) + alice.file("keys")
        assert html
        assert not SECRET.search(html), path


def test_a_browser_without_script_gets_the_same_dialog_in_a_page(alice: Person) -> None:
    fields = {"name": "plain", "expires": "never", "actions": ["place"], "password": PASSWORD}
    answer = alice.client.post("/webhooks/keys/create", fields)
    assert "<h1>Webhooks</h1>" in text_of(answer)
    assert is_secret_key(field(text_of(answer), "secret-key"))
    assert answer.headers["Cache-Control"] == "no-store, private"


def test_the_password_is_asked_for_before_a_key_is_made(alice: Person) -> None:
    html = text_of(alice.create(name="asked", password=[]))
    assert 'type="password"' in html
    assert '<input type="hidden" name="name" value="asked">' in html
    assert not WebhookKey.objects.exists()


def test_a_wrong_password_makes_no_key(alice: Person) -> None:
    html = text_of(alice.create(name="asked", password="not the password"))
    assert "field-error" in html
    assert "not the password" not in html
    assert not WebhookKey.objects.exists()


def test_guessing_the_password_is_slowed_down(alice: Person) -> None:
    answers = [text_of(alice.create(password=f"guess {n}")) for n in range(12)]
    assert "Too many tries" in answers[-1]
    assert "Too many tries" in text_of(alice.create())
    assert not WebhookKey.objects.exists()


def test_the_password_is_asked_for_once_in_fifteen_minutes(alice: Person) -> None:
    alice.create(name="one")
    assert is_secret_key(field(text_of(alice.create(name="two", password=[])), "secret-key"))


def test_an_empty_name_becomes_a_memorable_one(alice: Person) -> None:
    alice.create()
    assert re.fullmatch(r"[a-z]+-[a-z-]+", only_key(alice).name)


def test_names_are_unique_per_user_until_the_key_is_deleted(alice: Person, mallory: Person) -> None:
    key = alice.key("breakout")
    html = text_of(alice.create(name="breakout"))
    assert "choose another name" in html
    assert 'aria-invalid="true"' in html
    assert WebhookKey.objects.filter(user=alice.user).count() == 1
    mallory.key("breakout")
    alice.post(f"/webhooks/keys/{key.pk}/delete")
    alice.key("breakout")


@pytest.mark.parametrize(("choice", "days"), [("30", 30), ("90", 90), ("365", 365)])
def test_a_key_ends_after_the_chosen_days(alice: Person, choice: str, days: int) -> None:
    key = alice.key(expires=choice)
    assert key.expires_at
    assert abs(key.expires_at - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)


def test_a_key_works_through_its_last_day(alice: Person) -> None:
    last = (timezone.now() + timedelta(days=10)).date()
    key = alice.key(expires="date", date=last.isoformat())
    assert key.expires_at
    assert key.expires_at.isoformat() == f"{last.isoformat()}T23:59:59+00:00"


@pytest.mark.parametrize("date", ["", "2020-01-01", "tomorrow", "9999-12-31", "0001-01-01", "\0"])
def test_a_date_that_cannot_be_meant_is_refused(alice: Person, date: str) -> None:
    assert "field-error" in text_of(alice.create(expires="date", date=date))
    assert not WebhookKey.objects.exists()


def test_limits_are_kept_as_chosen(alice: Person) -> None:
    account = alice.user.trading_accounts.get()
    key = alice.key(
        accounts=[account.name],
        actions=["cancel"],
        networks="203.0.113.7, 198.51.100.0/24 2001:db8::/32",
        requests_per_minute="60",
        identical_window_seconds="5",
    )
    assert list(key.accounts.all()) == [account]
    assert key.actions == ["cancel"]
    assert key.networks == ["203.0.113.7", "198.51.100.0/24", "2001:db8::/32"]
    assert (key.requests_per_minute, key.identical_window_seconds) == (60, 5)


def test_nothing_chosen_is_no_limit(alice: Person) -> None:
    key = alice.key()
    assert list(key.accounts.all()) == []
    assert (key.actions, key.networks, key.requests_per_minute, key.identical_window_seconds) == ([], [], None, 0)


def test_tradingview_only_is_its_four_addresses(alice: Person) -> None:
    assert alice.key(tradingview="on").networks == ["52.89.214.238", "34.212.75.30", "54.218.53.128", "52.32.178.7"]


@pytest.mark.parametrize(
    "fields",
    [
        {"actions": []},
        {"actions": ["fly"]},
        {"networks": "localhost"},
        {"networks": "203.0.113.7/24"},
        {"networks": "1.2.3.4/33"},
        {"networks": " ".join(f"10.0.0.{n}" for n in range(40))},
        {"requests_per_minute": "0"},
        {"requests_per_minute": "-5"},
        {"requests_per_minute": "1201"},
        {"requests_per_minute": "9" * 40},
        {"requests_per_minute": "sixty"},
        {"identical_window_seconds": "-1"},
        {"identical_window_seconds": "86401"},
        {"accounts": ["NOBODY-1"]},
        {"accounts": ["\0"]},
        {"expires": "soon"},
        {"name": "x" * 65},
        {"name": "tv\0breakout"},
        {"name": "tv\u202ebreakout"},
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field(alice: Person, fields: dict[str, object]) -> None:
    answer = alice.create(**fields)
    assert answer.status_code == 200
    assert "field-error" in text_of(answer)
    assert answer.headers["HX-Retarget"] == "#key-form"
    assert not WebhookKey.objects.exists()


def test_somebody_elses_account_cannot_be_named(alice: Person, mallory: Person) -> None:
    html = text_of(mallory.create(accounts=[alice.user.trading_accounts.get().name]))
    assert "You have no account" in html
    assert not WebhookKey.objects.exists()


def test_only_a_post_with_the_csrf_token_makes_a_key(alice: Person) -> None:
    assert alice.get("/webhooks/keys/create").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice.user)
    assert strict.post("/webhooks/keys/create", {"expires": "never"}).status_code == 403
    assert not WebhookKey.objects.exists()


def test_without_the_subscription_keys_can_be_made_and_the_page_says_what_that_means(alice: Person) -> None:
    alice.user.subscriptions.all().delete()
    assert "Requests will be refused" in text_of(alice.get("/webhooks"))
    assert alice.key("early")


def test_a_name_is_text_wherever_it_is_shown(alice: Person) -> None:
    name = "<script>alert(1)</script>\"'{{ 7|add:7 }}"
    alice.create(name=name)
    html = text_of(alice.get("/webhooks"))
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;{{ 7|add:7 }}" in html


def test_a_code_is_as_good_as_the_password(alice: Person) -> None:
    visitor = Visitor(alice.user, alice.client.defaults["REMOTE_ADDR"])
    visitor.client = alice.client
    codes = visitor.add_app()
    session = alice.client.session
    session["account_authentication_methods"] = []  # as if that were long ago
    session.save()
    assert "Password or code" in text_of(alice.create(name="asked", password=[]))
    assert "Incorrect code" in text_of(alice.create(name="asked", password="000000"))
    assert not WebhookKey.objects.exists()
    assert is_secret_key(field(text_of(alice.create(name="by-code", password=codes[0])), "secret-key"))
