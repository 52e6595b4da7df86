"""A trader's hand on the Desk: an order placed, seen working, changed and cancelled; a position bought and closed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.instance import Product
from tests.journeys.steps import enter


def choose(page: Page, symbol: str) -> Locator:
    page.locator(".watchlist a", has_text=symbol).first.click()
    expect(page.locator("#chart-title")).to_have_text(symbol)
    return page.locator("#ticket")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_day_at_the_desk(width: int, open_page: Callable[..., Page], product: Product) -> None:
    trader = product.newcomer()
    page = open_page(width=width, height=900)
    enter(page, trader, "/desk/")
    ticket = choose(page, "BTCUSDT")
    expect(page.locator("#chart canvas").first).to_be_visible()
    expect(page.locator("#chart-word")).to_be_empty()

    # What is missing is said under its field, and the focus goes there.
    ticket.get_by_label("Type").select_option("Limit")
    ticket.get_by_label("Quantity").fill("0.25")
    ticket.get_by_label("Validity").select_option("GTC")
    ticket.get_by_role("button", name="Buy 0.25 BTCUSDT").click()
    expect(ticket).to_contain_text("is required for a Limit order")
    expect(ticket.get_by_label("Price", exact=True)).to_be_focused()

    # Placed, and working on the same page.
    ticket.get_by_label("Price", exact=True).fill("60 000")
    page.keyboard.press("Enter")
    row = page.locator("#working tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("60\u00a0000.00")
    expect(page.locator("#toasts")).to_contain_text("working")

    # Changed in place.
    row.get_by_label("Change #").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Price", exact=True).fill("61000.001")
    dialog.get_by_role("button", name="Change order").click()
    expect(dialog).to_contain_text("must be a multiple of the tick 0.01")
    dialog.get_by_label("Price", exact=True).fill("61000")
    dialog.get_by_role("button", name="Change order").click()
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("61\u00a0000.00")

    # Cancelled.
    page.get_by_role("button", name="Cancel all…").click()
    dialog.get_by_role("button", name="Cancel orders").click()
    expect(row).to_have_count(0)

    # Bought at the market, and closed in two steps.
    ticket.get_by_label("Type").select_option("Market")
    ticket.get_by_label("Quantity").fill("0.5")
    ticket.get_by_role("button", name="Buy 0.5 BTCUSDT").click()
    position = page.locator("#positions tbody tr")
    expect(position).to_contain_text("64\u00a0250.50")
    for part, left in (("0.2", "0.300"), ("0.3", None)):
        position.get_by_label("Close BTCUSDT").click()
        dialog.get_by_label("Quantity, the whole or a part").fill(part)
        dialog.get_by_role("button", name="Close position").click()
        expect(dialog).to_have_count(0)
        if left:
            expect(position).to_contain_text(left)
    expect(position).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_chart_and_the_prices_follow_the_quotes(page: Page, product: Product) -> None:
    enter(page, product.newcomer(), "/desk/")
    choose(page, "BTCUSDT")
    expect(page.locator("#ohlc")).to_contain_text("C 64\u00a0250.00")
    product.quote({"symbol": "BTCUSDT", "bid": "64300.00", "ask": "64301.00"})
    expect(page.locator("#ohlc")).to_contain_text("C 64\u00a0300.00", timeout=3_000)
    expect(page.locator('.sides [data-shows="ask"]')).to_have_text("64\u00a0301.00")
    page.get_by_text("1D", exact=True).click()
    expect(page.locator("#chart")).to_have_attribute("aria-label", re.compile("Chart of BTCUSDT, 1d bars"))
