"""What a person wrote into a form: read field by field, every fault kept under the name of its field.

The names are those of the webhook's messages, and so are the words of the faults.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar

from django.utils import timezone

from orders.engine.values import Guard, Refusal, StopLossType, TakeProfitType
from orders.strict_json import BadNumberError, decimal_of

Word = TypeVar("Word", bound=StrEnum)
SPACES: Final = {ord(letter): None for letter in " \t\u00a0\u202f\u2009"}  # between groups of digits
MINUS: Final = str.maketrans({"\u2212": "-"})


class Written:
    """The fields of one form. What cannot be read is None, and in `faults`."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values: dict[str, str] = {name: str(value)[:200] for name, value in (values or {}).items()}
        self.faults: dict[str, list[str]] = {}

    def fault(self, field: str, text: str) -> None:
        self.faults.setdefault(field, []).append(text)

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        for refusal in refusals:
            self.fault(refusal.field, refusal.text)

    def refuse_outcome(self, outcome: Mapping[str, Any], fields: Iterable[str]) -> None:
        """The engine's refusals; one whose field the form does not show goes to the form as a whole."""
        shown = set(fields)
        for error in outcome.get("errors", []):
            field, message = str(error.get("field") or ""), str(error.get("message", ""))
            self.fault(field if field in shown else "", message)

    def text(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def number(self, name: str) -> Decimal | None:
        text = self.text(name).translate(SPACES).translate(MINUS)
        if not text:
            return None
        try:
            number = decimal_of(text)
        except BadNumberError as error:
            self.fault(name, error.message)
            return None
        if number <= 0:
            self.fault(name, f"must be greater than 0, not {text}")
            return None
        return number

    def word(self, name: str, words: type[Word], usual: Word) -> Word:
        text = self.text(name)
        if not text:
            return usual
        try:
            return words(text)
        except ValueError:
            self.fault(name, f"must be one of {', '.join(words)}")
            return usual

    def moment(self, name: str) -> datetime | None:
        """A time in the reader's zone, as a browser's field for date and time sends it."""
        text = self.text(name)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self.fault(name, "must be a date and time")
            return None
        return timezone.make_aware(found) if found.tzinfo is None else found

    def guard(self, name: str, types: type[StopLossType] | type[TakeProfitType]) -> Guard | None:
        value = self.number(name)
        type_ = self.word(f"{name}Type", types, types("absolute"))
        return None if value is None else Guard(value, type_)

    def comment(self, name: str) -> str:
        return "".join(letter for letter in self.text(name) if unicodedata.category(letter)[0] != "C")
