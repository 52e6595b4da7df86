"""What people do on the way to what a test is about."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.instance import Trader


def sign_in(page: Page, username: str, password: str) -> None:
    page.goto("/account/login/")
    page.get_by_label("Login").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def enter(page: Page, trader: Trader, path: str = "/accounts/") -> None:
    """Signs in, goes to a panel, and waits until it is live."""
    sign_in(page, trader.username, trader.password)
    expect(page.locator("#connection")).to_be_visible()
    page.goto(path)
    expect(page.locator("#connection")).to_contain_text("live")
