"""The reference page: what may be sent and what comes back, read from the lists that the webhook itself reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from orders.engine.values import OrderType
from webhooks.doors import DOORS, PARAMETERS, Door
from webhooks.errors import API_KINDS, CATALOGUE, QUOTE_REASONS
from webhooks.highlighting import highlighted, with_placeholders
from webhooks.message_examples import CHECK_TEXT, QUOTE_EXAMPLES
from webhooks.openapi_parts import QUOTE, QUOTE_REQUIRED, THINGS
from webhooks.shape import REQUIRED, Action, Field, fields_of
from webhooks.snippets import Choices, written

STATUS_WORDS: Final = {
    400: "The message cannot be read, or contradicts itself.",
    401: "One answer for every pair of keys that does not open.",
    403: "Good keys, but not for this.",
    404: "No such account, symbol or order for this user.",
    405: "Not the method that the address takes.",
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


WORDS_OF_TYPE: Final = {
    "decimal": "decimal in a text",
    "moment": "time, ISO 8601",
    "day": "date, ISO 8601",
    "flag": "true or false",
    "positive": "number above zero, also in quotes",
    "size": "number, not negative, also in quotes",
    "time": "text or integer",
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


@dataclass(frozen=True, slots=True)
class DoorLesson:
    """A door beside the webhook, and what stands in `d` of its answer."""

    door: Door
    fields: list[tuple[str, str]]
    parameters: list[tuple[str, str]]


def reference_context(url: str) -> dict[str, Any]:
    base = url.partition("/webhook/")[0]
    return {
        "base": base,
        "doors": [door_lesson(door) for door in DOORS],
        "feed_fields": [(name, type_words(word), name in QUOTE_REQUIRED, text) for name, (word, text) in QUOTE.items()],
        "api_codes": API_KINDS.items(),
        "quote_reasons": QUOTE_REASONS.items(),
        "read_example": highlighted(f"curl -u '{{apiKey}}:{{secretKey}}' '{base}/api/v1/accounts'", "shell"),
        "check_example": highlighted(check_command(base), "shell"),
        "quote_example": highlighted(quote_command(base), "shell"),
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


def door_lesson(door: Door) -> DoorLesson:
    pairs = [pair.split() for pair in THINGS[door.thing].split(", ")]
    fields = [(name, type_words(word)) for name, word in pairs]
    return DoorLesson(door, fields, [(name, PARAMETERS[name]) for name in door.query])


def type_words(word: str) -> str:
    """ "decimal?" is a decimal in a text, or null."""
    return WORDS_OF_TYPE.get(word.rstrip("?"), word.rstrip("?")) + (", or null" if word.endswith("?") else "")


def check_command(base: str) -> str:
    return f"curl -u '{{apiKey}}:{{secretKey}}' '{base}/api/v1/check' \\\n  -d '{json.dumps(CHECK_TEXT)}'"


def quote_command(base: str) -> str:
    token = "Authorization: Bearer $QUOTE_FEED_TOKEN"
    return f"curl -H \"{token}\" '{base}/api/v1/quotes' \\\n  -d '{json.dumps(QUOTE_EXAMPLES['one'])}'"


def status_groups() -> Iterator[StatusGroup]:
    for status in sorted({kind.status for kind in CATALOGUE.values()}):
        codes = [(code, kind.text) for code, kind in CATALOGUE.items() if kind.status == status]
        yield StatusGroup(status, STATUS_WORDS.get(status, ""), codes)
