"""A second factor: what it keeps out, what opens without it, and what is left behind in the database."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from pytest_django import Settings

from tests.accounts.at_the_door import PASSWORD, Visitor, a_visitor, code_of

pytestmark = pytest.mark.django_db
PASSKEY_DOORS = ("/account/2fa/webauthn/login/", "/account/2fa/webauthn/add/", "/account/2fa/webauthn/reauthenticate/")
NO_CREDENTIALS = ("", "{", "1", "[]", "null", "{}", '{"id": 1}', '{"id": "x", "rawId": "x", "response": []}')
HALF_CREDENTIALS = (
    '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "eA", "userHandle": 5}}',
    '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30", "attestationObject": "oA",'
    ' "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "__8"}}',
)


def test_the_password_alone_opens_nothing_any_more(alice: Visitor) -> None:
    assert alice.is_in
    alice.add_app()
    thief = alice.elsewhere()
    assert thief.sign_in().headers["Location"] == "/account/2fa/authenticate/"
    assert not thief.is_in
    assert thief.get("/webhooks").status_code == 302
    thief.enter_code("000000")
    assert not thief.is_in
    thief.enter_code(code_of(alice.secret, steps=1))
    assert thief.is_in


def test_a_code_is_good_once(alice: Visitor) -> None:
    alice.add_app()
    first, second = alice.elsewhere(), alice.elsewhere("198.51.100.5")
    code = code_of(alice.secret, steps=1)
    for visitor in (first, second):
        visitor.sign_in()
        visitor.enter_code(code)
    assert (first.is_in, second.is_in) == (True, False)


def test_codes_cannot_be_guessed(alice: Visitor) -> None:
    alice.add_app()
    thief = alice.elsewhere()
    thief.sign_in()
    for number in range(5):
        thief.enter_code(f"{number:06d}")
    assert "Too many" in thief.enter_code(code_of(alice.secret, steps=1)).content.decode()
    assert not thief.is_in


def test_recovery_codes_are_shown_once_and_each_opens_once(alice: Visitor) -> None:
    codes = alice.add_app()
    assert len(codes) == 10
    seen_again = alice.text("/account/2fa/recovery-codes/")
    assert not [code for code in codes if code in seen_again]
    assert alice.get("/account/2fa/recovery-codes/download/").status_code == 403
    for expected in (True, False):
        visitor = alice.elsewhere()
        visitor.sign_in()
        visitor.enter_code(codes[3])
        assert visitor.is_in is expected


def test_a_stolen_table_opens_nothing(alice: Visitor, settings: Settings) -> None:
    codes = alice.add_app()
    rows = [str(row.data) for row in Authenticator.objects.all()]
    assert len(rows) == 2
    assert not [row for row in rows if any(secret in row for secret in (alice.secret, *codes))]
    settings.WEBHOOK_PEPPERS = {1: bytes(32)}
    visitor = alice.elsewhere()
    visitor.sign_in()
    for code in (code_of(alice.secret, steps=1), codes[0]):
        assert visitor.enter_code(code).status_code == 200
    assert not visitor.is_in


def test_a_newer_pepper_ends_no_second_factor(alice: Visitor, settings: Settings) -> None:
    alice.add_app()
    settings.WEBHOOK_PEPPERS = settings.WEBHOOK_PEPPERS | {2: bytes(range(32))}
    visitor = alice.elsewhere()
    visitor.sign_in()
    visitor.enter_code(code_of(alice.secret, steps=1))
    assert visitor.is_in


@pytest.mark.parametrize("path", ["totp/activate/", "webauthn/add/", "totp/deactivate/", "recovery-codes/generate/"])
def test_factors_change_only_for_who_just_proved_who_they_are(path: str, alice: Visitor) -> None:
    alice.add_app()
    session = alice.elsewhere()
    session.client.force_login(alice.user)  # a session that has not proved anything of late
    for answer in (session.get(f"/account/2fa/{path}"), session.post(f"/account/2fa/{path}", code="000000")):
        assert answer.status_code == 302
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_without_its_last_factor_an_account_has_no_recovery_codes(alice: Visitor) -> None:
    alice.add_app()
    alice.post("/account/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()
    visitor = alice.elsewhere()
    visitor.sign_in()
    assert visitor.is_in


@pytest.mark.parametrize("path", PASSKEY_DOORS)
def test_what_is_no_passkey_is_refused_and_breaks_nothing(path: str, alice: Visitor) -> None:
    alice.confirm()
    visitor = alice.elsewhere() if "login" in path else alice
    for credential in (*NO_CREDENTIALS, *HALF_CREDENTIALS):
        visitor.client.get(path, headers={"Accept": "application/json"})  # a ceremony begins
        assert visitor.post(path, name="x", credential=credential).status_code in (200, 302), credential
    assert visitor.is_in is ("login" not in path)
    assert not Authenticator.objects.exists()


def test_another_ones_passkey_can_be_neither_renamed_nor_removed(alice: Visitor) -> None:
    theirs = Authenticator.objects.create(
        user=a_visitor("bob").user, type="webauthn", data={"name": "Bob's", "credential": {}}
    )
    alice.confirm()
    for act in ("edit", "remove"):
        assert alice.post(f"/account/2fa/webauthn/keys/{theirs.pk}/{act}/", name="mine").status_code == 404
    theirs.refresh_from_db()
    assert theirs.data["name"] == "Bob's"


def test_a_forgotten_password_does_not_open_what_a_second_factor_guards(
    alice: Visitor, mailoutbox: list, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    alice.add_app()
    visitor = alice.elsewhere()
    visitor.post("/account/password/reset/", email="alice@example.test")
    link = next(word for word in mailoutbox[0].body.split() if "/password/reset/key/" in word)
    form = visitor.client.get(link.removeprefix("http://testserver"), follow=True)
    path = form.redirect_chain[-1][0]
    visitor.post(path, password1="another-long-pass-1", password2="another-long-pass-1")
    assert "/authenticate/" in visitor.sign_in("another-long-pass-1").headers["Location"]
    assert not visitor.is_in
    assert not alice.is_in, "a new password ends the sessions of the old one"
    assert visitor.elsewhere().sign_in(PASSWORD).status_code == 200
