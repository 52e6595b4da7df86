"""Send test and Check, beside the snippet, in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.instance import Product
from tests.journeys.steps import enter


def test_a_snippet_is_sent_as_a_test_and_mended_with_check(page: Page, product: Product) -> None:
    trader = product.newcomer()
    enter(page, trader, "/webhooks")
    page.get_by_role("button", name="Send test").click()
    dialog = page.get_by_role("dialog", name="Try a message")
    expect(dialog).to_contain_text("The answer, HTTP 200")
    expect(dialog.locator("#try-answer")).to_contain_text('"dryRun": true')
    expect(dialog.locator("#try-answer")).to_contain_text('"state": "filled"')
    assert product.read(f"/api/v1/accounts/{trader.account}/orders", trader.key)["d"] == []
    text = dialog.get_by_label("Message")
    text.fill(text.input_value().replace("}", ",\n}"))
    dialog.get_by_role("button", name="Check").click()
    expect(dialog).to_contain_text("a comma before the closing brace")
    expect(dialog.get_by_label("Message")).to_have_value(text.input_value())
    text.fill(text.input_value().replace(",\n}", "}"))
    dialog.get_by_role("button", name="Check").click()
    expect(dialog).to_contain_text(f"for account {trader.account}")
    dialog.get_by_role("button", name="Send test").click()
    expect(dialog).to_contain_text("Test passed")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#requests")).to_contain_text("Test passed")
