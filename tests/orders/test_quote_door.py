"""The quote door over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from orders.models import Quote
from tests.orders.making import an_instrument

pytestmark = pytest.mark.django_db


def post(body: str | bytes, token: str | None = None, **more: Any) -> tuple[int, dict[str, Any]]:
    header = f"Bearer {settings.QUOTE_FEED_TOKEN if token is None else token}"
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/api/v1/quotes", body, content_type="text/plain", headers={"Authorization": header}, **more)
    return answer.status_code, answer.json()


@pytest.fixture(autouse=True)
def btc(db: None) -> None:
    an_instrument()


def test_one_quote_or_a_list_is_taken() -> None:
    assert post('{"symbol":"BTCUSDT","bid":"1","ask":2}') == (
        200,
        {"s": "ok", "status": "ok", "d": {"accepted": 1, "refused": []}},
    )
    status, body = post('[{"symbol":"BTCUSDT","bid":1,"ask":2},{"symbol":"BTCUSDT","bid":3,"ask":2}]')
    assert (status, body["d"]["accepted"]) == (200, 1)
    assert [(one["index"], one["code"]) for one in body["d"]["refused"]] == [(1, "crossed")]
    assert Quote.objects.count() == 2


def test_a_long_list_keeps_its_places() -> None:
    quote, bad = '{"symbol":"BTCUSDT","bid":1,"ask":2}', '{"symbol":"BTCUSDT","bid":0,"ask":2}'
    status, body = post(f"[{','.join([quote] * 700 + [bad] + [quote] * 500)}]")
    assert (status, body["d"]["accepted"]) == (200, 1200)
    assert [one["index"] for one in body["d"]["refused"]] == [700]


@pytest.mark.parametrize("token", ["", "not-the-token", "dev-feed-toke", "é", "x" * 5000])
def test_without_the_token_nothing_is_read(token: str) -> None:
    status, body = post('{"symbol":"BTCUSDT","bid":1,"ask":2}', token)
    assert (status, body["s"], body["code"]) == (401, "error", "invalid_token")
    assert not Quote.objects.exists()


def test_a_signed_in_user_is_not_the_feed(client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create(username="alice"))
    assert client.post("/api/v1/quotes", "{}", content_type="application/json").status_code == 401
    assert client.get("/api/v1/quotes").status_code == 405


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("quote", 400),
        ("[NaN]", 400),
        ('{"symbol":"BTCUSDT","bid":1,"bid":2,"ask":3}', 400),
        ("[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b"[" + b" " * 1024 * 1024 + b"]", 413),
        ('[{"symbol":"\\ud800","bid":1,"ask":2}]', 200),
        ('[{"symbol":"\\u0000","bid":1,"ask":2}]', 200),
        (f'[{{"symbol":"BTCUSDT","bid":{"9" * 5000},"ask":2}}]', 200),
        ('[{"symbol":"BTCUSDT","bid":1,"ask":2,"time":' + "9" * 5000 + "}]", 200),
        ("[]", 200),
        ("[[[]]]", 200),
    ],
)
def test_garbage_is_answered_and_not_stored(body: str | bytes, status: int) -> None:
    answered, answer = post(body)
    assert answered == status
    assert answer["s"] == ("ok" if status == 200 else "error")
    assert not Quote.objects.exists()
