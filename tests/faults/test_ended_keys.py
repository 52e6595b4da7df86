"""A key that is ended stops within a second, under load, everywhere; and nobody talks themselves past its limits."""

from __future__ import annotations

import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar

import psycopg
import pytest

from tests.faults.alerts import market_order
from tests.faults.promises import look
from tests.faults.senders import send_once
from tests.faults.test_killed_processes import alert_of
from tests.instance import Product, Trader

BITES_SECONDS = 1.0
WATCHED_SECONDS = 2.5
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class SignedIn:
    """A trader in front of the terminal, as far as HTTP goes."""

    def __init__(self, product: Product, trader: Trader) -> None:
        self.base = product.url
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.post("/account/login/", "/account/login/", login=trader.username, password=trader.password)

    @property
    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)

    def get(self, path: str) -> str:
        with self.opener.open(self.base + path, timeout=20) as reply:
            return str(reply.read().decode())

    def post(self, page: str, path: str, **fields: str) -> None:
        """Fills in a form of that page."""
        token = TOKEN.search(self.get(page))
        assert token, f"no form on {page}"
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token[1]}).encode()
        request = urllib.request.Request(self.base + path, body, {"Referer": self.base + page})
        with self.opener.open(request, timeout=20) as reply:
            assert reply.status == 200


def delete_in_the_panel(product: Product, trader: Trader) -> None:
    number = look(product, "SELECT id FROM webhooks_webhookkey WHERE api_key = %s", trader.key.api)[0][0]
    SignedIn(product, trader).post("/webhooks", f"/webhooks/keys/{number}/delete")


def execute(product: Product, statement: str, *values: object) -> None:
    with psycopg.connect(product.instance.database_url, autocommit=True) as connection:
        connection.execute(statement, values)


def expire(product: Product, trader: Trader) -> None:
    execute(product, "UPDATE webhooks_webhookkey SET expires_at = now() WHERE api_key = %s", trader.key.api)


def end_subscription(product: Product, trader: Trader) -> None:
    execute(
        product,
        "UPDATE accounts_subscription SET status = 'cancelled', ends_at = now()"
        " WHERE user_id = (SELECT id FROM accounts_user WHERE username = %s)",
        trader.username,
    )


def deactivate(product: Product, trader: Trader) -> None:
    execute(product, "UPDATE accounts_user SET is_active = false WHERE username = %s", trader.username)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        pytest.param(delete_in_the_panel, 401, id="deleted"),
        pytest.param(expire, 401, id="expired"),
        pytest.param(end_subscription, 403, id="unsubscribed"),
        pytest.param(deactivate, 401, id="deactivated"),
    ],
)
def test_an_ended_key_opens_nothing_after_a_second(
    whole: Product, end: Callable[[Product, Trader], None], status: int
) -> None:
    trader = whole.newcomer()
    before = [post(whole, trader, number) for number in range(5)]
    assert before == [200] * 5
    end(whole, trader)
    ended = time.monotonic()
    answers: list[tuple[float, int]] = []
    while time.monotonic() - ended < WATCHED_SECONDS:
        begun = time.monotonic() - ended
        answers.append((begun, post(whole, trader, len(answers) + 5)))
    # What was sent within the second may have been taken.
    late = {answered for begun, answered in answers if begun > BITES_SECONDS}
    assert late == {status}
    assert {answered for _, answered in answers} <= {200, status}


def post(product: Product, trader: Trader, number: int) -> int:
    time.sleep(0.04)  # within the key's rate
    return send_once(product, alert_of(trader, number, market_order(f"ended-{number}")), "?wait=0")[0].status


# --- Where a request comes from -----------------------------------------------------------------------------

INSIDE, OUTSIDE, PROXY = "203.0.113.7", "198.51.100.9", "192.0.2.1"
SPOOFS = (
    INSIDE,
    f"{INSIDE}, {OUTSIDE}",
    f"{OUTSIDE}, {INSIDE}",
    f"{INSIDE}, {INSIDE}",
    f"{INSIDE},{PROXY}",
    f"::ffff:{INSIDE}",
    f"[{INSIDE}]",
    f"{INSIDE}:443",
    f'for="{INSIDE}"',
    "unknown",
    "",
)
HEADERS = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP")


def limited(product: Product, network: str) -> Trader:
    trader = product.newcomer()
    execute(product, "UPDATE webhooks_webhookkey SET networks = %s WHERE api_key = %s", [network], trader.key.api)
    time.sleep(BITES_SECONDS)
    return trader


def asked_from(product: Product, trader: Trader, name: str, value: str) -> int:
    alert = alert_of(trader, 1, market_order("from"))
    return product.ask("POST", trader.key.path + "?wait=0", alert.raw, {name: value}).status


def test_without_a_proxy_nobody_can_claim_another_address(whole: Product) -> None:
    trader = limited(whole, INSIDE)
    answers = [asked_from(whole, trader, name, value) for name in HEADERS for value in SPOOFS]
    assert len(answers) >= 40
    assert set(answers) == {403}


def test_without_a_proxy_nobody_can_be_made_to_seem_elsewhere(whole: Product) -> None:
    trader = limited(whole, "127.0.0.1")
    assert {asked_from(whole, trader, "X-Forwarded-For", value) for value in SPOOFS} <= {200, 409}


def test_behind_one_proxy_only_what_it_added_counts(start_product: Callable[..., Product]) -> None:
    """The rightmost address is the proxy's word; what stands to its left is whatever the client typed."""
    product = start_product(settings={"TRUSTED_PROXIES": "1"})
    trader = limited(product, INSIDE)
    typed = [f"{INSIDE}, {OUTSIDE}", f"{INSIDE}, {INSIDE}, {OUTSIDE}", f"{INSIDE},, {OUTSIDE}", OUTSIDE, "unknown"]
    assert {asked_from(product, trader, "X-Forwarded-For", value) for value in typed * 8} == {403}
    assert asked_from(product, trader, "X-Forwarded-For", f"{OUTSIDE}, {INSIDE}") in (200, 409)
