"""What stands around every panel: menus, keys, the account switcher, and room on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.instance import Product
from tests.journeys.steps import enter
from tests.journeys.test_live_books import place

PANELS = [
    "/accounts/",
    "/positions/",
    "/orders/",
    "/orders/filled/",
    "/orders/history/",
    "/events/",
    "/instruments/",
    "/accounts/products/",
]


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_no_page_scrolls_sideways_or_asks_another_host(
    open_page: Callable[..., Page], product: Product, width: int
) -> None:
    trader = product.newcomer()
    place(product, trader)
    place(product, trader, type="Limit", price="60000", stopLoss="59000", stopLossType="absolute")
    page = open_page(width=width)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    enter(page, trader)
    for path in PANELS:
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert asked == {product.url.removeprefix("http://")}


def test_everything_is_reached_by_keys(page: Page, product: Product) -> None:
    trader = product.newcomer()
    order = place(product, trader, type="Limit", price="60000")
    enter(page, trader)
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url("**/orders/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(f"#order-link-{order}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(f"#{order}")
    page.keyboard.press("Escape")
    expect(page.locator(f"#order-link-{order}")).to_be_focused()
    page.locator(f"#cancel-{order}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No working order")).to_be_visible()


def test_the_finder_knows_panels_and_symbols(page: Page, product: Product) -> None:
    enter(page, product.newcomer())
    page.keyboard.press("/")
    page.keyboard.type("btc")
    page.get_by_role("link", name="BTCUSDT").click()
    expect(page.locator("#instruments tbody tr")).to_have_count(1)
    expect(page.locator("#instruments tbody")).to_contain_text("64\u00a0250.00")
    page.goto("/positions/")
    page.keyboard.press("/")
    page.keyboard.type("filled")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/filled/")


def test_keys_are_silent_in_fields_and_when_switched_off(page: Page, product: Product) -> None:
    enter(page, product.newcomer(), "/instruments/")
    page.get_by_label("Find an instrument").fill("")
    page.get_by_label("Find an instrument").press_sequentially("g?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Single keys are on").uncheck()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_phone_finds_all_panels_under_more(open_page: Callable[..., Page], product: Product) -> None:
    page = open_page(width=390, height=844)
    enter(page, product.newcomer(), "/positions/")
    page.get_by_role("button", name="More").click()
    page.get_by_role("dialog", name="More").get_by_role("link", name="Orders history").click()
    expect(page.get_by_role("heading", name="Orders history", exact=True)).to_be_visible()


def test_the_theme_is_kept(page: Page, product: Product) -> None:
    trader = product.newcomer()
    enter(page, trader)
    page.get_by_label(trader.username, exact=True).click()
    page.get_by_role("button", name="take light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.goto("/positions/")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_a_product_is_subscribed_on_the_page(page: Page, product: Product) -> None:
    trader = product.newcomer(subscribed=False)
    enter(page, trader, "/accounts/products/")
    page.get_by_role("button", name="Subscribe Trading Webhooks").click()
    expect(page.locator("#toasts")).to_contain_text("Trading Webhooks is active")
    expect(page.locator("#products tbody")).to_contain_text("Trading Webhooks")
    place(product, trader)
