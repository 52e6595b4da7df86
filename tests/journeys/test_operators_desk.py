"""The operators' desk in a real browser: readable, and nothing in it that the page's strict policy would refuse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.instance import Product
from tests.journeys.steps import sign_in

PASSWORD = "an-operators-long-pass"
PAGES = (
    "/admin/",
    "/admin/system/",
    "/admin/accounts/tradingaccount/",
    "/admin/accounts/tradingaccount/add/",
    "/admin/accounts/subscription/add/",
    "/admin/accounts/auditentry/",
    "/admin/accounts/user/",
    "/admin/orders/careorder/",
    "/admin/orders/instrument/",
    "/admin/webhooks/webhookkey/",
)


@pytest.fixture
def operator(page: Page, product: Product) -> Page:
    product.seed({"users": [{"username": "desk-reader", "password": PASSWORD, "superuser": True}]})
    sign_in(page, "desk-reader", PASSWORD)
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def test_every_kind_of_page_is_dressed_and_breaks_no_rule(operator: Page) -> None:
    """What the policy refuses is a complaint in the console, which fails every test of this browser."""
    for path in PAGES:
        operator.goto(path)
        expect(operator.get_by_role("link", name="WEBHOOKS TERMINAL")).to_be_visible()
        assert operator.evaluate("getComputedStyle(document.body).fontFamily").startswith("Inter"), path
    operator.get_by_role("link", name="Terminal", exact=True).click()
    expect(operator.locator(".rail")).to_be_visible()
