"""The operators' desk opens by a second factor; what operators do about others' access, and what they read of it."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.urls import reverse
from pytest_django import Settings

from accounts.groups import write_groups
from accounts.models import AuditEntry, User
from tests.accounts.at_the_door import Visitor, a_visitor, code_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_it_comes(settings: Settings, db: None) -> None:
    settings.ADMIN_SECOND_FACTOR = True
    write_groups()


def act(visitor: Visitor, row: object, action: str) -> str:
    path = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist")
    fields = {"action": action, "_selected_action": str(row.pk)}
    return visitor.client.post(path, fields, follow=True).content.decode()


def an_operator(name: str = "otto", group: str = "", **columns: bool) -> Visitor:
    """Signed in by password and code."""
    visitor = a_visitor(name, is_staff=True, **columns)
    visitor.user.groups.set(Group.objects.filter(name=group))
    visitor.add_app()
    again = visitor.elsewhere("203.0.113.20")
    again.sign_in()
    again.enter_code(code_of(visitor.secret, steps=1))
    return again


@pytest.mark.parametrize("mighty", [True, False])
def test_a_password_alone_opens_no_page(mighty: bool) -> None:
    visitor = a_visitor("otto", is_staff=True, is_superuser=mighty)
    for page in ("/admin/", "/admin/system/", *(reverse(f"admin:{m._meta.label_lower.replace('.', '_')}_changelist")
                 for m in admin.site._registry)):  # fmt: skip
        answer = visitor.client.get(page, follow=True)
        assert answer.status_code == 403, page
        assert "needs a second factor" in answer.content.decode()
    assert visitor.post("/admin/login/", username="otto", password="a-long-pass-for-tests").status_code == 403


def test_a_factor_that_was_just_added_has_to_be_shown_first() -> None:
    visitor = a_visitor("otto", is_staff=True, is_superuser=True)
    visitor.add_app()
    answer = visitor.client.get("/admin/", follow=True)
    path = "/account/2fa/reauthenticate/?next=/admin/"
    assert answer.redirect_chain[-1][0].replace("%2F", "/") == path
    visitor.post(path, code="000000")
    assert visitor.get("/admin/").status_code == 302
    visitor.post(path, code=code_of(visitor.secret, steps=1))
    assert "Operators" in visitor.text("/admin/")


def test_the_desk_has_no_sign_in_of_its_own() -> None:
    operator = an_operator(is_superuser=True)
    assert operator.get("/admin/").status_code == 200
    stranger = operator.elsewhere("198.51.100.9")
    for answer in (
        stranger.get("/admin/"),
        stranger.post("/admin/login/", username="otto", password="a-long-pass-for-tests"),
        stranger.get("/admin/login/?next=/admin/"),
    ):
        assert answer.status_code == 302
        assert "login" in answer.headers["Location"]
    assert not stranger.is_in
    assert operator.get("/admin/password_change/").headers["Location"] == "/account/password/change/"


def test_switched_off_it_is_said_on_every_page(settings: Settings) -> None:
    settings.ADMIN_SECOND_FACTOR = False
    operator = a_visitor("otto", is_staff=True, is_superuser=True)
    for page in ("/admin/", "/admin/system/", "/admin/accounts/user/"):
        assert "ADMIN_SECOND_FACTOR=0" in operator.text(page)


def test_who_lost_everything_is_let_in_again_by_an_operator() -> None:
    alice = a_visitor()
    alice.add_app()
    operator = an_operator(group="admin")
    assert "signs in with the password alone" in act(operator, Authenticator.objects.get(user=alice.user, type="totp"),
                                                     "remove_lost")  # fmt: skip
    visitor = alice.elsewhere("198.51.100.8")
    visitor.sign_in()
    assert visitor.is_in
    assert "operator otto" in visitor.text("/accounts/security/")
    assert LogEntry.objects.filter(user=operator.user).count() == 2  # the app, and the codes


def test_who_may_only_look_removes_and_ends_nothing_and_nobody_mightier_than_himself() -> None:
    boss = a_visitor("boss", is_superuser=True)
    boss.add_app()
    rows = [Authenticator.objects.get(user=boss.user, type="totp"), boss.user.usersession_set.first()]
    for operator in (an_operator("sue", "support"), an_operator("amy", "admin")):
        for row, action in zip(rows, ("remove_lost", "end"), strict=True):
            act(operator, row, action)
    assert Authenticator.objects.filter(user=boss.user).count() == 2
    assert boss.is_in


def test_an_operator_ends_a_session() -> None:
    alice = a_visitor()
    act(an_operator(group="admin"), alice.user.usersession_set.get(), "end")
    assert not alice.is_in
    assert AuditEntry.objects.filter(user=alice.user, act="session-ended", by__username="otto").exists()


def test_operators_read_the_audit_trail_and_write_nothing_into_it() -> None:
    alice = a_visitor()
    operator = an_operator(is_superuser=True)
    entry = AuditEntry.objects.get(user=alice.user)
    page = f"/admin/accounts/auditentry/{entry.pk}/change/"
    assert alice.address in operator.text("/admin/accounts/auditentry/?q=alice")
    assert "Signed in" in operator.text(page)
    assert operator.post(page, details="nothing").status_code == 403
    assert operator.post(f"/admin/accounts/auditentry/{entry.pk}/delete/", post="yes").status_code == 403
    assert an_operator("sue", "support").get("/admin/accounts/auditentry/").status_code == 200
    assert an_operator("dan", "dealer").get("/admin/accounts/auditentry/").status_code == 403


def test_no_page_of_the_desk_shows_what_opens_an_account() -> None:
    operator = an_operator(is_superuser=True)
    me = User.objects.get(username="otto")
    session = operator.client.session.session_key
    for row in (*Authenticator.objects.all(), *me.usersession_set.all()):
        base = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist")
        for page in (base, f"{base}{row.pk}/change/"):
            html = operator.text(page)
            assert "otto" in html
            assert not [secret for secret in (operator.secret, session, "seed", "gAAAA") if secret in html], page
