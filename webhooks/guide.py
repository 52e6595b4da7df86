"""The written guides: their tables are made from shape, catalogue and doors; the terminal shows docs/webhooks.md."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from webhooks.doors import DOORS, KINDS
from webhooks.errors import QUOTE_REASONS
from webhooks.openapi_parts import QUOTE, QUOTE_REQUIRED
from webhooks.reference import FieldLine, status_groups, type_words
from webhooks.shape import Action, fields_of

GUIDE: Final = Path(settings.BASE_DIR) / "docs" / "webhooks.md"
READ_API: Final = GUIDE.with_name("read-api.md")
GUIDES: Final = (GUIDE, READ_API)
MADE: Final = re.compile(r"<!-- made: ([a-z ]+) -->\n.*?<!-- end -->", re.DOTALL)
COMMENT: Final = re.compile(r"^<!--.*?-->\n", re.MULTILINE)
# What the stylesheet knows, and what is wider than a phone scrolls by itself, under a name of its own.
DRESS: Final = {
    "<table>": '<div class="table-pane" tabindex="0" role="region" aria-label="Table {number}"><table class="book">',
    "</table>": "</table></div>",
    "<pre>": '<pre class="code" tabindex="0" role="region" aria-label="Example {number}">',
}


def fields_table(action: Action) -> str:
    lines = ["| field | type | required | meaning |", "|---|---|---|---|"]
    for field in fields_of(action):
        line = FieldLine(field, field.in_action(action))
        need = {"required": "yes", "optional": ""}.get(line.need, line.need.removeprefix("required "))
        words = f" One of: {line.words}." if line.words and field.name != "action" else ""
        lines.append(f"| `{field.name}` | {field.kind.json_type} | {need} | {field.text}{words} |")
    return "\n".join(lines)


def codes_table() -> str:
    lines = []
    for group in status_groups():
        lines += [f"### {group.status}", "", group.words, "", "| code | when |", "|---|---|"]
        lines += [f"| `{code}` | {text} |" for code, text in group.codes] + [""]
    return "\n".join(lines).rstrip()


def doors_table() -> str:
    lines = ["| address | what | after `?` | refusals |", "|---|---|---|---|"]
    for door in DOORS:
        query = ", ".join(f"`{name}`" for name in door.query)
        statuses = ", ".join(map(str, door.statuses))
        lines.append(f"| `{door.method} {door.path}` | {door.summary} | {query} | {statuses} |")
    return "\n".join(lines)


def api_codes_table() -> str:
    told = {code for door in DOORS for code in door.codes}
    lines = ["| code | status | when |", "|---|---|---|"]
    return "\n".join(
        lines + [f"| `{code}` | {kind.status} | {kind.text} |" for code, kind in KINDS.items() if code in told]
    )


def quote_table() -> str:
    lines = ["| field | type | required | meaning |", "|---|---|---|---|"]
    for name, (word, text) in QUOTE.items():
        lines.append(f"| `{name}` | {type_words(word)} | {'yes' if name in QUOTE_REQUIRED else ''} | {text} |")
    return "\n".join(lines)


def reasons_table() -> str:
    lines = ["| code | when |", "|---|---|"]
    return "\n".join(lines + [f"| `{code}` | {text} |" for code, text in QUOTE_REASONS.items()])


PARTS: Final[dict[str, Callable[[], str]]] = {
    "fields of place": lambda: fields_table(Action.PLACE),
    "fields of modify": lambda: fields_table(Action.MODIFY),
    "fields of cancel": lambda: fields_table(Action.CANCEL),
    "codes": codes_table,
    "doors": doors_table,
    "codes of the read api": api_codes_table,
    "fields of a quote": quote_table,
    "reasons of quotes": reasons_table,
}


def with_tables(text: str) -> str:
    """The guide with its tables made anew."""
    return MADE.sub(lambda part: f"<!-- made: {part[1]} -->\n\n{PARTS[part[1]]()}\n\n<!-- end -->", text)


def as_html(text: str, url: str) -> SafeString:
    """For the terminal, with the reader's own address. HTML in the text would be shown, not run."""
    shown = COMMENT.sub("", text).replace("https://terminal.example.com/webhook/{apiKey}/{secretKey}", url)
    html: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(shown)
    for plain, dressed in DRESS.items():
        first, *others = html.split(plain)
        html = first + "".join(dressed.format(number=at) + other for at, other in enumerate(others, start=1))
    return mark_safe(html)
