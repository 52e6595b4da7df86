"""What is asked of every page, whatever it shows."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = (1440, 390)
NARROWEST = 320
# Layout shifts since the page began, without those that follow a touch or a key. To be given to `add_init_script`.
WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
        if (!hadRecentInput) window.shifts.push([value, ...sources.map(({ node }) => node?.outerHTML?.slice(0, 120))]);
    }
}).observe({ type: "layout-shift", buffered: true });
"""


def faults_of(page: Page, part: str | None = None) -> list[str]:
    """What axe finds wrong with the page, or one part of it, as it is now."""
    found = Axe().run(page, part).response["violations"]
    return [f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"]]


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def shifts_of(page: Page) -> list[list[object]]:
    """[[how much, the elements that moved, ...], ...]"""
    return list(page.evaluate("window.shifts"))
