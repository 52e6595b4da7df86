"""Real Chromium: pages that remember what went wrong in them, and pictures of the tests that failed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

PICTURES = Path(__file__).resolve().parent.parent / "test-results"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 10_000
# In a container there is neither a sandbox nor a GPU; the browser itself must not call home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
)


def sign_in(page: Page, username: str, password: str) -> None:
    """Through the form, as a person; the terminal is there when this returns."""
    page.goto("/account/login/")
    page.get_by_label("Login").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/account/login" not in url)


def chromium() -> str:
    """The program: CHROMIUM, or what the system has."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert found, "Chromium is missing: apt-get install chromium, or set CHROMIUM to its path"
    return found


@dataclass
class Visit:
    """One test's pages, each in a context (cookies, storage) of its own unless asked for otherwise."""

    browser: Browser
    base: str
    contexts: list[BrowserContext] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def open_page(
        self,
        *,
        width: int = 1440,
        height: int = 900,
        sharpness: int = 1,
        context: BrowserContext | None = None,
        loses_server: bool = False,
    ) -> Page:
        """A new page; relative addresses are the product's. `context` of another page shares its sign-in.

        `loses_server`: the test takes the server away, so refreshes that reach nobody are no fault.
        """
        if context is None:
            context = self.browser.new_context(
                base_url=self.base,
                viewport={"width": width, "height": height},
                device_scale_factor=sharpness,
                permissions=["clipboard-read", "clipboard-write"],
            )
            context.set_default_timeout(PATIENCE_MS)
            self.contexts.append(context)
        page = context.new_page()
        self.pages.append(page)
        page.on("console", lambda message: (loses_server and is_about_silence(message)) or self.note_console(message))
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("request", self.note_request)
        page.on("response", self.note_response)
        return page

    def note_console(self, message: ConsoleMessage) -> None:
        """Whatever is said there: refused by the policy, broken script, warnings. 4xx answers are the tests' own.

        Not that a dialog's first field waits with its focus until the dialog opens.
        """
        expected = ("Failed to load resource", "Autofocus processing was blocked")
        if not any(words in message.text for words in expected) and not is_about_leaving(message):
            self.faults.append(f"console: {message.type}: {message.text}")

    def note_request(self, request: Request) -> None:
        """The pages ask nobody but the product, by either of this machine's names."""
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname not in ("127.0.0.1", "localhost"):
            self.faults.append(f"asked another host: {request.url}")

    def note_response(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"HTTP {response.status} from {response.url}")

    def picture(self, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        for number, page in enumerate(self.pages):
            if not page.is_closed():
                page.screenshot(path=PICTURES / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{number}.png")

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def is_about_leaving(message: ConsoleMessage) -> bool:
    """htmx's words for a refresh that was under way when its page was left; real failures have words of their own."""
    return message.text.startswith(("htmx:sendAbort", "htmx:afterRequest"))


def is_about_silence(message: ConsoleMessage) -> bool:
    """htmx's words for a request that reached no server."""
    return message.text.startswith("htmx:sendError")


class Browsers:
    """Playwright and one headless Chromium; as a context manager, both are gone afterwards."""

    def __enter__(self) -> Browsers:
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.browser.close()
        self.playwright.stop()

    @contextmanager
    def visit(self, base: str) -> Iterator[Visit]:
        visit = Visit(self.browser, base)
        try:
            yield visit
        finally:
            visit.close()
        assert not visit.faults, "the browser complained:\n" + "\n".join(visit.faults)
