"""The table of keys, and what its buttons do."""

from __future__ import annotations

import csv
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from tests.panel.people import PASSWORD, Person, days_ago, text_of
from webhooks.keys import is_secret_of
from webhooks.models import Delivery, WebhookKey

ACTS = ("pause", "resume", "rotate", "limits", "renew", "delete")
QUESTIONS = ("ask-rotate", "ask-limits", "ask-renew", "ask-delete")


def secret_in(html: str) -> str:
    found = re.search(r'id="credentials-secret-key" value="(ws_\w+)"', html)
    assert found
    return found[1]


def row_of(person: Person, key: WebhookKey) -> str:
    html = text_of(person.fragment("/webhooks/keys"))
    return html.partition(f'id="webhook-key-{key.pk}"')[2].partition("</tr>")[0]


@pytest.mark.parametrize("act", ACTS)
def test_a_strangers_key_is_no_key(alice: Person, mallory: Person, act: str) -> None:
    key = alice.key()
    before = WebhookKey.objects.filter(pk=key.pk).values().get()
    fields = {"overlap": "0", "expires": "never", "actions": ["place"], "password": PASSWORD}
    assert mallory.post(f"/webhooks/keys/{key.pk}/{act}", **fields).status_code == 404
    assert WebhookKey.objects.filter(pk=key.pk).values().get() == before


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_stranger_is_not_even_asked(alice: Person, mallory: Person, question: str) -> None:
    key = alice.key()
    assert alice.fragment(f"/webhooks/keys/{key.pk}/{question}").status_code == 200
    assert mallory.fragment(f"/webhooks/keys/{key.pk}/{question}").status_code == 404


@pytest.mark.parametrize("act", ACTS)
def test_acts_are_posts(alice: Person, act: str) -> None:
    assert alice.get(f"/webhooks/keys/{alice.key().pk}/{act}").status_code == 405


@pytest.mark.parametrize("act", ACTS)
def test_a_deleted_key_cannot_be_touched(alice: Person, act: str) -> None:
    key = alice.key()
    alice.post(f"/webhooks/keys/{key.pk}/delete")
    assert alice.post(f"/webhooks/keys/{key.pk}/{act}", overlap="0", expires="never").status_code == 404


def test_a_stranger_sees_nothing_of_it(alice: Person, mallory: Person) -> None:
    key = alice.key("private-matter")
    alice.delivery(key)
    for path in ("/webhooks", "/webhooks/keys", "/webhooks/requests"):
        html = text_of(mallory.fragment(path)) + mallory.file("keys") + mallory.file("requests")
        assert "private-matter" not in html
        assert key.api_key not in html


def test_deleting_asks_with_the_name_and_how_much_it_is_used(alice: Person) -> None:
    key = alice.key("busy")
    for _ in range(3):
        alice.delivery(key)
    html = text_of(alice.fragment(f"/webhooks/keys/{key.pk}/ask-delete"))
    assert "Delete busy?" in html
    assert '<span class="num">3</span> requests' in html
    assert WebhookKey.objects.undeleted().filter(pk=key.pk).exists()


def test_deleting_ends_the_key_and_keeps_its_history(alice: Person) -> None:
    key = alice.key("gone")
    delivery = alice.delivery(key)
    answer = alice.post(f"/webhooks/keys/{key.pk}/delete")
    assert answer.status_code == 204
    key.refresh_from_db()
    assert key.deleted_at
    assert "gone" not in text_of(alice.fragment("/webhooks/keys"))
    assert f'id="request-{delivery.pk}"' in text_of(alice.fragment("/webhooks/requests"))


def test_pausing_and_resuming(alice: Person) -> None:
    key = alice.key()
    alice.post(f"/webhooks/keys/{key.pk}/pause")
    assert 'data-state="paused"' in row_of(alice, key)
    assert "Resume first" in row_of(alice, key)
    alice.post(f"/webhooks/keys/{key.pk}/resume")
    assert 'data-state="active"' in row_of(alice, key)


def test_rotating_gives_a_new_secret_while_the_old_one_works_on(alice: Person) -> None:
    old = secret_in(text_of(alice.create(name="spinning")))
    key = WebhookKey.objects.get(user=alice.user)
    new = secret_in(text_of(alice.post(f"/webhooks/keys/{key.pk}/rotate", overlap="24")))
    key.refresh_from_db()
    assert new != old
    assert is_secret_of(new, bytes(key.secret_hash), key.pepper)
    assert is_secret_of(old, bytes(key.previous_hash or b""), key.previous_pepper)
    assert key.previous_until
    assert abs(key.previous_until - timezone.now() - timedelta(hours=24)) < timedelta(minutes=1)
    assert 'data-state="rotating"' in row_of(alice, key)


def test_rotating_without_overlap_ends_the_old_secret(alice: Person) -> None:
    key = alice.key()
    alice.post(f"/webhooks/keys/{key.pk}/rotate", overlap="0")
    key.refresh_from_db()
    assert key.previous_hash is None


def test_rotating_asks_for_the_password_too(alice: Person) -> None:
    key = WebhookKey.objects.create(user=alice.user, name="old", api_key="wk_" + "a" * 22, secret_hash=b"x", pepper=1)
    html = text_of(alice.post(f"/webhooks/keys/{key.pk}/rotate", overlap="24"))
    assert 'type="password"' in html
    assert '<input type="hidden" name="overlap" value="24">' in html
    key.refresh_from_db()
    assert bytes(key.secret_hash) == b"x"


def test_limits_can_be_changed_and_are_told_in_the_table(alice: Person) -> None:
    key = alice.key(networks="203.0.113.7")
    dialog = text_of(alice.fragment(f"/webhooks/keys/{key.pk}/ask-limits"))
    assert 'value="203.0.113.7"' in dialog
    alice.post(
        f"/webhooks/keys/{key.pk}/limits", actions=["place", "cancel"], tradingview="on", requests_per_minute="20"
    )
    row = row_of(alice, key)
    for words in ("place, cancel", "TradingView only", "20/min"):
        assert f'<span class="chip">{words}</span>' in row
    dialog = text_of(alice.fragment(f"/webhooks/keys/{key.pk}/ask-limits"))
    assert re.search(r'name="tradingview"\s+checked', dialog)
    assert "52.89.214.238" not in dialog


def test_faulty_limits_change_nothing(alice: Person) -> None:
    key = alice.key(networks="203.0.113.7")
    html = text_of(alice.post(f"/webhooks/keys/{key.pk}/limits", actions=["place"], networks="nowhere"))
    assert "field-error" in html
    key.refresh_from_db()
    assert (key.actions, key.networks) == ([], ["203.0.113.7"])


def test_an_expired_key_can_be_renewed(alice: Person) -> None:
    key = alice.key()
    WebhookKey.objects.filter(pk=key.pk).update(expires_at=days_ago(21))
    row = row_of(alice, key)
    assert 'data-state="expired"' in row
    assert "21 days ago" in row
    assert "Renew first" in row
    alice.post(f"/webhooks/keys/{key.pk}/renew", expires="never")
    assert 'data-state="active"' in row_of(alice, key)
    assert "Never" in row_of(alice, key)


@pytest.mark.parametrize(("days", "words"), [(5.5, "in 5 days"), (1.5, "in 1 day"), (0.4, "in 9 hours")])
def test_a_key_that_ends_soon_says_so(alice: Person, days: float, words: str) -> None:
    key = alice.key()
    WebhookKey.objects.filter(pk=key.pk).update(expires_at=days_ago(-days))
    row = row_of(alice, key)
    assert 'data-state="expiring"' in row
    assert words in row


def test_the_sparkline_counts_the_last_24_hours(alice: Person) -> None:
    key = alice.key()
    for _ in range(4):
        alice.delivery(key)
    alice.delivery(key, http=422, code="margin")
    alice.delivery(key, received_at=days_ago(1.2))
    row = row_of(alice, key)
    assert 'aria-label="5 requests in 24 hours, 1 refused"' in row
    assert row.count('class="spark-ok"') == 1
    assert row.count('class="spark-error"') == 1


def test_a_storm_is_counted_only_so_far(alice: Person) -> None:
    key = alice.key()
    Delivery.objects.bulk_create(Delivery(key=key, user=alice.user, method="POST", http=200) for _ in range(1_005))
    assert '<span class="num">1000+</span>' in row_of(alice, key)


def test_the_table_sorts_by_its_heads(alice: Person) -> None:
    for name in ("beta", "alpha", "gamma"):
        alice.key(name)

    def order() -> list[str]:
        return re.findall(r'data-card="title">(\w+)<', text_of(alice.fragment("/webhooks/keys")))

    assert order() == ["gamma", "alpha", "beta"]
    alice.post("/tables/keys/sort/", column="webhook-name")
    assert order() == ["alpha", "beta", "gamma"]
    alice.post("/tables/keys/sort/", column="webhook-name")
    assert order() == ["gamma", "beta", "alpha"]


def test_what_has_not_changed_is_not_sent_again(alice: Person) -> None:
    alice.key()
    first = alice.fragment("/webhooks/keys")
    headers = {"HX-Request": "true", "X-Shown": first.headers["X-Shown"]}
    assert alice.client.get("/webhooks/keys", headers=headers).status_code == 204
    alice.key("second")
    assert alice.client.get("/webhooks/keys", headers=headers).status_code == 200


def test_the_export_has_no_formula_in_it(alice: Person) -> None:
    key = alice.key('=HYPERLINK("http://evil")')
    rows = list(csv.DictReader(alice.file("keys").splitlines()))
    assert rows[0]["Webhook name"] == '\'=HYPERLINK("http://evil")'
    assert rows[0]["API key"] == key.api_key
    assert "Secret" not in " ".join(rows[0])


def test_nobody_gets_in_without_signing_in(alice: Person) -> None:
    key = alice.key()
    alice.client.logout()
    for path in ("/webhooks", "/webhooks/keys", "/webhooks/requests", f"/webhooks/keys/{key.pk}/ask-delete"):
        answer = alice.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/account/login/?next={path}")
    assert alice.post(f"/webhooks/keys/{key.pk}/delete").status_code == 302
    assert WebhookKey.objects.undeleted().filter(pk=key.pk).exists()


@pytest.mark.parametrize("act", ["resume", "limits", "renew"])
def test_a_key_is_let_do_more_only_by_whoever_knows_the_password(alice: Person, act: str) -> None:
    key = alice.key("kept", networks="192.0.2.0/24")
    alice.post(f"/webhooks/keys/{key.pk}/pause")
    session = alice.client.session
    session.pop("account_authentication_methods", None)
    session.save()
    before = WebhookKey.objects.filter(pk=key.pk).values().get()
    fields = {"expires": "30", "actions": ["place"], "networks": ""}
    for password in ({}, {"password": "not the password"}):
        answer = alice.post(f"/webhooks/keys/{key.pk}/{act}", **fields, **password)
        assert "Is it you?" in text_of(answer)
        assert WebhookKey.objects.filter(pk=key.pk).values().get() == before
    assert alice.post(f"/webhooks/keys/{key.pk}/{act}", **fields, password=PASSWORD).status_code == 204
    assert WebhookKey.objects.filter(pk=key.pk).values().get() != before


# --- The history of keys --------------------------------------------------------------------------------


def history(person: Person) -> list[tuple[str, str, str | None]]:
    entries = AuditEntry.objects.filter(user=person.user, act__startswith="key-").order_by("id")
    return [(entry.act, entry.subject, entry.source) for entry in entries]


def test_every_act_on_a_key_is_written_down_and_no_secret(alice: Person) -> None:
    html = text_of(alice.create(name="tv", expires="30"))
    key = WebhookKey.objects.get(name="tv")
    for act, fields in (
        ("pause", {}),
        ("resume", {}),
        ("limits", {"actions": ["cancel"], "requests_per_minute": "5"}),
        ("renew", {"expires": "never"}),
        ("rotate", {"overlap": "1"}),
        ("delete", {}),
    ):
        alice.post(f"/webhooks/keys/{key.pk}/{act}", **fields)
    address = alice.client.defaults["REMOTE_ADDR"]
    acts = ("created", "paused", "resumed", "limited", "renewed", "rotated", "deleted")
    assert history(alice) == [(f"key-{act}", "tv", address) for act in acts]
    limited = AuditEntry.objects.get(act="key-limited").details
    after, before = limited.split("; before: ")
    assert "actions cancel; 5/min" in after
    assert "actions cancel" not in before
    page = text_of(alice.get("/accounts/security/"))
    assert "Limits changed" in page
    rows = str(list(AuditEntry.objects.values()))
    assert "ws_" in html
    assert "ws_" not in rows + page


def test_what_was_refused_is_not_written_down_as_done(alice: Person, mallory: Person) -> None:
    key = alice.key()
    before = history(alice)
    mallory.post(f"/webhooks/keys/{key.pk}/delete")
    alice.post(f"/webhooks/keys/{key.pk}/limits", actions=["nonsense"])
    alice.create(name="first", password=PASSWORD)
    assert history(alice) == before
    assert history(mallory) == []
