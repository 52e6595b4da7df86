"""The catalogue of refusals: complete, worded, and true to the classes of status that senders rely on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from orders.engine.refusals import KINDS
from webhooks.answers import Asked, of_outcome, refused
from webhooks.errors import CATALOGUE, Fault

SOURCES = Path(__file__).resolve().parent.parent.parent
STATUSES = {400, 401, 403, 404, 405, 408, 409, 413, 422, 429, 503}


# What makes refusals in each room; the terminal's own forms have faults of another kind.
MAKERS = {
    "webhooks": {"Fault", "UnreadableError", "fault"},
    "orders": {"Refusal", "NotJsonError", "BadNumberError", "refusal"},
}


def codes_in(room: str) -> Iterator[str]:
    """The codes that a room's files give their faults, refusals and unreadable values."""
    for path in (SOURCES / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                first = node.args[0]
                if name in MAKERS[room] and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def test_every_code_is_listed() -> None:
    used = {code for room in MAKERS for code in codes_in(room)}
    assert {"required", "invalid_key", "symbol_unknown", "margin", "not_json"} <= used
    assert used - set(CATALOGUE) == set()
    assert set(KINDS) - set(CATALOGUE) == set()


def test_every_code_has_a_status_and_a_text() -> None:
    for code, kind in CATALOGUE.items():
        assert kind.status in STATUSES, code
        assert kind.text.endswith((".", "?")), code
        assert len(code) <= 40  # a column of the delivery log


def test_nothing_that_was_accepted_is_answered_5xx() -> None:
    asked = Asked(5, "", None, ())
    for code in [*KINDS, "internal", "some code of tomorrow"]:
        outcome = {"ok": False, "errors": [{"code": code, "field": "", "message": "no"}]}
        assert 400 <= of_outcome(asked, outcome).status < 500


def test_one_line_says_it_all() -> None:
    faults = [Fault("required", f"is required {number}", f"f{number}") for number in range(5)]
    body = refused(faults).body
    assert body["errmsg"] == "f0: is required 0; f1: is required 1; f2: is required 2 and 2 more"
    assert [error["field"] for error in body["errors"]] == ["f0", "f1", "f2", "f3", "f4"]
