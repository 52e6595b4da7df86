"""Code in the stylesheet's few colours, written on the server: names, values, words, marks, and what is filled in."""

from __future__ import annotations

import re
from typing import Final

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

DOUBLE: Final = r'"(?:\\.|[^"\\\n])*"'
SINGLE: Final = r"'(?:\\.|[^'\\\n])*'"
NUMBER: Final = r"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])"
MARKS: Final = r"[{}\[\](),:;=+\\]"


def rules(**patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns.items()))


LANGUAGES: Final = {
    "json": rules(key=DOUBLE + r"(?=\s*:)", string=DOUBLE, number=NUMBER, word=r"\b(?:true|false|null)\b", mark=MARKS),
    "shell": rules(json=r"(?s:'\{.*\}')", string=f"{DOUBLE}|'[^']*'", word=r"\bcurl\b|(?<=\s)-\w\b", mark=r"\\(?=\n)"),
    "python": rules(
        mark_comment=r"#[^\n]*",
        key=DOUBLE + r"(?=\s*:)",
        string=DOUBLE,
        number=NUMBER,
        word=r"\b(?:import|from|if|print|def|for|in)\b",
        mark=MARKS,
    ),
    "javascript": rules(
        mark_comment=r"//[^\n]*",
        key=DOUBLE + r"(?=\s*:)",
        string=DOUBLE,
        number=NUMBER,
        word=r"\b(?:const|await|if|new)\b",
        mark=MARKS,
    ),
    "pine": rules(
        mark_comment=r"//[^\n]*",
        string=f"{SINGLE}|{DOUBLE}",
        number=NUMBER,
        word=r"\b(?:if|indicator|alert|ta|str)\b",
        mark=MARKS,
    ),
}
CLASSES: Final = {"mark_comment": "mark"}
# What a machine fills in, and what was blotted out.
FILLED_IN: Final = re.compile(r"(?P<placeholder>\{\{[^{}]*\}\}|\{(?:apiKey|secretKey)\})|(?P<redacted>(?:ws_)?\*\*\*)")


def highlighted(text: str, language: str) -> SafeString:
    """The text as HTML; with the tags taken out it is the text again."""
    parts, at = [], 0
    for match in LANGUAGES[language].finditer(text):
        parts += [with_placeholders(text[at : match.start()]), token(match)]
        at = match.end()
    return joined([*parts, with_placeholders(text[at:])])


def token(match: re.Match[str]) -> SafeString:
    kind, text = str(match.lastgroup), match.group()
    if kind == "json":  # a JSON body in a shell's quotes
        return joined([wrapped("'", "mark"), highlighted(text[1:-1], "json"), wrapped("'", "mark")])
    return with_placeholders(text, CLASSES.get(kind, kind))


def with_placeholders(text: str, kind: str = "") -> SafeString:
    parts, at = [], 0
    for match in FILLED_IN.finditer(text):
        parts += [wrapped(text[at : match.start()], kind), wrapped(match.group(), str(match.lastgroup))]
        at = match.end()
    return joined([*parts, wrapped(text[at:], kind)])


def wrapped(text: str, kind: str) -> SafeString:
    if not text or not kind:
        return escape(text)
    return format_html('<span class="tok-{}">{}</span>', kind, text)


def joined(parts: list[SafeString]) -> SafeString:
    return mark_safe("".join(parts))  # each part is escaped already
