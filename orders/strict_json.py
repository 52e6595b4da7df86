"""JSON as money needs it: every number keeps its own text, nothing is guessed, nothing is silently dropped.

Numbers come out as `Number`, the text that was sent; `decimal_of` reads it, or a quoted one, as an exact decimal.
A field given twice, NaN, text beside the JSON and bottomless nesting are refused with their place.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

MOST_DIGITS: Final = 18
# The grammar of JSON numbers; quoted ones may have white space around them, nothing else.
NUMBER: Final = re.compile(r"[ \t\r\n]*(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)[ \t\r\n]*")
WHITE_SPACE: Final = " \t\r\n"


class Number(str):
    """A JSON number, as the text that was sent."""

    __slots__ = ()


class NotJsonError(ValueError):
    """Not one JSON value. `line` and `column` (from 1) point to the place; `code` names the rule."""

    def __init__(self, code: str, message: str, text: str = "", position: int = 0, names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code, self.message, self.text, self.position, self.names = code, message, text, position, names
        self.line = text.count("\n", 0, position) + 1
        self.column = position - text.rfind("\n", 0, position)


class BadNumberError(ValueError):
    """Not a decimal of at most 18 significant digits. `code` names the rule."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class DuplicateNamesError(Exception):
    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names


class ConstantError(Exception):
    def __init__(self, word: str) -> None:
        self.word = word


def parse(raw: bytes | str) -> Any:
    """The value of a JSON text in UTF-8, with or without a byte order mark. Raises NotJsonError."""
    text = raw if isinstance(raw, str) else decoded(raw)
    text = text.removeprefix("\ufeff").strip(WHITE_SPACE)
    if not text:
        raise NotJsonError("empty_body", "the body is empty; a JSON object is needed")
    try:
        value, end = DECODER.raw_decode(text)
    except DuplicateNamesError as error:
        names = ", ".join(name[:64] for name in error.names[:5])
        raise NotJsonError("duplicate_field", f"given more than once: {names}", text, 0, error.names) from None
    except ConstantError as error:
        position = constant_position(text, error.word)
        raise NotJsonError("not_json", f"{error.word} is not a JSON number", text, position) from None
    except json.JSONDecodeError as error:
        raise NotJsonError("not_json", error.msg.lower(), text, error.pos) from None
    except RecursionError:
        raise NotJsonError("not_json", "nested too deeply", text) from None
    if end != len(text):
        raise NotJsonError("not_json", "something follows the JSON", text, end)
    return value


def decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJsonError("not_utf8", f"byte {error.start + 1} is not UTF-8") from None


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(name for name, _ in pairs)
        raise DuplicateNamesError(tuple(name for name in found if times[name] > 1))
    return found


def refuse_constant(word: str) -> NoReturn:
    raise ConstantError(word)


def constant_position(text: str, word: str) -> int:
    """Where a bare NaN or Infinity stands: outside of every quoted text."""
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|' + re.escape(word), text):
        if match.group() == word:
            return match.start()
    return 0


DECODER: Final = json.JSONDecoder(
    object_pairs_hook=object_of, parse_float=Number, parse_int=Number, parse_constant=refuse_constant
)


def decimal_of(value: object) -> Decimal:
    """The exact decimal of a Number or a quoted one. Raises BadNumberError."""
    match = NUMBER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadNumberError("not_a_number", "must be a number")
    text = match.group(1)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadNumberError("out_of_range", "must be a number of an ordinary size") from None
    if len(text) > MOST_DIGITS or "e" in text or "E" in text:
        return plain(number)
    return number


def plain(number: Decimal) -> Decimal:
    """The number without trailing zeros after the point and without exponent, when it has at most 18 digits."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # the grammar has no NaN
    significant = "".join(map(str, digits)).lstrip("0")
    shorter = significant.rstrip("0")
    if not shorter:
        return Decimal(0)
    if len(shorter) > MOST_DIGITS:
        raise BadNumberError(
            "too_many_digits", f"has {len(shorter)} significant digits, at most {MOST_DIGITS} are read"
        )
    exponent += len(significant) - len(shorter)
    if exponent < -MOST_DIGITS or exponent + len(shorter) > MOST_DIGITS:
        raise BadNumberError("out_of_range", "must be a number of an ordinary size")
    return Decimal(f"{Decimal((sign, tuple(map(int, shorter)), exponent)):f}")
