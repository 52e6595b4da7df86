"""Check: any text in, plain words out. What the message would do, or what is wrong with it, where, and what is right.

It asks the same rules as the webhook, up to the engine's door; nothing is placed, nothing is written down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orders.engine.commands import Place
from orders.intake import catalogue
from orders.strict_json import NotJsonError, decoded, parse
from webhooks.badges import Badge
from webhooks.errors import CATALOGUE, Fault
from webhooks.ordering import NotOrderedError, ordered_here
from webhooks.payloads import Message, MessageRefusedError, read_message
from webhooks.secrecy import redacted
from webhooks.sentences import sentence

EXCERPT: Final = 80  # characters of the line that is shown
BEFORE: Final = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault with its place in the text; line and column count from 1 and are None when no place is meant."""

    fault: Fault
    line: int | None = None
    column: int | None = None
    excerpt: str = ""

    @property
    def rule(self) -> str:
        return CATALOGUE[self.fault.code].text

    def as_json(self) -> dict[str, Any]:
        found = {"code": self.fault.code, "field": self.fault.field, "message": self.fault.message, "rule": self.rule}
        return found | {"status": self.fault.status, "line": self.line, "column": self.column, "excerpt": self.excerpt}


@dataclass(frozen=True, slots=True)
class Report:
    says: str
    action: str = ""
    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.is_good,
            "says": self.says,
            "action": self.action or None,
            "errors": [finding.as_json() for finding in self.findings],
            "warnings": self.warnings,
        }


def check(raw: bytes, badge: Badge, now: datetime) -> Report:
    """Whatever the bytes are, a report."""
    try:
        message = read_message(raw, now)
    except MessageRefusedError as error:
        return faulty(raw, error.faults, error.warnings, error.action)
    try:
        order = ordered_here(badge, message, now)
    except NotOrderedError as error:
        return faulty(raw, error.faults, error.warnings, message.action)
    return Report(said(message, order.command), message.action, [], order.warnings)


def said(message: Message, command: Any) -> str:
    instrument = catalogue().instruments[command.instrument_id] if isinstance(command, Place) else None
    words = sentence(command, instrument, message.account_name)
    return f"Tests only, and does nothing: {words[0].lower()}{words[1:]}" if message.dry_run else words


def faulty(raw: bytes, faults: list[Fault], warnings: list[str], action: str) -> Report:
    text, broken = text_of(raw)
    findings = [finding_of(fault, text, broken) for fault in faults]
    many = "one thing is" if len(findings) == 1 else f"{len(findings)} things are"
    return Report(f"It would be refused: {many} wrong.", action, findings, warnings)


def text_of(raw: bytes) -> tuple[str, NotJsonError | None]:
    """The text as the parser saw it, and where it stopped being JSON."""
    try:
        parse(raw)
    except NotJsonError as error:
        return error.text, error
    return decoded(raw), None


def finding_of(fault: Fault, text: str, broken: NotJsonError | None) -> Finding:
    if broken is not None and broken.code == "not_json":
        return Finding(fault, *place_of(text, broken.position))
    position = position_of(fault.field, text)
    return Finding(fault) if position is None else Finding(fault, *place_of(text, position))


def position_of(name: str, text: str) -> int | None:
    """Where a field stands in the text; of one that is given twice, the second."""
    found = list(re.finditer(rf'"{re.escape(name)}"\s*:', text)) if name else []
    return found[min(1, len(found) - 1)].start() if found else None


def place_of(text: str, position: int) -> tuple[int, int, str]:
    """Line, column, and the piece of the line around it."""
    start = text.rfind("\n", 0, position) + 1
    line, column = text.count("\n", 0, position) + 1, position - start + 1
    whole = text[start:].partition("\n")[0].rstrip("\r")
    cut = max(0, column - BEFORE)
    return line, column, printable(redacted(whole)[cut : cut + EXCERPT])


def printable(letters: Iterable[str]) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in letters)
