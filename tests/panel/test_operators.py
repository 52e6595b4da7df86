"""What operators see of keys and deliveries, and what they can do about them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from tests.panel.people import Person, text_of
from webhooks.models import Delivery, WebhookKey


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("otto", password="a-long-pass-for-tests"))
    return client


@pytest.fixture
def supporter(db: None) -> Client:
    """May look, and nothing else."""
    user = User.objects.create_user("sue", password="a-long-pass-for-tests", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_webhookkey", "view_delivery"]))
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, key: WebhookKey, action: str, **more: str) -> str:
    fields = {"action": action, "_selected_action": str(key.pk), **more}
    return text_of(client.post("/admin/webhooks/webhookkey/", fields, follow=True))


def test_no_page_shows_a_secret_or_its_hash(alice: Person, operator: Client) -> None:
    key = alice.key("shown")
    for path in ("/admin/webhooks/webhookkey/", f"/admin/webhooks/webhookkey/{key.pk}/change/"):
        html = text_of(operator.get(path))
        assert "shown" in html
        assert key.api_key in html
        assert bytes(key.secret_hash).hex() not in html
        assert "secret_hash" not in html
        assert "pepper" not in html


@pytest.mark.parametrize("model", ["webhookkey", "delivery"])
def test_rows_are_only_looked_at(alice: Person, operator: Client, model: str) -> None:
    key = alice.key()
    row = key if model == "webhookkey" else alice.delivery(key)
    assert operator.get(f"/admin/webhooks/{model}/add/").status_code == 403
    assert operator.post(f"/admin/webhooks/{model}/{row.pk}/change/", {"name": "other"}).status_code == 403
    assert operator.post(f"/admin/webhooks/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    key.refresh_from_db()
    assert key.name == "first"


def test_a_key_can_be_paused_resumed_and_expired(alice: Person, operator: Client) -> None:
    key = alice.key()
    assert "paused" in act(operator, key, "pause")
    key.refresh_from_db()
    assert key.paused_at
    act(operator, key, "resume")
    act(operator, key, "expire")
    key.refresh_from_db()
    assert key.paused_at is None
    assert "Expired" in text_of(operator.get("/admin/webhooks/webhookkey/?status=expired"))


def test_deleting_asks_first(alice: Person, operator: Client) -> None:
    key = alice.key("doomed")
    html = act(operator, key, "delete_keys")
    assert "doomed of alice" in html
    key.refresh_from_db()
    assert key.deleted_at is None
    act(operator, key, "delete_keys", confirmed="yes")
    key.refresh_from_db()
    assert key.deleted_at


def test_whoever_may_only_look_can_stop_nothing(alice: Person, supporter: Client) -> None:
    key = alice.key()
    assert key.api_key in text_of(supporter.get("/admin/webhooks/webhookkey/"))
    for action in ("pause", "expire", "delete_keys"):
        act(supporter, key, action, confirmed="yes")
    key.refresh_from_db()
    assert (key.paused_at, key.expires_at, key.deleted_at) == (None, None, None)


def found(client: Client, **query: str) -> list[str]:
    html = text_of(client.get("/admin/webhooks/delivery/", query))
    return [str(one.pk) for one in Delivery.objects.all() if f"/admin/webhooks/delivery/{one.pk}/change/" in html]


@pytest.mark.parametrize("by", ["user", "key", "api_key", "address", "account", "id"])
def test_deliveries_are_found_across_users(alice: Person, mallory: Person, operator: Client, by: str) -> None:
    key = alice.key("tv-breakout")
    wanted = alice.delivery(key, source="203.0.113.9", account_name="ALICE-9")
    mallory.delivery(mallory.key("other"))
    terms = {
        "user": alice.user.username,
        "key": "tv-breakout",
        "api_key": key.api_key,
        "address": "203.0.113.9",
        "account": "ALICE-9",
        "id": str(wanted.pk),
    }
    assert found(operator, q=terms[by]) == [str(wanted.pk)]


def test_deliveries_are_filtered_by_their_answer(alice: Person, operator: Client) -> None:
    key = alice.key()
    ok, refused, lost = alice.delivery(key), alice.delivery(key, http=422), alice.delivery(key, http=503)
    assert str(refused.pk) in found(operator, answer="4")
    assert str(lost.pk) in found(operator, answer="5")
    assert not {str(refused.pk), str(lost.pk)} & set(found(operator, answer="2"))
    assert str(ok.pk) in found(operator, answer="2")


def test_a_strange_search_is_answered(operator: Client) -> None:
    for term in ("\0", "%", "'; DROP TABLE", "9" * 400):
        assert operator.get("/admin/webhooks/delivery/", {"q": term}).status_code == 200
        assert operator.get("/admin/webhooks/webhookkey/", {"q": term}).status_code == 200
