"""The first thing a visitor meets."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser import sign_in


def test_a_visitor_is_asked_to_sign_in_and_then_sees_the_terminal(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "alice", "alice-demo-pass-1")
    expect(page.get_by_text("DEMO-1").first).to_be_visible()
