"""Getting in and out of the terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.instance import Product
from tests.journeys.steps import sign_in


def test_a_trader_signs_in_and_out(page: Page, product: Product) -> None:
    trader = product.newcomer()
    page.goto("/positions/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Login").fill(trader.username)
    page.get_by_label("Password").fill(trader.password)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Positions", exact=True)).to_be_visible()
    expect(page.locator("#figures")).to_contain_text("100\u00a0000.00")
    expect(page.locator("#connection")).to_contain_text("live")

    page.get_by_label(trader.username, exact=True).click()
    page.get_by_role("button", name="Log out").click()
    page.goto("/positions/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_told_and_opens_nothing(page: Page, product: Product) -> None:
    trader = product.newcomer()
    sign_in(page, trader.username, "not the password")
    expect(page.get_by_role("alert")).to_contain_text("not correct")
    page.goto("/accounts/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_signing_up_is_closed_unless_opened(page: Page) -> None:
    page.goto("/account/signup/")
    expect(page.get_by_role("heading", name="Sign-up is closed")).to_be_visible()


def test_nobody_is_led_away_after_signing_in(page: Page, product: Product) -> None:
    trader = product.newcomer()
    page.goto("/account/login/?next=https://elsewhere.example/")
    page.get_by_label("Login").fill(trader.username)
    page.get_by_label("Password").fill(trader.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#figures")).to_be_visible()
    assert page.url.startswith(product.url)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_door_holds_at_every_width(open_page: Callable[..., Page], width: int) -> None:
    page = open_page(width=width)
    page.goto("/account/login/")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
