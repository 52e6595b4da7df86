"""Accounts → Webhooks in a real browser: from an empty panel to an order, and no secret left behind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.instance import Key, Product, Trader
from tests.journeys.judging import faults_of
from tests.journeys.steps import enter

SECRET = re.compile(r"ws_[0-9A-Za-z]{10,}")
HASHING_MS = 15_000  # a password's hash takes its time on a busy machine
ORDER = {"action": "place", "symbol": "BTCUSDT", "side": "buy", "type": "Market", "qty": "0.25"}
# Everything that a page keeps where something else could find it.
KEPT = """async () => {
    const parts = [document.documentElement.outerHTML, document.cookie, location.href, JSON.stringify(history.state)];
    parts.push(...[...document.querySelectorAll('input, textarea')].map((field) => field.value));
    parts.push(JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage}));
    parts.push(JSON.stringify(await indexedDB.databases()), JSON.stringify(await caches.keys().catch(() => [])));
    return parts.join('\\n');
}"""


@pytest.fixture
def trader(product: Product) -> Trader:
    return product.newcomer()


@pytest.fixture
def panel(page: Page, trader: Trader) -> Page:
    """The panel of a trader who has one key, `first`, and has never used it."""
    enter(page, trader, "/webhooks")
    return page


def create(page: Page, name: str = "tv-breakout") -> Locator:
    page.get_by_label("Key name").fill(name)
    page.get_by_role("button", name="Create key").click()
    dialog = page.get_by_role("dialog", name=f"Key created: {name}")
    expect(dialog).to_be_visible()
    return dialog


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def kept(page: Page) -> str:
    return str(page.evaluate(KEPT))


def key_at(url: str, trader: Trader, name: str) -> Key:
    _, _, api, secret = urlsplit(url).path.split("/")
    return Key(trader.username, name, api, secret)


def wait_for_minutes(product: Product, trader: Trader, minutes: int) -> None:
    """Their last confirmation by password becomes as old as that."""
    product.manage(
        "shell",
        "--verbosity=0",
        "-c",
        "from django.contrib.sessions.backends.db import SessionStore\n"
        "from django.contrib.sessions.models import Session\n"
        f"from accounts.models import User\nuser = str(User.objects.get(username='{trader.username}').pk)\n"
        "for row in Session.objects.all():\n"
        "    session = SessionStore(row.session_key)\n"
        "    if session.get('_auth_user_id') == user:\n"
        "        for record in session['account_authentication_methods']:\n"
        f"            record['at'] -= {minutes * 60}\n"
        "        session.save()\n",
    )


# --- The secret ----------------------------------------------------------------------------------------------


def test_a_secret_is_shown_once_and_left_nowhere(panel: Page, product: Product) -> None:
    dialog = create(panel)
    field = dialog.get_by_label("Secret key", exact=True)
    expect(field).to_have_value(re.compile("^ws_•+$"))
    expect(dialog.get_by_role("button", name="Copy Secret key")).to_be_focused()
    assert not SECRET.search(kept(panel)), "masked means: not in the page"

    dialog.get_by_role("button", name="Show Secret key").click()
    secret = field.input_value()
    assert re.fullmatch("ws_[0-9A-Za-z]{49}", secret)
    dialog.get_by_role("button", name="Hide Secret key").click()
    expect(field).to_have_value(re.compile("^ws_•+$"))
    assert secret not in kept(panel)

    dialog.get_by_role("button", name="Copy Secret key").click()
    expect(dialog).to_contain_text("Copied")
    assert copied(panel) == secret
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_have_count(0)
    assert secret not in kept(panel)

    panel.reload()
    expect(panel.locator("#webhook-keys")).to_contain_text("tv-breakout")
    assert secret not in kept(panel)
    assert secret not in panel.content()
    assert secret not in product.log()


def test_the_back_button_does_not_bring_the_secret_back(panel: Page) -> None:
    dialog = create(panel)
    dialog.get_by_role("button", name="Show Webhook URL").click()
    secret = SECRET.search(dialog.get_by_label("Webhook URL", exact=True).input_value())
    assert secret
    panel.goto("/positions/")
    panel.go_back()
    expect(panel.locator("#webhook-keys")).to_contain_text("tv-breakout")
    expect(panel.get_by_role("dialog")).to_have_count(0)
    assert secret[0] not in kept(panel)
    second = panel.context.new_page()
    second.goto("/webhooks")
    assert secret[0] not in kept(second)


def test_closing_asks_only_when_nothing_was_copied(panel: Page) -> None:
    dialog = create(panel, "asked")
    panel.keyboard.press("Escape")
    expect(dialog.get_by_role("alert")).to_contain_text("Saved?")
    dialog.get_by_role("button", name="Go back").click()
    expect(dialog.get_by_role("alert")).to_be_hidden()
    dialog.get_by_role("button", name="Done").click()
    dialog.get_by_role("button", name="Close anyway").click()
    expect(dialog).to_have_count(0)

    dialog = create(panel, "saved")
    dialog.get_by_role("button", name="Copy Webhook URL").click()
    expect(dialog).to_contain_text("Copied")
    panel.mouse.click(5, 5)  # beside it
    expect(dialog).to_have_count(0)


def test_the_password_is_asked_for_after_a_quarter_of_an_hour(panel: Page, product: Product, trader: Trader) -> None:
    wait_for_minutes(product, trader, 16)
    panel.get_by_label("Key name").fill("late")
    panel.get_by_role("button", name="Create key").click()
    dialog = panel.get_by_role("dialog", name="Is it you?")
    expect(dialog.get_by_label("Password")).to_be_focused()
    dialog.get_by_label("Password").fill("wrong")
    panel.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible(timeout=HASHING_MS)
    expect(panel.locator("#webhook-keys")).not_to_contain_text("late")
    dialog.get_by_label("Password").fill(trader.password)
    panel.keyboard.press("Enter")
    expect(panel.get_by_role("dialog", name="Key created: late")).to_be_visible(timeout=HASHING_MS)
    assert trader.password not in kept(panel)


# --- The whole way -----------------------------------------------------------------------------------------------


def test_from_a_new_key_to_an_order_and_to_the_end_of_the_key(panel: Page, product: Product, trader: Trader) -> None:
    dialog = create(panel, "story")
    dialog.get_by_role("button", name="Copy Webhook URL").click()
    expect(dialog).to_contain_text("Copied")
    key = key_at(copied(panel), trader, "story")
    assert copied(panel).startswith(product.url)
    dialog.get_by_role("button", name="Done").click()

    panel.evaluate("window.stays = true")
    answer = product.post(ORDER | {"accountName": trader.account}, key)
    assert answer.status == 200, answer.text
    row = panel.locator("#requests tbody tr").first
    expect(row).to_contain_text("story", timeout=3_000)
    expect(row).to_contain_text("Buy 0.25 BTCUSDT Market")
    expect(row).to_contain_text("Filled")
    expect(panel.locator("#requests-count")).to_have_text("1")
    expect(panel.locator("#webhook-keys tr", has_text="story")).to_contain_text("1", timeout=10_000)
    assert panel.evaluate("window.stays") is True

    row.locator("td").nth(3).click()
    drawer = panel.get_by_role("dialog")
    order = answer.json["d"]["orderId"]
    expect(drawer).to_contain_text("Engine")
    expect(drawer.get_by_role("region", name="Answer as it was sent")).to_contain_text(str(order))
    expect(drawer.locator(".events")).to_contain_text("Created")
    expect(drawer.locator(".events")).to_contain_text("0.250 @ 64\u00a0250.50")
    assert key.secret not in drawer.inner_html()
    panel.keyboard.press("Escape")
    expect(drawer).to_have_count(0)

    panel.get_by_role("button", name="Delete story").click()
    question = panel.get_by_role("dialog", name="Delete story?")
    expect(question).to_contain_text("1 request used it")
    question.get_by_role("button", name="Keep it").click()
    assert product.post(ORDER | {"accountName": trader.account}, key).status == 200
    panel.get_by_role("button", name="Delete story").click()
    question.get_by_role("button", name="Delete key").click()
    expect(panel.locator("#webhook-keys")).not_to_contain_text("story")
    expect(panel.locator("#toasts")).to_contain_text("story deleted")
    for _ in range(20):
        if product.post(ORDER | {"accountName": trader.account}, key).status == 401:
            break
        panel.wait_for_timeout(100)
    assert product.post(ORDER | {"accountName": trader.account}, key).status == 401
    assert key.secret not in product.log()


def test_the_copied_snippet_is_an_order(panel: Page, product: Product, trader: Trader) -> None:
    panel.get_by_label("Symbol", exact=True).select_option("BTCUSDT")
    panel.get_by_label("cURL").check()
    expect(panel.locator("#snippet-code")).to_contain_text("curl -X POST")
    panel.get_by_role("button", name="Copy cURL command").click()
    expect(panel.locator("#snippet")).to_contain_text("Copied")
    command = copied(panel)
    assert command.strip() == panel.locator("#snippet-code").inner_text().strip()
    body = command.partition("-d '")[2].removesuffix("'")
    assert json.loads(body)["accountName"] == trader.account
    answer = product.post(body, trader.key)
    assert (answer.status, answer.json["d"]["state"]) == (200, "filled")


def test_tabs_walk_with_the_arrows_and_the_choices_stay(panel: Page) -> None:
    panel.get_by_label("Order type").select_option("Limit")
    expect(panel.locator("#snippet-code")).to_contain_text('"type": "Limit"')
    tabs = panel.get_by_role("tablist", name="Action")
    tabs.get_by_role("tab", name="Placing").focus()
    panel.keyboard.press("ArrowRight")
    expect(tabs.get_by_role("tab", name="Modifying")).to_be_focused()
    expect(tabs.get_by_role("tab", name="Modifying")).to_have_attribute("aria-selected", "true")
    expect(panel.locator("#snippet-code")).to_contain_text('"action": "modify"')
    panel.keyboard.press("End")
    expect(panel.locator("#snippet-code")).to_contain_text('"action": "cancel"')
    expect(panel.get_by_label("Order type")).to_have_count(0)
    panel.keyboard.press("ArrowRight")
    expect(tabs.get_by_role("tab", name="Placing")).to_be_focused()
    expect(panel.locator("#snippet-code")).to_contain_text('"type": "Limit"')


# --- Keys ------------------------------------------------------------------------------------------------------


def test_pausing_rotating_and_limiting_by_keyboard(panel: Page, product: Product, trader: Trader) -> None:
    row = panel.locator("#webhook-keys tbody tr", has_text="first")

    def press(name: str) -> None:
        panel.get_by_role("button", name=name).focus()
        panel.keyboard.press("Enter")

    press("Pause first")
    expect(row).to_contain_text("Paused")
    press("Resume first")
    expect(row).to_contain_text("Active")

    press("Limits of first")
    dialog = panel.get_by_role("dialog", name="Limits of first")
    dialog.get_by_label("Requests per minute").fill("0")
    panel.keyboard.press("Enter")
    expect(dialog).to_contain_text("At least 1")
    dialog.get_by_label("Requests per minute").fill("20")
    panel.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("20/min")
    expect(panel.get_by_role("button", name="Limits of first")).to_be_focused()

    press("Rotate the secret of first")
    dialog = panel.get_by_role("dialog", name="Rotate the secret of first?")
    dialog.get_by_role("button", name="Rotate").focus()
    panel.keyboard.press("Enter")
    dialog = panel.get_by_role("dialog", name="Secret rotated: first")
    expect(dialog.get_by_role("button", name="Copy Secret key")).to_be_focused()
    panel.keyboard.press("Enter")
    expect(dialog).to_contain_text("Copied")
    new = Key(trader.username, "first", trader.key.api, copied(panel))
    panel.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("Rotating")
    expect(panel.get_by_role("button", name="Rotate the secret of first")).to_be_focused()
    for key in (trader.key, new):
        assert product.post(ORDER | {"accountName": trader.account}, key).status == 200


def test_what_is_wrong_is_said_under_the_field_and_what_was_typed_stays(panel: Page) -> None:
    panel.get_by_label("Key name").fill("first")
    panel.locator(".fold > summary").click()
    panel.get_by_label("Source networks").fill("203.0.113.7/24")
    expect(panel.locator("[data-limits-words]")).to_contain_text("203.0.113.7/24")
    panel.get_by_role("button", name="Create key").click()
    expect(panel.locator("#key-form")).to_contain_text("You have a key “first”")
    expect(panel.locator("#key-form")).to_contain_text("did you mean 203.0.113.0/24?")
    expect(panel.get_by_label("Key name")).to_have_value("first")
    expect(panel.get_by_label("Source networks")).to_be_visible()
    panel.get_by_label("Key name").fill("second")
    panel.get_by_label("Source networks").fill("203.0.113.0/24")
    panel.get_by_role("button", name="Create key").click()
    expect(panel.get_by_role("dialog", name="Key created: second")).to_contain_text("203.0.113.0/24")


# --- Requests ----------------------------------------------------------------------------------------------------


def post_some(product: Product, trader: Trader, count: int) -> None:
    for _ in range(count):
        product.post({"action": "cancel", "accountName": trader.account, "orderId": 1}, trader.key)


def test_requests_are_filtered_searched_and_paged(panel: Page, product: Product, trader: Trader) -> None:
    post_some(product, trader, 26)
    product.post(ORDER | {"accountName": trader.account}, trader.key)
    rows = panel.locator("#requests tbody tr")
    expect(panel.locator("#requests-count")).to_have_text("27", timeout=5_000)
    expect(rows).to_have_count(25)
    panel.locator("#requests-older").click()
    expect(rows).to_have_count(2)
    expect(panel.locator("#requests .panel-foot")).to_contain_text("2 of 27")
    panel.locator("#requests-newer").click()
    expect(rows).to_have_count(25)

    panel.get_by_label("Accepted").check()
    expect(rows).to_have_count(1)
    panel.get_by_label("Pending").check()
    expect(panel.get_by_role("heading", name="No such request")).to_be_visible()
    panel.get_by_label("All", exact=True).check()
    panel.get_by_label("Search requests").fill("btcusdt")
    expect(rows).to_have_count(1)
    with panel.expect_download() as download:
        panel.get_by_role("link", name="Requests as CSV").click()
    assert len(download.value.path().read_text().splitlines()) == 2


def test_the_list_stands_still_when_live_is_off(panel: Page, product: Product, trader: Trader) -> None:
    post_some(product, trader, 1)
    rows = panel.locator("#requests tbody tr")
    expect(rows).to_have_count(1, timeout=3_000)
    panel.get_by_role("switch", name="Live").uncheck()
    post_some(product, trader, 1)
    panel.wait_for_timeout(1_500)
    expect(rows).to_have_count(1)
    panel.get_by_role("switch", name="Live").check()
    expect(rows).to_have_count(2)


def test_the_drawer_steps_to_older_and_newer_and_keeps_the_focus(panel: Page, product: Product, trader: Trader) -> None:
    post_some(product, trader, 3)
    expect(panel.locator("#requests tbody tr")).to_have_count(3, timeout=3_000)
    panel.locator("#requests tbody .row-link").nth(1).press("Enter")
    drawer = panel.get_by_role("dialog")
    expect(drawer).to_be_visible()
    first = drawer.locator(".facts dd").first.inner_text()
    drawer.get_by_role("link", name="Older request").press("Enter")
    expect(drawer.locator(".facts dd").first).not_to_have_text(first)
    drawer.get_by_role("link", name="Newer request").press("Enter")
    expect(drawer.locator(".facts dd").first).to_have_text(first)
    expect(drawer.get_by_role("link", name="Newer request")).to_be_focused()
    panel.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(panel.locator("#requests tbody .row-link").nth(1)).to_be_focused()


# --- For everybody, on every screen ----------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_stands_in_anybodys_way(
    open_page: Callable[..., Page], product: Product, trader: Trader, width: int
) -> None:
    post_some(product, trader, 2)
    product.post(ORDER | {"accountName": trader.account}, trader.key)
    page = open_page(width=width)
    enter(page, trader, "/webhooks")
    expect(page.locator("#requests tbody tr")).to_have_count(3)
    states: list[tuple[str, Callable[[], Any]]] = [
        ("the page", lambda: None),
        ("limits open", lambda: page.locator(".fold > summary").click()),
        ("limits", lambda: page.get_by_role("button", name="Limits of first").click()),
        ("rotate", lambda: page.get_by_role("button", name="Rotate the secret of first").click()),
        ("delete", lambda: page.get_by_role("button", name="Delete first").click()),
        ("drawer", lambda: page.locator("#requests .row-link").first.click()),
        ("credentials", lambda: create(page)),
    ]
    for name, go in states:
        go()
        if name not in ("the page", "limits open"):
            expect(page.get_by_role("dialog")).to_be_visible()
            page.wait_for_timeout(300)  # it fades in; colours are judged when it stands
        assert faults_of(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
        page.keyboard.press("Escape")
    page.goto("/docs/webhooks")
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_empty_panel_says_what_to_do_next(page: Page, product: Product) -> None:
    trader = product.newcomer(subscribed=False)
    enter(page, trader, "/webhooks")
    expect(page.get_by_role("main")).to_contain_text("Requests will be refused.")
    page.get_by_role("button", name="Delete first").click()
    page.get_by_role("button", name="Delete key").click()
    expect(page.get_by_role("heading", name="No key yet")).to_be_visible()
    expect(page.get_by_role("heading", name="No request has arrived yet")).to_be_visible()
    assert faults_of(page) == []
    page.get_by_text("Name your first key").click()
    expect(page.get_by_label("Key name")).to_be_focused()
