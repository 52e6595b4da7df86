"""What a sender most likely did wrong, in words that lead to the right thing."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

from orders.engine.values import OrderType
from orders.strict_json import NotJsonError
from webhooks.secrecy import redacted
from webhooks.shape import FIELD, WORDS, Action, squeezed

CURLY_QUOTES: Final = re.compile("[\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb]")
PLACEHOLDER: Final = re.compile(r"\{\{[^{}]{0,64}\}\}")
TRAILING_COMMA: Final = re.compile(r",\s*[}\]]")
VALUE_OF: Final = re.compile(r'"([^"\\]{1,64})"\s*:\s*\{?[^\s"{}\[\],]*$')
# What templates print where they have no value.
NO_VALUE: Final = frozenset({"na", "nan", "n/a", "none", "null", "undefined", "infinity", "-infinity", "inf"})
SIDES: Final = {"buy": "buy", "long": "buy", "sell": "sell", "short": "sell"}
# What other platforms call our fields.
OTHER_NAMES: Final = {
    "account": "accountName",
    "accountid": "accountName",
    "ticker": "symbol",
    "instrument": "symbol",
    "quantity": "qty",
    "amount": "qty",
    "size": "qty",
    "contracts": "qty",
    "volume": "qty",
    "ordertype": "type",
    "limitprice": "price",
    "sl": "stopLoss",
    "tp": "takeProfit",
    "tif": "validity",
    "timeinforce": "validity",
    "duration": "validity",
    "comment": "userComment",
    "id": "orderId",
    "idempotencykey": "requestId",
}


def shown(text: object, most: int = 40) -> str:
    """A piece of what was sent, fit for one line: no control or invisible characters, not long."""
    words = redacted(str(text))
    short = words[:most] + ("..." if len(words) > most else "")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in short)


def of_broken_json(error: NotJsonError) -> str:
    """Where the text stops being JSON, and the likely cause."""
    if error.code == "not_utf8":
        return f"{error.message}; send the text as UTF-8"
    if error.code != "not_json":
        return error.message
    return f"not JSON at line {error.line}, column {error.column}: {cause(error)}"


def field_before(error: NotJsonError) -> str:
    """The field whose value is no JSON; empty when the place is not a value."""
    match = VALUE_OF.search(error.text[: error.position])
    return match.group(1) if match else ""


def cause(error: NotJsonError) -> str:
    text, rest = error.text, error.text[error.position :]
    if CURLY_QUOTES.search(text):
        return 'typographic quotes; use straight ones (")'
    if found := PLACEHOLDER.search(text):
        return f"the placeholder {shown(found.group())} was not replaced"
    if match := re.match(r"-?(?:NaN|Infinity)|na\b|none\b|undefined\b", rest, re.IGNORECASE):
        return f"{match.group()} is no number; the sender's template had no value here"
    if not text.startswith("{") and "{" in text:
        return "text before the JSON; the message must be the JSON object alone"
    if not text.startswith("{"):
        return 'the message must be a JSON object in braces, such as {"action": "place", ...}'
    return cause_inside(error, text, rest)


def cause_inside(error: NotJsonError, text: str, rest: str) -> str:
    if error.message == "something follows the JSON":
        return "text after the JSON; the message must be the JSON object alone"
    if error.message == "nested too deeply":
        return error.message
    if rest.startswith("'") or (not rest and text.count("'") > text.count('"')):
        return 'single quotes; use double ones (")'
    if not rest:
        return "the message ends too early; a closing brace or quote is missing"
    if TRAILING_COMMA.match(text, max(text.rfind(",", 0, error.position + 1), 0)):
        return "a comma before the closing brace"
    if rest[0] in "\r\n\t":
        return "a line break inside a quoted text"
    return f"{error.message} (here: {shown(rest, 20)})"


def of_number(value: object) -> str:
    """Why a value may not be a number; empty when nothing is known."""
    text = value.strip() if isinstance(value, str) else ""
    if PLACEHOLDER.search(text):
        return f"the placeholder {shown(text)} was not replaced"
    if text.lower() in NO_VALUE:
        return f"{shown(text)} is no number; the sender's template had no value here"
    if re.fullmatch(r"[+-]?[0-9][0-9 _',]*(\.[0-9]+)?", text) and not re.fullmatch(r"-?0[0-9.]+", text):
        return f"must be a plain number such as 1234.5, without grouping or +; not {shown(text)}"
    return ""


def of_action(value: str) -> str:
    """What an unknown action may have meant."""
    word = squeezed(value)
    if word in SIDES:
        return f"did you mean action place with side {SIDES[word]}?"
    if word in WORDS[OrderType]:
        return f"did you mean action place with type {WORDS[OrderType][word]}?"
    if word in ("close", "flat", "exit"):
        return "to close a position, place an order of the opposite side"
    return did_you_mean(word, [*Action])


def of_word(name: str, value: str, choices: list[str]) -> str:
    word = squeezed(value)
    if name == "side" and word in SIDES:
        return f"did you mean {SIDES[word]}?"
    return did_you_mean(word, choices)


def of_name(name: str) -> str:
    """The field that an unknown one may have meant."""
    word = squeezed(name)
    return f"did you mean {OTHER_NAMES[word]}?" if word in OTHER_NAMES else did_you_mean(name, list(FIELD))


def did_you_mean(word: str, choices: list[str]) -> str:
    close = get_close_matches(word[:64], choices, n=1, cutoff=0.75)
    return f"did you mean {close[0]}?" if close else ""
