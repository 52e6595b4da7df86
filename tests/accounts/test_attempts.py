"""Guessing passwords: slowed down for whoever guesses, and for nobody else."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-pass-for-tests"
HERE, ELSEWHERE = "203.0.113.9", "198.51.100.4"


@pytest.fixture(autouse=True)
def behind_a_proxy(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", "alice@example.test", PASSWORD)


def signs_in(login: str, password: str, address: str) -> bool:
    answer = Client().post(
        "/account/login/", {"login": login, "password": password}, headers={"X-Forwarded-For": f"192.0.2.1, {address}"}
    )
    assert answer.status_code in (200, 302, 429)
    return answer.status_code == 302


def test_who_guesses_is_stopped_and_the_owner_elsewhere_is_not(alice: User) -> None:
    for login in ("alice", "ALICE", "alice@example.test", "alice", "alice"):
        assert not signs_in(login, "wrong", HERE)
    for login in ("alice", "alice@example.test"):
        assert not signs_in(login, PASSWORD, HERE)
        assert signs_in(login, PASSWORD, ELSEWHERE)


def test_another_user_of_the_same_address_is_not_stopped(alice: User) -> None:
    User.objects.create_user("bob", "bob@example.test", PASSWORD)
    for _ in range(5):
        assert not signs_in("alice", "wrong", HERE)
    assert signs_in("bob", PASSWORD, HERE)


def test_a_right_password_is_no_attempt(alice: User) -> None:
    assert all(signs_in("alice", PASSWORD, HERE) for _ in range(7))


def test_the_count_lasts_without_the_process_that_counted(alice: User) -> None:
    assert not signs_in("alice", "wrong", HERE)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM accounts_cache WHERE cache_key LIKE '%%login_failed%%' AND expires > now()"
        )
        assert cursor.fetchone()[0] >= 1


@pytest.mark.parametrize("cookie", ["a\0b", "\xe9" * 32, "' OR 1=1 --", "a" * 5000, "%00", "../../etc"])
def test_a_session_cookie_of_any_bytes_is_nobody(cookie: str, alice: User) -> None:
    client = Client()
    client.cookies.load({"sessionid": "x"})
    client.cookies["sessionid"].set("sessionid", cookie, cookie)
    answer = client.get("/positions/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/")


def test_an_e_mail_address_is_added_only_by_who_knows_the_password(alice: User) -> None:
    client = Client()
    client.force_login(alice)  # a session that has not proved anything of late
    answer = client.post("/account/email/", {"action_add": "", "email": "mallory@example.test"})
    assert answer.status_code == 302
    assert "/reauthenticate/" in answer.headers["Location"]
    assert not EmailAddress.objects.filter(email="mallory@example.test").exists()
