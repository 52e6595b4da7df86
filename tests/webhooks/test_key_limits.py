"""What opens the gate, and what a key may do once it has."""

from __future__ import annotations

import base64
import time
from itertools import product as pairs
from typing import Any

import pytest

from tests.instance import Answer, Key, Product, Trader
from webhooks.keys import mint

CANCEL = {"action": "cancel", "orderId": 1}


@pytest.fixture(scope="module")
def trader(shared_product: Product) -> Trader:
    return shared_product.newcomer()


def key_with(product: Product, trader: Trader, name: str, **limits: Any) -> Key:
    return product.seed({"keys": [{"user": trader.username, "name": name} | limits]})[f"{trader.username}/{name}"]


def knock(product: Product, trader: Trader, key: Key, headers: dict[str, str] | None = None) -> Answer:
    body = b'{"action": "cancel", "accountName": "%s", "orderId": 1}' % trader.account.encode()
    return product.ask("POST", key.path, body, headers)


def operate(product: Product, lines: str) -> None:
    """What an operator or the panel does to a key, in the product's own words."""
    product.manage("shell", "--no-imports", "--command", lines)


def on_key(key: Key, lines: str) -> str:
    found = f"from webhooks.models import WebhookKey\nkey = WebhookKey.objects.get(api_key={key.api!r})\n"
    return f"from webhooks.keys import *\n{found}{lines}"


def test_every_bad_key_gets_the_same_answer(product: Product, trader: Trader) -> None:
    other = product.key("bob")
    expired = key_with(product, trader, "expired", expires="2020-01-01T00:00:00Z")
    deleted = key_with(product, trader, "deleted")
    operate(product, on_key(deleted, "delete_key(key)"))
    owner = product.newcomer()
    operate(product, on_key(owner.key, "key.user.is_active = False; key.user.save()"))
    unknown = Key("", "", *mint())
    wrong = Key("", "", trader.key.api, mint()[1])
    cut = Key("", "", trader.key.api, trader.key.secret[:-1])
    swapped = Key("", "", trader.key.api, other.secret)
    answers = [knock(product, trader, key) for key in (expired, deleted, owner.key, unknown, wrong, cut, swapped)]
    assert {answer.status for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(sorted(set(answer.headers) - {"date"})) for answer in answers}) == 1


def test_limits_have_answers_of_their_own(product: Product, trader: Trader) -> None:
    cases = [
        (key_with(product, trader, "no cancel", actions=["place"]), "action_not_allowed"),
        (key_with(product, trader, "elsewhere", networks=["203.0.113.0/24"]), "address_not_allowed"),
        (key_with(product, trader, "tradingview", networks=["tradingview"]), "address_not_allowed"),
        (key_with(product, trader, "nonsense", networks=["somewhere"]), "address_not_allowed"),
        (product.newcomer(subscribed=False).key, "not_subscribed"),
    ]
    paused = key_with(product, trader, "paused")
    operate(product, on_key(paused, "pause_key(key)"))
    for key, code in [*cases, (paused, "key_paused")]:
        answer = knock(product, trader, key)
        assert (answer.status, answer.json["code"]) == (403, code)
    operate(product, on_key(paused, "resume_key(key)"))
    time.sleep(1)
    assert knock(product, trader, paused).json["code"] == "order_unknown"
    here = key_with(product, trader, "here", networks=["127.0.0.0/8", "::1"])
    assert knock(product, trader, here).json["code"] == "order_unknown"


def test_another_account_of_the_owner_and_another_owners(product: Product, trader: Trader) -> None:
    second = f"{trader.account}-B"
    product.seed({"accounts": [{"name": second, "user": trader.username, "currency": "USD"}]})
    limited = key_with(product, trader, "second only", accounts=[second])
    assert knock(product, trader, limited).json["code"] == "account_not_allowed"
    for name, code in ((second, "order_unknown"), ("BOB-1", "account_unknown")):
        assert product.post(CANCEL | {"accountName": name}, limited).json["code"] == code


def test_a_suspended_account(product: Product, trader: Trader) -> None:
    name = f"{trader.account}-S"
    product.seed({"accounts": [{"name": name, "user": trader.username, "currency": "USD", "status": "suspended"}]})
    answer = product.post(CANCEL | {"accountName": name}, trader.key)
    assert (answer.status, answer.json["code"]) == (403, "account_suspended")


def test_rotation_with_an_overlap_and_without(product: Product, trader: Trader) -> None:
    key = key_with(product, trader, "rotating")
    rotate = "from datetime import timedelta\nprint(rotate_key(key, timedelta(hours={hours})))"
    second = Key("", "", key.api, secret_printed(product, on_key(key, rotate.format(hours=1))))
    time.sleep(1)
    for living in (key, second):
        assert knock(product, trader, living).json["code"] == "order_unknown"
    third = Key("", "", key.api, secret_printed(product, on_key(key, rotate.format(hours=0))))
    time.sleep(1)
    assert [knock(product, trader, one).status for one in (key, second, third)] == [401, 401, 404]


def secret_printed(product: Product, lines: str) -> str:
    return product.manage("shell", "--no-imports", "--command", lines).split()[-1]


def test_what_ends_a_key_bites_within_a_second(product: Product) -> None:
    changes = (
        "delete_key(key)",
        "from django.utils import timezone; key.expires_at = timezone.now(); key.save()",
        "key.user.subscriptions.update(status='cancelled')",
        "key.user.is_active = False; key.user.save()",
    )
    for change in changes:
        trader = product.newcomer()
        assert knock(product, trader, trader.key).status == 404
        operate(product, on_key(trader.key, change))
        ended, status = time.monotonic(), 404
        while status == 404 and time.monotonic() - ended < 3:
            status = knock(product, trader, trader.key).status
        assert status in (401, 403)
        assert time.monotonic() - ended < 1.5  # a second, and what the last request took


def test_requests_per_minute(product: Product, trader: Trader) -> None:
    key = key_with(product, trader, "three a minute", requestsPerMinute=3)
    answers = [knock(product, trader, key) for _ in range(5)]
    assert [answer.status for answer in answers] == [404, 404, 404, 429, 429]
    assert answers[-1].json["code"] == "rate_limited"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


def test_the_rate_of_a_key_is_generous_and_bounded(product: Product, trader: Trader) -> None:
    key = key_with(product, trader, "busy")
    statuses = [knock(product, trader, key).status for _ in range(100)]
    assert set(statuses) == {404}
    more = [knock(product, trader, key) for _ in range(60)]
    refused = [answer for answer in more if answer.status == 429]
    assert all(int(answer.headers["retry-after"]) == 1 for answer in refused)
    assert knock(product, trader, trader.key).status == 404  # another key of the same owner


def test_forwarded_addresses_count_only_from_trusted_proxies(start_product: Any) -> None:
    product = start_product(settings={"TRUSTED_PROXIES": "2"})
    trader = product.newcomer()
    key = key_with(product, trader, "tradingview", networks=["tradingview"])
    tradingview, stranger, proxy = "52.89.214.238", "198.51.100.7", "10.0.0.1"
    cases = {
        f"{tradingview}, {proxy}": True,
        f"{stranger}, {tradingview}, {proxy}": True,
        f"{tradingview}, {stranger}, {proxy}": False,
        f"{tradingview}, {tradingview}, {stranger}, {proxy}": False,
        tradingview: False,
        f"{tradingview}x, {proxy}": False,
        "": False,
    }
    for forwarded, allowed in cases.items():
        answer = knock(product, trader, key, {"X-Forwarded-For": forwarded})
        assert (answer.json["code"] == "order_unknown") is allowed, forwarded


def test_a_forwarded_address_means_nothing_without_a_proxy(product: Product, trader: Trader) -> None:
    key = key_with(product, trader, "spoofed", networks=["52.89.214.238"])
    for name, value in pairs(("X-Forwarded-For", "Forwarded", "X-Real-IP"), ("52.89.214.238", "for=52.89.214.238")):
        assert knock(product, trader, key, {name: value}).json["code"] == "address_not_allowed"


def test_guessing_is_slowed_and_the_owner_is_not_locked_out(start_product: Any) -> None:
    product = start_product(settings={"WEBHOOK_WRONG_KEYS": "20"})
    trader = product.newcomer()
    wrong = Key("", "", trader.key.api, mint()[1])
    statuses = [knock(product, trader, wrong).status for _ in range(30)]
    assert statuses == [401] * 20 + [429] * 10
    assert knock(product, trader, trader.key).status == 404
    guess = product.ask("GET", "/api/v1/requests", headers={"Authorization": wrong.basic})
    assert (guess.status, guess.json["code"]) == (429, "too_many_wrong_keys")
    assert int(guess.headers["retry-after"]) > 0
    assert product.ask("GET", "/api/v1/requests", headers={"Authorization": trader.key.basic}).status == 200


def test_secrets_travel_by_https_only(start_product: Any) -> None:
    product = start_product(settings={"PUBLIC_URL": "https://terminal.example.com", "TRUSTED_PROXIES": "1"})
    trader = product.newcomer()
    unknown = Key("", "", *mint())
    for key in (trader.key, unknown):
        plain = knock(product, trader, key, {"X-Forwarded-Proto": "http"})
        assert (plain.status, plain.json["code"]) == (403, "https_required")
    assert knock(product, trader, trader.key, {"X-Forwarded-Proto": "https"}).status == 404


def test_asking_what_became_of_requests_uses_up_nothing_and_stops_at_the_keys_accounts(
    product: Product, trader: Trader
) -> None:
    here = product.newcomer()
    product.seed({"accounts": [{"name": f"{here.account}-2", "user": here.username, "currency": "USD"}]})
    narrow = key_with(product, here, "narrow", accounts=[f"{here.account}-2"], requestsPerMinute=3)
    number = knock(product, here, here.key).headers["x-request-id"]
    assert product.ask("GET", f"{here.key.path}/requests/{number}").json["code"] != "not_found"
    answers = [product.ask("GET", f"{narrow.path}/requests/{number}") for _ in range(5)]
    assert [(answer.status, answer.json["code"]) for answer in answers] == [(404, "not_found")] * 5
    posted = [knock(product, here, narrow).status for _ in range(4)]
    assert posted == [403, 403, 403, 429]


def test_a_key_reads_like_it_posts(product: Product, trader: Trader) -> None:
    """The read API takes the same pair, and refuses what the gate refuses."""
    expired = key_with(product, trader, "expired reader", expires="2020-01-01T00:00:00Z")
    elsewhere = key_with(product, trader, "reader elsewhere", networks=["203.0.113.0/24"])
    unsubscribed = product.newcomer(subscribed=False)
    for key, status in ((expired, 401), (elsewhere, 403), (trader.key, 200), (unsubscribed.key, 200)):
        answer = product.ask("GET", "/api/v1/requests", headers={"Authorization": key.basic})
        assert answer.status == status
        assert answer.json["s"] == ("ok" if status == 200 else "error")
    nonsense = "Basic " + base64.b64encode(b"\xff\xfe").decode()
    assert product.ask("GET", "/api/v1/requests", headers={"Authorization": nonsense}).status == 401
