"""The reference page: what may be sent and what comes back, read from the lists that the webhook itself reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from orders.engine.values import OrderType
from webhooks.errors import CATALOGUE
from webhooks.highlighting import highlighted, with_placeholders
from webhooks.shape import REQUIRED, Action, Field, fields_of
from webhooks.snippets import Choices, written

STATUS_WORDS: Final = {
    400: "The message cannot be read, or contradicts itself.",
    401: "One answer for every pair of keys that does not open.",
    403: "Good keys, but not for this.",
    404: "No such account, symbol or order for this user.",
    405: "Not a POST.",
    408: "The body came too slowly.",
    409: "Said before with other words, or the order is final already.",
    413: "Too large.",
    422: "The account, the market or the clock say no.",
    429: "Too many; `Retry-After` says when again.",
    503: "Nothing was accepted and nothing will be executed: safe to send again.",
}
ANSWERS: Final = {
    "filled": "200, carried out",
    "pending": "200, durably accepted, not decided yet",
    "refused": "400, refused",
    "margin": "422, refused by the engine",
}


@dataclass(frozen=True, slots=True)
class FieldLine:
    field: Field
    need: str

    @property
    def is_required(self) -> bool:
        return self.need == REQUIRED

    @property
    def condition(self) -> str:
        """ "required for Limit, Stop limit"; empty when it is always or never required."""
        return self.need if self.need.startswith(f"{REQUIRED} ") else ""

    @property
    def words(self) -> str:
        return ", ".join(word.value for word in self.field.words) if self.field.words else ""


@dataclass(frozen=True, slots=True)
class Lesson:
    action: Action
    fields: list[FieldLine]
    example: SafeString


@dataclass(frozen=True, slots=True)
class StatusGroup:
    status: int
    words: str
    codes: list[tuple[str, str]]


def reference_context(url: str) -> dict[str, Any]:
    return {
        "url": url,
        "url_html": with_placeholders(url),
        "lessons": [lesson(action, url) for action in Action],
        "answers": [(name, words, answer_example(name)) for name, words in ANSWERS.items()],
        "statuses": list(status_groups()),
    }


def lesson(action: Action, url: str) -> Lesson:
    lines = [FieldLine(field, field.in_action(action)) for field in fields_of(action)]
    type_ = OrderType.MARKET if action is Action.PLACE else OrderType.LIMIT
    text = written(Choices(action=action.value, type=type_, bracket=False, format="curl"), None, None, url)
    return Lesson(action, lines, highlighted(text, "shell"))


def answer_example(name: str) -> SafeString:
    return highlighted(render_to_string(f"webhooks/answers/{name}.json").strip(), "json")


def status_groups() -> Iterator[StatusGroup]:
    for status in sorted({kind.status for kind in CATALOGUE.values()}):
        codes = [(code, kind.text) for code, kind in CATALOGUE.items() if kind.status == status]
        yield StatusGroup(status, STATUS_WORDS.get(status, ""), codes)
