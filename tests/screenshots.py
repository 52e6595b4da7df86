"""`make screenshots`: pictures of every panel, made from a running product with a short trading day in it.

The pictures go to docs/pictures, at 1440 and 390 px. Nothing in them is drawn by hand; the key that trades is deleted
before the product is thrown away.
"""

from __future__ import annotations

import http.client
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

from tests.browser import Browsers, sign_in
from webhooks_terminal.run.instance import Instance

PICTURES: Final = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZES: Final = {1440: 900, 390: 844}
PANELS: Final = {
    "webhooks": "/webhooks",
    "desk": "/desk/",
    "accounts": "/accounts/",
    "positions": "/positions/",
    "working-orders": "/orders/",
    "filled-orders": "/orders/filled/",
    "orders-history": "/orders/history/",
    "products": "/accounts/products/",
    "event-log": "/events/",
    "instruments": "/instruments/",
    "guide": "/docs/webhooks",
}
ALICE: Final = ("alice", "alice-demo-pass-1")
BUY: Final = {"action": "place", "accountName": "DEMO-1", "side": "buy", "type": "Market"}
SELL: Final = BUY | {"side": "sell"}
GUARDS: Final = {"stopLoss": 1.2, "stopLossType": "offset in %", "takeProfit": 2.5, "takeProfitType": "offset in %"}
DAY: Final[tuple[dict[str, Any], ...]] = (
    BUY | {"symbol": "BTCUSDT", "qty": 0.25, **GUARDS, "clientOrderId": "breakout-1"},
    SELL | {"symbol": "EURUSD", "qty": "0.4", "clientOrderId": "reversion-1"},
    BUY | {"symbol": "ES", "contractMonth": "2030-12", "qty": 1, "clientOrderId": "opening-1"},
    BUY | {"symbol": "ETHUSDT", "type": "Limit", "price": 3300, "qty": 2, "validity": "GTC", "clientOrderId": "dip-1"},
    SELL | {"symbol": "SPY", "type": "Stop", "stopPrice": 550, "qty": 20, "validity": "GTC"},
    {"action": "modify", "accountName": "DEMO-1", "clientOrderId": "dip-1", "price": 3310},
    BUY | {"symbol": "BTCUSDT", "type": "Limit", "price": 90000.005, "qty": 0.1},
    BUY | {"symbol": "ES", "contractMonth": "2030-12", "qty": 40},
    BUY | {"symbol": "BTCUSDT", "qty": 0.1, "stoploss": 90000},
    SELL | {"symbol": "BTCUSDT", "qty": 0.1},
    BUY | {"symbol": "EURUSD", "qty": "0.1"},
    BUY | {"symbol": "GBPUSD", "type": "Trailing stop", "trStopOffset": 200, "qty": "0.2", "validity": "GTC"},
    BUY | {"symbol": "AAPL", "symbolType": "EQUITY", "type": "Care", "qty": 100, "userComment": "work it before noon"},
    {"action": "cancel", "accountName": "DEMO-1", "clientOrderId": "reversion-1"},
)


def create_key(page: Page, name: str) -> str:
    """Makes a key by hand, takes a picture of its dialog with the secret masked, and returns its path."""
    page.goto("/webhooks")
    page.get_by_label("Key name").fill(name)
    page.get_by_role("button", name="Create key").click()
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    take(page, "credentials")
    field = dialog.get_by_label("Webhook URL", exact=True)
    dialog.get_by_role("button", name="Show").last.click()
    url = field.input_value()
    dialog.get_by_role("button", name="Copy").last.click()
    dialog.get_by_role("button", name="Done").click()
    dialog.wait_for(state="detached")
    return "/webhook/" + url.split("/webhook/")[1]


def trade(instance: Instance, path: str) -> None:
    for message in DAY:
        connection = http.client.HTTPConnection(instance.host, instance.port, timeout=10)
        connection.request("POST", path, json.dumps(message))
        answer = connection.getresponse()
        print(answer.status, answer.read().decode()[:160])
        connection.close()


def take(page: Page, name: str, *, full: bool = False) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=full)
    print(f"{name}-{width}.png")


def take_panels(page: Page) -> None:
    for name, path in PANELS.items():
        page.goto(path)
        page.locator("main").wait_for()
        page.wait_for_timeout(1_200)  # fonts, the first prices, the chart
        take(page, name)


def take_drawer(page: Page) -> None:
    page.goto("/webhooks")
    page.locator("#requests .row-link").nth(3).click()
    page.locator("dialog[open]").wait_for()
    page.wait_for_timeout(500)
    take(page, "request")


def take_everything(instance: Instance) -> None:
    with Browsers() as browsers, browsers.visit(instance.url) as visit:
        wide = visit.open_page(width=1440, height=SIZES[1440])
        wide.goto("/")
        take(wide, "sign-in")
        sign_in(wide, *ALICE)
        wide.goto("/orders/")
        take(wide, "empty")
        path = create_key(wide, "tv-breakout")
        time.sleep(6)  # some quotes for the chart
        trade(instance, path)
        for width, height in SIZES.items():
            wide.set_viewport_size({"width": width, "height": height})
            take_panels(wide)
            take_drawer(wide)


def main() -> int:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        Path(folder).chmod(0o711)
        with Instance(Path(folder) / "data", demo=True, simulator=True) as instance:
            take_everything(instance)
    return 0


if __name__ == "__main__":
    sys.exit(main())
