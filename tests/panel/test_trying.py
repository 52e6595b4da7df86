"""Check and Send test in the panel: the dialog, and who may do what with it."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from tests.panel.people import Person, text_of
from webhooks.models import Delivery

BROKEN = '{"action": "place",\n "qty": 1,\n}'


def body_in(html: str) -> str:
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", html, re.DOTALL)
    assert found
    return unescape(found[1])


def test_the_dialog_holds_the_chosen_snippets_message(alice: Person) -> None:
    html = text_of(alice.fragment("/webhooks/try", action="cancel", format="tradingview"))
    message = json.loads(body_in(html))
    assert message["action"] == "cancel"
    assert message["accountName"] == alice.user.trading_accounts.get().name
    assert "{{" not in body_in(html)


def test_check_tells_line_column_and_cause(alice: Person) -> None:
    html = text_of(alice.post("/webhooks/check", body=BROKEN.replace("\n", "\r\n")))
    assert "It would be refused: one thing is wrong." in html
    assert "Line 3, column 1" in html
    assert "a comma before the closing brace" in html
    assert body_in(html) == BROKEN
    assert not Delivery.objects.exists()


def test_a_refused_test_shows_the_very_answer_and_is_written_down(alice: Person) -> None:
    key = alice.key()
    body = json.dumps(
        {"action": "place", "accountName": "NOBODY", "symbol": "X", "type": "Market", "side": "buy", "qty": 1}
    )
    html = text_of(alice.post("/webhooks/test", body=body, key=key.pk))
    delivery = Delivery.objects.get()
    assert (delivery.dry_run, delivery.http, delivery.code, delivery.key) == (True, 404, "account_unknown", key)
    assert delivery.answer["d"] == {"dryRun": True}
    assert "The answer, HTTP 404" in html
    assert "account_unknown" in html
    assert "Test refused" in html
    assert "Test refused" in text_of(alice.fragment("/webhooks/requests"))


def test_an_earlier_request_is_repeated_as_a_test(alice: Person, mallory: Person) -> None:
    earlier = alice.delivery(body='{"action": "cancel"}')
    assert "Repeat as test" in text_of(alice.fragment(f"/webhooks/requests/{earlier.pk}"))
    html = text_of(alice.post("/webhooks/test", repeats=str(earlier.pk)))
    assert body_in(html) == earlier.body
    assert Delivery.objects.filter(dry_run=True).get().code == "required"
    assert mallory.post("/webhooks/test", repeats=str(earlier.pk)).status_code == 404
    for other in ("x", "0" * 36):
        assert alice.post("/webhooks/test", repeats=other).status_code == 404


def test_a_test_without_the_subscription_says_so(alice: Person) -> None:
    alice.user.subscriptions.all().delete()
    alice.post("/webhooks/test", body="{}")
    assert Delivery.objects.get().code == "not_subscribed"


def test_a_key_that_is_limited_limits_the_test(alice: Person) -> None:
    key = alice.key(actions=["cancel"])
    body = json.dumps(
        {"action": "modify", "accountName": alice.user.trading_accounts.get().name, "orderId": 1, "qty": 1}
    )
    alice.post("/webhooks/test", body=body, key=key.pk)
    assert Delivery.objects.get().code == "action_not_allowed"


def test_a_strangers_key_is_no_key(alice: Person, mallory: Person) -> None:
    key = alice.key(actions=["cancel"])
    mallory.post("/webhooks/test", body="{}", key=key.pk)
    assert Delivery.objects.get().key is None


@pytest.mark.parametrize("path", ["/webhooks/check", "/webhooks/test"])
def test_trying_is_for_posting_and_for_the_signed_in(alice: Person, path: str) -> None:
    assert alice.get(path).status_code == 405
    alice.client.logout()
    assert alice.post(path, body="{}").status_code == 302


def test_the_snippet_is_sent_as_it_stands(alice: Person) -> None:
    alice.post("/webhooks/test", snippet="on", action="cancel", account="nobody's", format="pine")
    assert Delivery.objects.get().action == "cancel"
