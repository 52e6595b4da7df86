"""An authenticator app and a passkey in a real browser, under the page's own strict policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.accounts.at_the_door import code_of
from tests.instance import Product
from tests.journeys.steps import sign_in

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(open_page: Callable[..., Page], product: Product) -> Page:
    """At `localhost`: browsers give no passkey to a bare address. With a fingerprint reader that always agrees."""
    page = open_page()
    page.goto(product.url.replace("127.0.0.1", "localhost") + "/account/login/")
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return page


def go(page: Page, path: str) -> None:
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)


def looks_right(page: Page) -> None:
    """Nothing that axe objects to, and no sideways scrolling, on a desk and on a phone."""
    faults = [
        (fault["id"], [node["html"] for node in fault["nodes"]]) for fault in Axe().run(page).response["violations"]
    ]
    assert faults == [], page.url
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    page.set_viewport_size({"width": 1440, "height": 900})


def log_out(page: Page) -> None:
    go(page, "/account/logout/")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    page.wait_for_url("**/account/login/**")


def fill_in_sign_in(page: Page, username: str, password: str) -> None:
    page.get_by_label("Login").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")


def test_from_a_password_alone_to_a_passkey_alone(page: Page, product: Product) -> None:
    trader = product.newcomer()
    looks_right(page)
    fill_in_sign_in(page, trader.username, trader.password)
    expect(page.locator("#figures")).to_be_visible()
    page.get_by_label(trader.username, exact=True).click()
    page.get_by_role("link", name="Security").click()
    expect(page.get_by_text("Only a password guards this account.")).to_be_visible()
    secret = add_app(page, trader.password)
    add_passkey(page)
    expect(page.get_by_text("Only a password guards this account.")).to_have_count(0)
    looks_right(page)
    come_in_by_code(page, trader.username, trader.password, code_of(secret, steps=1))
    come_in_by_passkey(page)
    find_it_written_down(page)


def add_app(page: Page, password: str) -> str:
    """Who adds one gives the password again; every step by keyboard."""
    page.get_by_role("link", name="Add authenticator app").press("Enter")
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")
    secret = page.get_by_label("Secret", exact=True).input_value()
    looks_right(page)
    page.get_by_label("Code", exact=True).fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Incorrect code")
    page.get_by_label("Code", exact=True).fill(code_of(secret))
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Recovery codes").get_by_role("listitem")).to_have_count(10)
    looks_right(page)
    page.get_by_role("link", name="I have written them down").press("Enter")
    return secret


def add_passkey(page: Page) -> None:
    page.get_by_role("link", name="Add passkey").press("Enter")
    looks_right(page)
    page.get_by_role("button", name="Add passkey").press("Enter")
    expect(page.get_by_text("Passkey added.")).to_be_visible()
    expect(page.get_by_text("Passkey 1")).to_be_visible()


def come_in_by_code(page: Page, username: str, password: str, code: str) -> None:
    log_out(page)
    fill_in_sign_in(page, username, password)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    looks_right(page)
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.locator("#figures")).to_be_visible()


def come_in_by_passkey(page: Page) -> None:
    log_out(page)
    page.get_by_role("button", name="Use a passkey").press("Enter")
    expect(page.locator("#figures")).to_be_visible()


def find_it_written_down(page: Page) -> None:
    go(page, "/accounts/security/")
    history = page.get_by_role("region", name="What was done to your sign-in")
    for words in ("passkey", "password, authenticator app", "Passkey added", "Authenticator app added"):
        expect(history.get_by_text(words, exact=True).first).to_be_visible()
    expect(page.get_by_text("This one")).to_have_count(1)


def test_what_goes_wrong_with_a_passkey_is_said(page: Page) -> None:
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("there is no passkey for this address")


def test_a_secret_is_in_no_other_tab_and_not_behind_the_back_button(
    open_page: Callable[..., Page], product: Product
) -> None:
    """While its dialog is still open, and after leaving in the middle of it."""
    trader = product.newcomer()
    page = open_page()
    sign_in(page, trader.username, trader.password)
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto("/webhooks")
    page.get_by_label("Key name").fill("tab")
    page.get_by_role("button", name="Create key").click()
    dialog = page.get_by_role("dialog", name="Key created: tab")
    dialog.get_by_role("button", name="Show Secret key").click()
    secret = dialog.get_by_label("Secret key", exact=True).input_value()
    assert secret.startswith("ws_")
    second = open_page(context=page.context)
    second.goto("/webhooks")
    expect(second.locator("#webhook-keys")).to_contain_text("tab")
    assert secret not in second.content()
    page.goto("/positions/")  # without closing the dialog
    page.go_back()
    expect(page.locator("#webhook-keys")).to_contain_text("tab")
    assert secret not in page.content()
    assert secret not in page.evaluate("[...document.querySelectorAll('input')].map(field => field.value).join()")
    for move in (page.go_forward, page.go_back, page.reload):
        move()
        assert secret not in page.content()
