"""`make screenshots`: pictures of every panel, made from a running product with a short trading day in it.

They go to docs/pictures, at 1440 and 390 px: filled, empty, and with the server out of reach; and to static/pictures,
where the Webhooks panel shows them beside its three steps. Nothing in them is drawn by hand, secrets are masked, and
the product that knew them is thrown away.
"""

from __future__ import annotations

import http.client
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import FloatRect, Locator, Page

from tests.browser import Browsers, sign_in
from tests.instance import EMPTY as NOTHING
from webhooks_terminal.run.instance import Instance

PROJECT: Final = Path(__file__).resolve().parent.parent
PICTURES: Final = PROJECT / "docs" / "pictures"
STEPS: Final = PROJECT / "static" / "pictures"
STEP_WIDTH: Final = 480  # the column that shows them is about as wide
MESSAGE_HEIGHT: Final = 230  # of the snippet: the lines that TradingView fills in
THEMES: Final = ("dark", "light")
PAINTED_MS: Final = 1_200  # fonts, the first prices, the chart
PATIENCE_MS: Final = 60_000
SETTLED_MS: Final = 400  # what fades in stands
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
EMPTY: Final = tuple(name for name in PANELS if name not in ("guide", "instruments"))
LIVING: Final = ("webhooks", "desk", "accounts", "positions", "working-orders", "filled-orders", "orders-history")
ALICE: Final = ("alice", "alice-demo-pass-1")
NEWCOMER: Final = ("nadia", "nadia-demo-pass-1")
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


def open_key(page: Page, name: str) -> Locator:
    """Makes a key by hand; the dialog with its credentials."""
    page.goto("/webhooks")
    page.get_by_label("Key name").fill(name)
    page.get_by_role("button", name="Create key").click()
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    page.wait_for_timeout(SETTLED_MS)
    return dialog


def close_key(dialog: Locator) -> str:
    """The path that the key opens; its secret is nowhere on the page afterwards."""
    dialog.get_by_role("button", name="Show").last.click()
    url = dialog.get_by_label("Webhook URL", exact=True).input_value()
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


def take(page: Page, name: str) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    page.screenshot(path=PICTURES / f"{name}-{width}.png")
    print(f"{name}-{width}.png")


def take_panels(page: Page, state: str = "", panels: Iterable[str] = PANELS) -> None:
    for name in panels:
        page.goto(PANELS[name])
        page.locator("main").wait_for()
        page.wait_for_timeout(PAINTED_MS)
        take(page, f"{name}{state}")


def take_faults(page: Page) -> None:
    """The panels that live, after the server went out of reach."""
    for name in LIVING:
        page.goto(PANELS[name])
        page.locator("#connection[data-state=live]").wait_for()
        page.wait_for_timeout(PAINTED_MS)
        page.context.set_offline(True)
        page.evaluate("document.body.dispatchEvent(new CustomEvent('book'))")
        page.evaluate("document.body.dispatchEvent(new CustomEvent('requests'))")
        page.locator(".notice[data-read]").first.wait_for()
        page.evaluate("scrollTo(0, 0)")
        take(page, f"{name}-error")
        page.context.set_offline(False)


def take_light_desk(page: Page) -> None:
    """The theme is the session's: chosen in the menu, and taken back."""
    page.goto(PANELS["desk"])
    for theme in ("light", "auto", "dark"):
        page.locator(f"button[name=theme][value={theme}]").evaluate("button => button.click()")
        page.locator(f"html[data-theme={theme}]").wait_for(state="attached")
        if theme == "light":
            page.wait_for_timeout(PAINTED_MS)
            take(page, "desk-light")


def take_drawer(page: Page) -> None:
    page.goto("/webhooks")
    page.locator("#requests .row-link").nth(3).click()
    page.locator("dialog[open]").wait_for()
    page.wait_for_timeout(SETTLED_MS)
    take(page, "request")


# --- TradingView in three steps ------------------------------------------------------------------------------


def themed(page: Page, part: Locator, name: str, margin: int = 0, height: int = 0) -> Iterator[tuple[str, bytes]]:
    """One part of the product, or the upper part of it, in both themes: (its file, the picture)."""
    for theme in THEMES:
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        part.scroll_into_view_if_needed()
        page.wait_for_timeout(SETTLED_MS)
        box = part.bounding_box()
        assert box, f"{name} is not to be seen"
        size = (box["width"] + 2 * margin, height or box["height"] + 2 * margin)
        clip = FloatRect(x=box["x"] - margin, y=box["y"] - margin, width=size[0], height=size[1])
        yield f"{name}-{theme}.png", page.screenshot(clip=clip)
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark' }")


def steps(page: Page) -> dict[str, bytes]:
    """Where the URL is copied, what a request was answered, and what TradingView fills in."""
    dialog = open_key(page, "tv-reversal")
    found = dict(themed(page, dialog.locator(".field").last, "url", margin=12))
    close_key(dialog)
    page.goto("/webhooks")
    page.locator("#requests tbody tr").first.wait_for()
    found |= themed(page, page.locator("#snippet .snippet"), "message", height=MESSAGE_HEIGHT)
    page.locator("#requests tr", has_text="Filled").first.locator(".row-link").click()
    page.locator(".drawer-head").wait_for()
    return found | dict(themed(page, page.locator(".drawer-head"), "answer"))


def seed_newcomer(instance: Instance) -> None:
    """Somebody with an account and nothing in it."""
    username, password = NEWCOMER
    world: dict[str, list[dict[str, str]]] = {
        "users": [{"username": username, "password": password, "email": f"{username}@example.test"}],
        "accounts": [{"name": "NADIA-1", "user": username, "currency": "USD", "deposit": "25000"}],
    }
    path = instance.folder / "newcomer.json"
    path.write_text(json.dumps(NOTHING | world))
    instance.manage("seed", str(path))


# --- All of it -----------------------------------------------------------------------------------------------


def patient(page: Page) -> Page:
    """There is no hurry: the machine may be busy."""
    page.set_default_timeout(PATIENCE_MS)
    page.set_default_navigation_timeout(PATIENCE_MS)
    return page


def take_story(instance: Instance) -> dict[str, bytes]:
    """From the way in to a day of trading; the pictures of the steps on the way."""
    with Browsers() as browsers, browsers.visit(instance.url) as visit:
        page = patient(visit.open_page(width=1440, height=SIZES[1440]))
        page.goto("/")
        take(page, "sign-in")
        sign_in(page, *ALICE)
        dialog = open_key(page, "tv-breakout")
        take(page, "credentials")
        trade(instance, close_key(dialog))
        narrow = patient(visit.open_page(width=STEP_WIDTH, height=SIZES[390], sharpness=2))
        sign_in(narrow, *ALICE)
        return steps(narrow)


def take_states(instance: Instance) -> None:
    """Every panel at every width: filled, out of reach, empty."""
    seed_newcomer(instance)
    with Browsers() as browsers, browsers.visit(instance.url) as visit:
        for width, height in SIZES.items():
            page = patient(visit.open_page(width=width, height=height, loses_server=True))
            sign_in(page, *ALICE)
            take_panels(page)
            take_light_desk(page)
            take_drawer(page)
            take_faults(page)
            other = patient(visit.open_page(width=width, height=height))
            sign_in(other, *NEWCOMER)
            take_panels(other, "-empty", EMPTY)
        visit.faults.clear()  # the server was out of reach


def main() -> int:
    PICTURES.mkdir(exist_ok=True)
    STEPS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        Path(folder).chmod(0o711)
        with Instance(Path(folder) / "data", demo=True, simulator=True) as instance:
            found = take_story(instance)
            take_states(instance)
    for name, picture in found.items():  # not before: the running product serves the files that it found
        (STEPS / name).write_bytes(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
