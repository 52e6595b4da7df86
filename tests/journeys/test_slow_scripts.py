"""A page whose scripts are still on their way can be read and used, and does not jump when they come."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.instance import Product
from tests.journeys.judging import WATCH_SHIFTS, shifts_of
from tests.journeys.steps import enter
from tests.journeys.test_live_books import place

UNSEEN = 0.001  # a hundredth of what counts as good; the chart measures its axis when it knows its prices
PANELS = ("/desk/", "/webhooks", "/positions/", "/orders/", "/accounts/", "/orders/history/", "/instruments/")


class Gate:
    """What comes while it is shut waits for its opening."""

    def __init__(self) -> None:
        self.waiting: list[Route] | None = None

    def meet(self, route: Route) -> None:
        if self.waiting is None:
            route.continue_()
        else:
            self.waiting.append(route)

    def shut(self) -> None:
        self.waiting = []

    def open(self) -> None:
        waiting, self.waiting = self.waiting or [], None
        for route in waiting:
            route.continue_()


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_jumps_when_the_scripts_come(open_page: Callable[..., Page], product: Product, width: int) -> None:
    trader = product.newcomer()
    place(product, trader)
    place(product, trader, type="Limit", price="60000")
    page = open_page(width=width)
    page.add_init_script(WATCH_SHIFTS)
    enter(page, trader)
    gate = Gate()
    page.route("**/*.js", gate.meet)
    moved = {}
    for path in PANELS:
        gate.shut()
        page.goto(path, wait_until="commit")
        expect(page.locator("#workspace")).to_be_visible()
        expect(page.locator("#connection")).to_contain_text("connecting")
        gate.open()
        page.wait_for_load_state("load")
        expect(page.locator("#connection")).not_to_contain_text("connecting")
        moved[path] = shifts_of(page)
    assert {path: shifts for path, shifts in moved.items() if sum(shift[0] for shift in shifts) > UNSEEN} == {}


def test_work_goes_on_without_scripts(page: Page, product: Product) -> None:
    trader = product.newcomer()
    enter(page, trader)
    page.route("**/*.js", lambda route: route.abort())
    page.goto("/accounts/")
    page.locator("summary", has_text="Market").click()
    page.locator(".menu-list").get_by_role("link", name="Desk").click()
    page.locator(".watchlist a", has_text="BTCUSDT").click()
    ticket = page.locator("#ticket")
    expect(page.locator("#chart-title")).to_have_text("BTCUSDT")
    ticket.get_by_label("Quantity").fill("0.5")
    ticket.get_by_role("button", name="Buy").click()
    expect(page.get_by_role("main").get_by_role("status").first).to_contain_text("filled")
    expect(page.locator("#positions tbody tr")).to_contain_text("0.500")
    ticket.get_by_label("Quantity").fill("0.0001")
    ticket.get_by_role("button", name="Buy").click()
    expect(page.get_by_role("main").get_by_role("status").first).to_contain_text("must be")
    page.goto("/webhooks")
    page.get_by_label("Key name").fill("without")
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("heading", name="Key created: without")).to_be_visible()
