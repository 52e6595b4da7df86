"""A message while it is being read: what was given, what could be read, what is wrong with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from webhooks import fields
from webhooks.errors import Fault
from webhooks.shape import FIELD, Action


class Draft:
    """`given` are the fields as sent; null and empty ones are `removed` when null means something, else absent."""

    __slots__ = ("action", "doubtful", "faults", "given", "now", "removed", "suspect", "values", "warnings")

    def __init__(self, sent: dict[str, Any], now: datetime) -> None:
        self.now = now
        self.action: Action | None = None
        self.given = {name: value for name, value in sent.items() if name not in FIELD or not fields.is_absent(value)}
        self.removed = {name for name, value in sent.items() if value is None and name in FIELD}
        self.values: dict[str, Any] = {}
        self.faults: list[Fault] = []
        self.doubtful: list[Fault] = []
        self.suspect: set[str] = set()  # fields that were meant but misspelled or malformed: not missing
        self.warnings: list[str] = []

    def fault(self, code: str, message: str, name: str = "") -> None:
        self.faults.append(Fault(code, message, name))
        self.suspect.add(name)

    def read(self, name: str) -> Any:
        """The field's value, None when it is absent or malformed."""
        if name not in self.given:
            return None
        try:
            value = fields.read(FIELD[name], self.given[name])
        except fields.UnreadableError as error:
            self.fault(error.code, error.message, name)
            return None
        self.values[name] = value
        return value

    def ignore(self, name: str, why: str) -> None:
        """Leaves a given field unread, with a warning."""
        if name in self.given:
            self.warnings.append(f"{name}: ignored, {why}")

    def refuse(self, name: str, code: str, message: str) -> None:
        """The field may not be given here."""
        if name in self.given:
            self.fault(code, message, name)

    def require(self, *names: str, why: str = "") -> None:
        for name in names:
            if name not in self.given and name not in self.suspect:
                self.fault("required", f"is required{why}", name)
