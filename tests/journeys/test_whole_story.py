"""The whole story in a real browser: from signing in to the 401 that a deleted key gets, and no trace of its secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from tests.browser import Browsers, is_about_leaving
from tests.instance import Answer, Key, Product, Trader
from tests.journeys.hunt import hits, kept_by_browser, rows_of, values_in_redis
from tests.journeys.steps import sign_in

SECOND = 1_500  # milliseconds: what happens is on the page within a second, and the machine may be busy
STAYS = "window.stays = true"  # gone when the page is loaded anew
# What TradingView puts into its placeholders when the alert fires.
PLACEHOLDERS = {
    "{{strategy.order.action}}": "buy",
    "{{strategy.order.contracts}}": "0.5",
    "{{strategy.order.id}}": "breakout",
    "{{ticker}}": "BTCUSDT",
    "{{timenow}}": "2026-01-02T03:04:05Z",
}
PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS)))


@dataclass
class Witness:
    """All that a page said and asked for."""

    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def watch(self, page: Page) -> None:
        page.on("console", self.note_console)
        page.on("request", self.note_request)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def note_console(self, message: ConsoleMessage) -> None:
        if not is_about_leaving(message):
            self.said.append(f"{message.type}: {message.text}")

    def note_request(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).netloc)
        self.asked.append(f"{request.method} {request.url} {request.headers} {request.post_data or ''}")


@pytest.fixture
def own_product(start_product: Callable[..., Product]) -> Product:
    """Nobody else's traces are in its logs and tables."""
    product = start_product()
    product.reset_prices()
    return product


@pytest.fixture
def two_accounts(own_product: Product) -> Trader:
    """A trader with a second account, which the story is about."""
    trader = own_product.newcomer()
    second = f"{trader.username}-2".upper()
    own_product.seed({"accounts": [{"name": second, "user": trader.username, "currency": "USD", "deposit": "100000"}]})
    return Trader(trader.username, trader.password, second, trader.key)


@pytest.fixture
def screen(browsers: Browsers, own_product: Product) -> Iterator[Page]:
    with browsers.visit(own_product.url) as visit:
        yield visit.open_page()


def test_from_signing_in_to_a_deleted_key(screen: Page, own_product: Product, two_accounts: Trader) -> None:
    witness = Witness()
    witness.watch(screen)
    enter_second_account(screen, two_accounts)
    key = create_key(screen, own_product)
    forget_everything(screen, key)
    message = chosen_snippet(screen, two_accounts)
    order = fill_by_webhook(screen, own_product, key, message)
    see_on_every_panel(screen, order)
    place_and_cancel_by_webhook(screen, own_product, two_accounts, key)
    delete_key(screen)
    assert post(own_product, key, message).status == 401
    knock_oddly(own_product, key)
    assert_no_trace(screen, own_product, witness, key)


# --- The chapters -------------------------------------------------------------------------------------------


def enter_second_account(page: Page, trader: Trader) -> None:
    sign_in(page, trader.username, trader.password)
    page.locator("summary[aria-label^='Account ']").click()
    page.locator("#choose-account").get_by_role("button", name=trader.account).click()
    expect(page.locator("summary[aria-label^='Account ']")).to_contain_text(trader.account)


def create_key(page: Page, product: Product) -> Key:
    """Reads the credentials from the dialog, as a trader copies them, and closes it."""
    page.goto("/webhooks")
    expect(page.locator("#connection")).to_contain_text("live")
    page.get_by_label("Key name").fill("tv-breakout")
    page.get_by_role("button", name="Create key").click()
    dialog = page.get_by_role("dialog", name="Key created: tv-breakout")
    expect(dialog).to_contain_text("nobody can show it again")
    expect(dialog.get_by_label("Secret key", exact=True)).not_to_have_value(re.compile("ws_[0-9A-Za-z]{49}"))
    for name in ("API key", "Secret key", "Webhook URL"):
        dialog.get_by_role("button", name=f"Show {name}").click()
    shown = {name: dialog.get_by_label(name, exact=True).input_value() for name in ("API key", "Secret key")}
    key = Key("", "tv-breakout", shown["API key"], shown["Secret key"])
    assert dialog.get_by_label("Webhook URL", exact=True).input_value() == product.url + key.path
    dialog.get_by_role("button", name="Copy Webhook URL").click()
    expect(dialog).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == product.url + key.path
    page.evaluate("navigator.clipboard.writeText('')")
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_have_count(0)
    assert not hits(key, kept_by_browser(page))
    return key


def forget_everything(page: Page, key: Key) -> None:
    """After a reload, elsewhere, and on the way back and forth: the secret is nowhere."""
    page.reload()
    expect(page.locator("#webhook-keys")).to_contain_text("tv-breakout")
    assert not hits(key, kept_by_browser(page))
    page.goto("/positions/")
    assert not hits(key, kept_by_browser(page))
    page.go_back()
    expect(page.locator("#webhook-keys")).to_contain_text("tv-breakout")
    assert not hits(key, kept_by_browser(page))
    page.go_back()
    page.go_forward()
    assert not hits(key, kept_by_browser(page))
    page.goto("/webhooks")


def chosen_snippet(page: Page, trader: Trader) -> str:
    """The placing snippet for this account and symbol, as TradingView sends it."""
    code = page.locator("#snippet-code")
    page.get_by_role("tab", name="Placing").click()
    page.locator("#snippet-account").select_option(trader.account)
    expect(code).to_contain_text(trader.account)
    page.locator("#snippet-instrument").select_option(label="BTCUSDT")
    expect(code).to_contain_text('"BTCUSDT"')
    return PLACEHOLDER.sub(lambda found: PLACEHOLDERS[found[0]], code.inner_text())


def fill_by_webhook(page: Page, product: Product, key: Key, message: str) -> int:
    """The request appears in the panel's list without a reload."""
    expect(page.locator("#connection")).to_contain_text("live")
    page.evaluate(STAYS)
    answer = post(product, key, message)
    assert answer.status == 200, answer.text
    assert answer.json["d"]["state"] in ("filled", "pending")
    row = page.locator("#requests tbody tr").first
    expect(row).to_contain_text("tv-breakout", timeout=SECOND)
    expect(row).to_contain_text("BTCUSDT")
    expect(row).to_contain_text("200")
    expect(page.locator("#last-event")).to_contain_text("tv-breakout")
    assert page.evaluate("window.stays") is True
    return int(answer.json["d"]["orderId"])


def see_on_every_panel(page: Page, order: int) -> None:
    page.goto("/orders/filled/")
    expect(page.locator("#filled tbody tr")).to_contain_text(f"#{order}")
    expect(page.locator("#filled tbody tr")).to_contain_text("tv-breakout")
    page.goto("/positions/")
    expect(page.locator("#positions tbody tr")).to_contain_text("BTCUSDT")
    expect(page.locator("#positions tbody tr")).to_contain_text("64\u00a0250.50")


def place_and_cancel_by_webhook(page: Page, product: Product, trader: Trader, key: Key) -> None:
    """It comes and goes on the open page, which also shows a fill as it happens."""
    page.goto("/orders/")
    expect(page.locator("#connection")).to_contain_text("live")
    page.evaluate(STAYS)
    body = {"action": "place", "accountName": trader.account, "symbol": "EUR/USD", "type": "Limit", "side": "buy"}
    placed = post(product, key, json.dumps(body | {"price": "1.05", "qty": "0.1", "validity": "GTC"}))
    assert placed.status == 200, placed.text
    number = placed.json["d"]["orderId"]
    row = page.locator(f"#order-{number}")
    expect(row).to_contain_text("EUR/USD", timeout=SECOND)
    cancel = {"action": "cancel", "accountName": trader.account, "orderId": number}
    cancelled = post(product, key, json.dumps(cancel))
    assert cancelled.status == 200, cancelled.text
    expect(row).to_have_count(0, timeout=SECOND)
    assert page.evaluate("window.stays") is True


def delete_key(page: Page) -> None:
    page.goto("/webhooks")
    page.get_by_role("button", name="Delete tv-breakout").click()
    page.get_by_role("dialog", name="Delete tv-breakout?").get_by_role("button", name="Delete key").click()
    expect(page.locator("#webhook-keys")).not_to_contain_text("tv-breakout")


def knock_oddly(product: Product, key: Key) -> None:
    """Mistakes that put a secret where it does not belong; each is refused, and none may be written down."""
    product.ask("GET", key.path)
    product.ask("POST", f"{key.path}/more/of/it", b"{}")
    product.ask("POST", f"/webhooks/{key.api}/{key.secret}", b"{}")
    product.ask("GET", f"/nowhere/{key.secret}?secret={key.secret}")
    product.ask("GET", "/api/v1/accounts", headers={"Authorization": key.basic})
    product.ask("GET", f"/api/v1/{key.secret}", headers={"Authorization": f"Bearer {key.secret}"})
    product.post(json.dumps({"action": "place", "accountName": key.secret, "clientOrderId": key.secret}), "alice")
    product.post(f"not json, but {product.webhook_url(key)}", "alice")


# --- The end --------------------------------------------------------------------------------------------------


def post(product: Product, key: Key, message: str) -> Answer:
    return product.ask("POST", key.path, message.encode(), {"Content-Type": "text/plain; charset=utf-8"})


def assert_no_trace(page: Page, product: Product, witness: Witness, key: Key) -> None:
    page.goto("/webhooks")
    assert not hits(key, kept_by_browser(page))
    assert not witness.said
    assert witness.hosts == {urlsplit(product.url).netloc}
    assert not [line for line in witness.asked if hits(key, line)]
    rows = list(rows_of(product))
    assert any(key.api in row for _, row in rows), "the search sees what is there"
    assert not [table for table, row in rows if hits(key, row)]
    assert not [name for name, value in values_in_redis(product) if hits(key, value)]
    assert not hits(key, product.log())
