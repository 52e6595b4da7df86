"""Sessions that can be ended, and the audit trail of sign-in: complete, without secrets, and add-only."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.models import AuditEntry, User
from tests.accounts.at_the_door import PASSWORD, Visitor, a_visitor

pytestmark = pytest.mark.django_db
# In a real commit: what is done to second factors is written down once it is certain.
committed = pytest.mark.django_db(transaction=True)


def acts_of(user: User) -> list[tuple[str, str, str | None]]:
    return list(AuditEntry.objects.filter(user=user).order_by("id").values_list("act", "details", "source"))


# --- Sessions ------------------------------------------------------------------------------------------


def test_another_browser_is_signed_out_from_this_one(alice: Visitor) -> None:
    phone, laptop = alice.elsewhere(), alice.elsewhere("198.51.100.5")
    phone.sign_in()
    laptop.sign_in()
    number = alice.user.usersession_set.get(ip=phone.address).pk
    assert phone.address in alice.text("/accounts/security/")
    alice.post(f"/accounts/security/sessions/{number}/end/")
    assert (alice.is_in, phone.is_in, laptop.is_in) == (True, False, True)
    alice.post("/accounts/security/sessions/end-others/")
    assert (alice.is_in, laptop.is_in) == (True, False)


def test_another_ones_session_cannot_be_ended(alice: Visitor) -> None:
    bob = a_visitor("bob")
    number = bob.user.usersession_set.get().pk
    assert alice.post(f"/accounts/security/sessions/{number}/end/").status_code == 404
    alice.post("/accounts/security/sessions/end-others/")
    assert bob.is_in


def test_a_session_from_nowhere_is_one_too(alice: Visitor) -> None:
    visitor = alice.elsewhere("not an address")
    visitor.sign_in()
    assert "an unknown address" in visitor.text("/accounts/security/")
    assert acts_of(alice.user)[-1] == ("signed-in", "password", None)


# --- The audit trail ----------------------------------------------------------------------------------


@committed
def test_what_is_done_to_sign_in_is_written_down_with_its_address(alice: Visitor) -> None:
    thief = alice.elsewhere()
    thief.sign_in("not the password")
    alice.confirm("not it either")
    alice.add_app()
    alice.post("/account/2fa/recovery-codes/generate/")
    new = "another-long-pass-1"
    alice.post("/account/password/change/", oldpassword=PASSWORD, password1=new, password2=new)
    alice.post("/account/2fa/totp/deactivate/")
    alice.post("/account/logout/")
    here = alice.address
    assert acts_of(alice.user) == [
        ("signed-in", "password", here),
        ("sign-in-refused", "wrong password", thief.address),
        ("confirmation-refused", "wrong password", here),
        ("totp-added", "", here),
        ("codes-made", "", here),
        ("password-changed", "", here),
        ("totp-removed", "", here),
        ("signed-out", "", here),
    ]


@committed
def test_a_wrong_code_is_written_down_and_the_code_is_not(alice: Visitor) -> None:
    alice.add_app()
    thief = alice.elsewhere()
    thief.sign_in()
    thief.enter_code("918273")
    alice.post("/account/2fa/reauthenticate/", code="918274")
    assert acts_of(alice.user)[-2:] == [
        ("sign-in-refused", "wrong code", thief.address),
        ("confirmation-refused", "wrong code", alice.address),
    ]
    rows = str(list(AuditEntry.objects.values()))
    assert not [secret for secret in ("918273", "918274", PASSWORD, alice.secret) if secret in rows]


def test_its_owner_reads_it_and_nobody_else(alice: Visitor) -> None:
    bob = a_visitor("bob")
    bob.elsewhere("192.0.2.77").sign_in("not the password")
    for path in ("/accounts/security/", "/accounts/security/history/"):
        assert "192.0.2.77" in bob.text(path)
        assert "192.0.2.77" not in alice.text(path)
        assert Client().get(path).status_code == 302


def test_a_long_history_is_read_page_by_page(alice: Visitor) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(user=alice.user, act="key-paused", subject=f"key {number}") for number in range(150)
    )
    first = alice.text("/accounts/security/history/")
    older = first.split('href="?before=')[1].split('"')[0]
    second = alice.text(f"/accounts/security/history/?before={older}")
    assert "key 149<" in first
    assert "key 0<" not in first
    assert "key 0<" in second
    for strange in ("x", "-1", "9" * 40, "%00", "١"):
        assert alice.get(f"/accounts/security/history/?before={strange}").status_code == 200


@pytest.mark.parametrize("act", ["update", "delete"])
def test_nobody_can_change_or_delete_an_entry(act: str, alice: Visitor) -> None:
    entries = AuditEntry.objects.all()
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        entries.update(details="nothing happened") if act == "update" else entries.delete()
    assert acts_of(alice.user) == [("signed-in", "password", alice.address)]
