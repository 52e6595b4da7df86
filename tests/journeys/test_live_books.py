"""What a webhook does is on the open terminal at once, and nothing else moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.instance import Product, Trader
from tests.journeys.steps import enter

BTC = {"symbol": "BTCUSDT", "bid": "64250.00", "ask": "64250.50"}
STAYS = "window.stays = true"  # gone when the page is loaded anew


def place(product: Product, trader: Trader, **order: Any) -> int:
    body = {"action": "place", "accountName": trader.account, "symbol": "BTCUSDT", "side": "buy", "type": "Market"}
    answer = product.post(body | {"qty": "0.5", "validity": "GTC"} | order, trader.key)
    assert answer.status == 200, answer.text
    return int(answer.json["d"]["orderId"])


def test_a_fill_by_webhook_appears_without_a_reload(page: Page, product: Product) -> None:
    trader = product.newcomer()
    enter(page, trader, "/positions/")
    expect(page.get_by_role("heading", name="No open position")).to_be_visible()
    page.evaluate(STAYS)

    order = place(product, trader)

    row = page.locator("#positions tbody tr")
    expect(row).to_contain_text("BTCUSDT", timeout=2_000)
    expect(row).to_contain_text("64\u00a0250.50")
    expect(page.locator("#last-event")).to_contain_text(f"#{order}")
    expect(page.locator("#last-event")).to_contain_text("first")  # the key's name
    assert page.evaluate("window.stays") is True


def test_one_webhook_is_on_two_open_panels(page: Page, product: Product) -> None:
    trader = product.newcomer()
    enter(page, trader, "/orders/filled/")
    beside = page.context.new_page()
    beside.goto(f"{product.url}/events/")
    expect(beside.locator("#connection")).to_contain_text("live")
    for one in (page, beside):
        one.evaluate(STAYS)

    order = place(product, trader)

    expect(page.locator("#filled tbody tr")).to_contain_text(f"#{order}", timeout=2_000)
    expect(beside.locator("#events tbody tr").first).to_contain_text(f"#{order}", timeout=1_000)
    assert page.evaluate("window.stays") is beside.evaluate("window.stays") is True


def test_a_quote_moves_price_result_and_balance_and_leaves_the_rest_alone(page: Page, product: Product) -> None:
    trader = product.newcomer()
    place(product, trader)
    place(product, trader, symbol="EUR/USD", qty="0.1")
    enter(page, trader, "/positions/")
    bitcoin, euro = page.locator("#positions tr", has_text="BTCUSDT"), page.locator("#positions tr", has_text="EUR/USD")
    expect(bitcoin.locator('[data-shows="gross"]')).to_have_text("\u22120.25")
    page.evaluate("document.querySelectorAll('#positions tr').forEach((row) => { row.known = true; })")

    product.quote(BTC | {"bid": "64350.50", "ask": "64351.00"})

    expect(bitcoin.locator('[data-shows="gross"]')).to_have_text("+50.00", timeout=2_000)
    expect(page.locator("[data-projected]")).to_have_text("100\u00a0049.00")
    assert bitcoin.evaluate("(row) => row.known")
    assert euro.evaluate("(row) => row.known")


def test_a_working_order_comes_is_cancelled_by_hand_and_goes(page: Page, product: Product) -> None:
    trader = product.newcomer()
    enter(page, trader, "/orders/")
    expect(page.get_by_role("heading", name="No working order")).to_be_visible()
    order = place(product, trader, type="Limit", price="60000")
    row = page.locator(f"#order-{order}")
    expect(row).to_contain_text("60\u00a0000.00", timeout=2_000)

    page.get_by_label(f"Cancel #{order}").click()
    dialog = page.get_by_role("dialog", name=f"Cancel #{order}?")
    dialog.get_by_role("button", name="Keep it").click()
    expect(row).to_be_visible()
    page.get_by_label(f"Cancel #{order}").click()
    dialog.get_by_role("button", name="Cancel order").click()

    expect(page.locator("#toasts")).to_contain_text(f"#{order} cancelled")
    expect(row).to_have_count(0)
    page.goto("/orders/history/")
    cancelled = page.locator("#history tbody tr").first
    expect(cancelled).to_contain_text("Cancelled")
    expect(cancelled).to_contain_text(trader.username)


def test_a_cancel_that_comes_too_late_says_why(page: Page, product: Product) -> None:
    trader = product.newcomer()
    order = place(product, trader, type="Limit", price="60000")
    enter(page, trader, "/orders/")
    page.get_by_label(f"Cancel #{order}").click()
    body = {"action": "cancel", "accountName": trader.account, "orderId": order}
    assert product.post(body, trader.key).status == 200
    page.get_by_role("button", name="Cancel order").click()
    expect(page.locator("#toasts")).to_contain_text(f"#{order} not cancelled")
    expect(page.locator("#toasts")).to_contain_text("cancelled")


def test_a_row_leads_to_its_order_and_to_the_request_behind_it(page: Page, product: Product) -> None:
    trader = product.newcomer()
    order = place(product, trader)
    enter(page, trader, "/orders/filled/")
    page.locator("#filled tbody tr td").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text(f"#{order}")
    expect(drawer).to_contain_text("Executed")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    page.locator("#filled .origin-link").click()
    page.wait_for_url("**/webhooks/requests/**")


def test_other_peoples_events_do_not_reach_a_terminal(page: Page, product: Product) -> None:
    watcher, trader = product.newcomer(), product.newcomer()
    enter(page, watcher, "/positions/")
    page.evaluate("""() => {
        window.heard = [];
        document.body.addEventListener("books", (event) => window.heard.push(...event.detail.accounts));
    }""")
    place(product, trader)
    place(product, watcher)  # told in the same look as the other's, or in a later one
    expect(page.locator("#positions tbody tr")).to_have_count(1, timeout=2_000)
    assert set(page.evaluate("window.heard")) == {int(page.locator("body").get_attribute("data-account") or 0)}


def test_a_lost_connection_is_told_and_heals(
    start_product: Callable[..., Product], open_page: Callable[..., Page]
) -> None:
    product = start_product()
    trader = product.newcomer()
    page = open_page(loses_server=True)
    page.goto(product.url)
    enter_at(page, product, trader)
    product.kill("web")
    expect(page.locator("#lost")).to_contain_text("Connection lost", timeout=15_000)
    expect(page.locator("#connection")).to_contain_text("lost")
    product.restart("web")
    expect(page.locator("#lost")).to_be_hidden(timeout=20_000)
    place(product, trader)
    expect(page.locator("#positions tbody tr")).to_contain_text("BTCUSDT", timeout=3_000)


def enter_at(page: Page, product: Product, trader: Trader) -> None:
    """Into a product that is not the page's own."""
    page.goto(f"{product.url}/account/login/?next=/positions/")
    page.get_by_label("Login").fill(trader.username)
    page.get_by_label("Password").fill(trader.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#connection")).to_contain_text("live")
