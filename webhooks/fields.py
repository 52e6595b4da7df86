"""Reads the value of one field by its declared kind."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from stdnum import isin

from orders.strict_json import WHITE_SPACE, BadNumberError, Number, decimal_of
from webhooks import hints
from webhooks.hints import shown
from webhooks.keys import SECRET_KEY
from webhooks.secrecy import redacted
from webhooks.shape import WORDS, Field, Kind, squeezed

MOST_WORDS_LISTED: Final = 12
LARGEST_INTEGER: Final = 2**63 - 1


class UnreadableError(ValueError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def is_absent(value: object) -> bool:
    """null and empty text: templates leave fields empty."""
    return value is None or (type(value) is str and not value.strip(WHITE_SPACE))


def read(field: Field, value: Any) -> Any:
    """The value as the engine takes it. Raises UnreadableError."""
    return READERS[field.kind](field, value)


def text_of(value: Any) -> str:
    """The text, without white space around it."""
    if type(value) is not str:
        raise UnreadableError("not_a_text", f"must be a text in quotes, not {shown(json_word(value))}")
    return value.strip(WHITE_SPACE)


def json_word(value: object) -> str:
    """How a value that is no text looks in JSON."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return str(value)


def read_name(field: Field, value: Any) -> str:
    text = text_of(value)
    refuse_placeholder(text)
    if (
        not text.isascii() and any(unicodedata.category(letter)[0] == "C" for letter in text)
    ) or not text.isprintable():
        raise UnreadableError("unsafe_text", "has control or invisible characters")
    if SECRET_KEY.search(text):
        raise UnreadableError("unsafe_text", "holds a secret key; leave secrets out of messages")
    return within(field, text)


def is_unseen(letter: str) -> bool:
    """Control characters, direction overrides, zero-width joiners, lone surrogates: Unicode's category C."""
    return unicodedata.category(letter)[0] == "C"


def read_token(field: Field, value: Any) -> str:
    text = read_name(field, value)
    if not text.isascii():
        raise UnreadableError("unsafe_text", "must be plain ASCII: letters, digits, signs")
    return text


def read_text(field: Field, value: Any) -> str:
    text = redacted(within(field, text_of(value)))
    return text if text.isprintable() else "".join(map(storable, text))


def storable(letter: str) -> str:
    """Control characters and lone surrogates cannot be stored or would garble a log line."""
    if letter in "\t\r\n":
        return " "
    return "\ufffd" if unicodedata.category(letter) in ("Cc", "Cs") else letter


def within(field: Field, text: str) -> str:
    if len(text) > field.max_length:
        raise UnreadableError("too_long", f"has {len(text)} characters; at most {field.max_length} are allowed")
    return text


def read_word(field: Field, value: Any) -> StrEnum:
    text = text_of(value)
    assert field.words is not None
    words = WORDS[field.words]
    word = words.get(text) or words.get(squeezed(text))
    if word is None:
        raise unknown_word(field, text)
    return word


def unknown_word(field: Field, text: str) -> UnreadableError:
    if hints.PLACEHOLDER.search(text):
        return UnreadableError("placeholder", f"the placeholder {shown(text)} was not replaced")
    assert field.words is not None
    choices = [word.value for word in field.words]
    hint = hints.of_action(text) if field.name == "action" else hints.of_word(field.name, text, choices)
    message = f"{shown(text)} is none of {', '.join(choices[:MOST_WORDS_LISTED])}"
    return UnreadableError("unknown_word", f"{message}; {hint}" if hint else message)


def read_decimal(value: Any) -> Decimal:
    try:
        return decimal_of(value)
    except BadNumberError as error:
        hint = hints.of_number(value) if error.code == "not_a_number" else ""
        if hint:
            code = "placeholder" if hints.PLACEHOLDER.search(value) else error.code
            raise UnreadableError(code, hint) from None
        tail = f", not {shown(json_word(value))}" if error.code == "not_a_number" else ""
        raise UnreadableError(error.code, error.message + tail) from None


def read_number(_: Field, value: Any) -> Decimal:
    number = read_decimal(value)
    if number <= 0:
        raise UnreadableError("not_positive", f"must be greater than 0, not {shown(value.strip(WHITE_SPACE))}")
    return number


def read_ticks(field: Field, value: Any) -> Decimal:
    return whole_ticks(read_number(field, value))


def whole_ticks(number: Decimal) -> Decimal:
    if number != int(number):
        raise UnreadableError("ticks_whole", f"must be a whole number of ticks, not {number:f}")
    return number


def read_integer(_: Field, value: Any) -> int:
    number = read_decimal(value)
    if number != int(number):
        raise UnreadableError("not_an_integer", f"must be a whole number, not {number:f}")
    if number <= 0:
        raise UnreadableError("not_positive", f"must be greater than 0, not {number:f}")
    if number > LARGEST_INTEGER:
        raise UnreadableError("out_of_range", "must be a number of an ordinary size")
    return int(number)


def read_flag(_: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) and not isinstance(value, Number) else ""
    if word not in ("true", "false"):
        raise UnreadableError("not_a_flag", f"must be true or false, not {shown(json_word(value))}")
    return word == "true"


def read_contract_month(value: Any) -> str:
    """A date or month as text; its digits may stand without quotes."""
    return str(value) if isinstance(value, Number) else text_of(value)


def read_needed_month(value: Any) -> str:
    """The same where it cannot turn out that the instrument has none."""
    text = read_contract_month(value)
    refuse_placeholder(text)
    return text


def refuse_placeholder(text: str) -> None:
    if hints.PLACEHOLDER.search(text):
        raise UnreadableError("placeholder", f"the placeholder {shown(text)} was not replaced")


def check_isin(text: str) -> str:
    try:
        number: str = isin.validate(text)
    except isin.ValidationError as error:
        raise UnreadableError("isin_invalid", f"{shown(text)} is no ISIN: {str(error).lower().rstrip('.')}") from None
    return number


READERS: Final[dict[Kind, Callable[[Field, Any], Any]]] = {
    Kind.WORD: read_word,
    Kind.NAME: read_name,
    Kind.TOKEN: read_token,
    Kind.TEXT: read_text,
    Kind.NUMBER: read_number,
    Kind.TICKS: read_ticks,
    Kind.INTEGER: read_integer,
    Kind.FLAG: read_flag,
}
