"""The main story without a mouse: in, a key, its credentials, an order placed and cancelled, the key gone. Where the
focus is can be seen at every step."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.instance import Product

MOST_TABS = 60
# The name of what has the focus, and whether it, its row or its label shows a ring.
FOCUS = """() => {
    const here = document.activeElement;
    const rings = [here, here.closest("tr"), here.closest("label")].some((one) => {
        const style = one && getComputedStyle(one);
        return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    });
    const { width, height, top, bottom } = here.getBoundingClientRect();
    const seen = width > 0 && height > 0 && bottom > 0 && top < innerHeight;
    const name = here.getAttribute("aria-label") || here.labels?.[0]?.textContent || here.textContent;
    return [name.replace(/\\s+/g, " ").trim(), rings && seen];
}"""


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Forward until something of that name has the focus; everything on the way shows that it has it."""
    passed = []
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        found, is_seen = page.evaluate(FOCUS)
        assert is_seen, f"nobody sees that {found!r} has the focus"
        if found.startswith(name):
            return
        passed.append(found)
    raise AssertionError(f"no {name!r} among {passed}")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_the_main_story_needs_no_mouse(page: Page, product: Product) -> None:
    trader = product.newcomer()
    page.goto("/account/login/")
    tab_to(page, "Login")
    page.keyboard.type(trader.username)
    tab_to(page, "Password")
    page.keyboard.type(trader.password)
    press(page, "Enter")
    expect(page.locator("#connection")).to_contain_text("live")

    # The first stop of every page leads past the menus; a menu opens, is walked, and leads on.
    tab_to(page, "Skip to the panel")
    tab_to(page, "Accounts")
    press(page, "Enter")
    for _ in range(MOST_TABS):
        press(page, "ArrowDown")
        name, is_seen = page.evaluate(FOCUS)
        assert is_seen
        if name.startswith("Positions"):
            break
    press(page, "Enter")
    page.wait_for_url("**/positions/")
    expect(page.locator("#connection")).to_contain_text("live")

    press(page, "g", "w")
    page.wait_for_url("**/webhooks")
    expect(page.locator("#connection")).to_contain_text("live")
    tab_to(page, "Key name")
    page.keyboard.type("by-hand")
    press(page, "Enter")
    dialog = page.get_by_role("dialog", name="Key created: by-hand")
    expect(dialog.get_by_role("button", name="Copy Secret key")).to_be_focused()
    tab_to(page, "Copy Webhook URL")
    press(page, "Enter")
    expect(dialog).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith(f"{product.url}/webhook/wk_")
    press(page, "Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_label("Key name")).to_be_focused()

    tab_to(page, "Create key")  # in a field, single keys are letters
    press(page, "g", "d")
    page.wait_for_url("**/desk/")
    ticket = page.locator("#ticket")
    expect(page.locator("#connection")).to_contain_text("live")
    tab_to(page, "Type")
    page.keyboard.type("Limit")
    tab_to(page, "Quantity")
    press(page, "Control+A")
    page.keyboard.type("1")
    tab_to(page, "Price")
    page.keyboard.type("1")
    press(page, "Enter")
    orders = page.locator("#working tbody tr")
    expect(orders).to_have_count(1)
    expect(ticket).to_contain_text("Limit")
    tab_to(page, "Cancel #")
    press(page, "Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    tab_to(page, "Cancel order")
    press(page, "Enter")
    expect(orders).to_have_count(0)

    press(page, "g", "w")
    page.wait_for_url("**/webhooks")
    expect(page.locator("#connection")).to_contain_text("live")
    tab_to(page, "Delete by-hand")
    press(page, "Enter")
    expect(page.get_by_role("dialog", name="Delete by-hand?")).to_be_visible()
    tab_to(page, "Delete key")
    press(page, "Enter")
    expect(page.locator("#webhook-keys")).not_to_contain_text("by-hand")
