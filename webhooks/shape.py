"""The one place that knows the fields of the three messages.

The parser, the JSON Schema, the OpenAPI document, the snippets and the tables of the docs all read this list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from orders.engine.values import OrderType, Side, StopLossType, StrikeType, SymbolType, TakeProfitType, Validity


class Action(StrEnum):
    PLACE = "place"
    MODIFY = "modify"
    CANCEL = "cancel"


class Kind(Enum):
    """How a value is read."""

    WORD = "word"  # one of an enumeration, read without regard to case, spaces, _ and -
    NAME = "name"  # names something: no control, invisible or direction-changing characters
    TOKEN = "token"  # the sender's own id: printable ASCII
    TEXT = "text"  # free words; what cannot be stored is replaced
    NUMBER = "number"  # greater than zero
    TICKS = "ticks"  # a whole number, greater than zero
    INTEGER = "integer"
    FLAG = "flag"

    @property
    def json_type(self) -> str:
        return JSON_TYPES.get(self, "string")


JSON_TYPES: Final = {
    Kind.NUMBER: "number",
    Kind.TICKS: "number",
    Kind.INTEGER: "integer",
    Kind.FLAG: "boolean",
}

REQUIRED: Final = "required"
OPTIONAL: Final = "optional"
UNLESS_NAMED: Final = "required unless clientOrderId is given"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the messages. `place`, `modify` and `cancel` say whether each has it: "required", "optional",
    the condition under which it is required, or empty for not at all."""

    name: str
    kind: Kind
    text: str
    place: str = ""
    modify: str = ""
    cancel: str = ""
    words: type[StrEnum] | None = None
    max_length: int = 64
    null_removes: bool = False  # in a modification null is a value: it takes away what the order has

    def in_action(self, action: str) -> str:
        return {"place": self.place, "modify": self.modify, "cancel": self.cancel}[action]


LIMITED: Final = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
STOPPED: Final = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
# Types that wait for the market or a dealer; "at once or never" contradicts them.
WAITING: Final = STOPPED | {OrderType.TRAILING_STOP, OrderType.CARE}
PRICE_MEANS_NOTHING: Final = frozenset({OrderType.MARKET, OrderType.STOP, OrderType.TRAILING_STOP})
DATED: Final = frozenset({SymbolType.FUTURES, SymbolType.FUTURES_CFD, SymbolType.OPTIONS})
IMMEDIATE: Final = frozenset({Validity.IOC, Validity.FOK})
# Fields that are an error, not ignored, wherever they are not required.
NOWHERE_ELSE: Final = frozenset({"stopPrice", "trStopOffset", "expireDate"})

FIELDS: Final = (
    Field("action", Kind.WORD, "What to do.", REQUIRED, REQUIRED, REQUIRED, Action),
    Field("accountName", Kind.NAME, "Name of one of the key owner's accounts.", REQUIRED, REQUIRED, REQUIRED),
    Field("orderId", Kind.INTEGER, "The order, by the id that its placing answered.", "", UNLESS_NAMED, UNLESS_NAMED),
    Field(
        "clientOrderId",
        Kind.TOKEN,
        (
            "The sender's own name for the order, unique among the account's open orders; modify and cancel "
            "take it instead of orderId."
        ),
        OPTIONAL,
        OPTIONAL,
        OPTIONAL,
    ),
    Field(
        "symbol",
        Kind.NAME,
        ("The instrument. Case, an exchange prefix (`BINANCE:`), a final `.P` and a missing `/` are forgiven."),
        REQUIRED,
    ),
    Field("symbolType", Kind.WORD, "The instrument's type, where several share a symbol.", OPTIONAL, words=SymbolType),
    Field(
        "contractMonth",
        Kind.NAME,
        "Final delivery date `YYYY-MM-DD` or `YYYYMMDD`, or its month `YYYY-MM` or `YYYYMM`.",
        "required for FUTURES, FUTURES_CFD, OPTIONS",
        max_length=10,
    ),
    Field("strikePrice", Kind.NUMBER, "Strike price of the option.", "required for OPTIONS"),
    Field("strikeType", Kind.WORD, "Put or Call.", "required for OPTIONS", words=StrikeType),
    Field("isin", Kind.NAME, "The instrument's ISIN; it must be the instrument's.", OPTIONAL, max_length=12),
    Field("type", Kind.WORD, "Order type.", REQUIRED, words=OrderType),
    Field("side", Kind.WORD, "buy or sell.", REQUIRED, words=Side),
    Field(
        "qty",
        Kind.NUMBER,
        "Quantity in lots, on the lot step. In a modification the new total, never below what is filled.",
        "required unless cashOrderQty is given",
        OPTIONAL,
    ),
    Field(
        "cashOrderQty", Kind.NUMBER, "Sizes the order by an amount in account currency; qty is then ignored.", OPTIONAL
    ),
    Field(
        "price",
        Kind.NUMBER,
        ("Limit price, on the tick. Optional limit of a Care order; ignored for Market, Stop and Trailing stop."),
        "required for Limit, Stop limit",
        OPTIONAL,
    ),
    Field(
        "stopPrice",
        Kind.NUMBER,
        "Price that triggers a Stop or Stop limit order, on the tick; an error elsewhere.",
        "required for Stop, Stop limit",
        OPTIONAL,
    ),
    Field(
        "trStopOffset",
        Kind.TICKS,
        "Distance of a Trailing stop from the market in ticks; an error elsewhere.",
        "required for Trailing stop",
        OPTIONAL,
    ),
    Field("validity", Kind.WORD, "How long the order works. Absent is DAY.", OPTIONAL, OPTIONAL, words=Validity),
    Field(
        "expireDate",
        Kind.INTEGER,
        ("End of a GTD order in milliseconds since the epoch, in the future; an error with any other validity."),
        "required for GTD",
        OPTIONAL,
    ),
    Field(
        "stopLoss",
        Kind.NUMBER,
        (
            "Stop loss that guards what the order fills; stopLossType says in which measure. In a "
            "modification null removes it."
        ),
        OPTIONAL,
        OPTIONAL,
        null_removes=True,
    ),
    Field(
        "stopLossType",
        Kind.WORD,
        "Measure of stopLoss. Absent is absolute, a price.",
        OPTIONAL,
        OPTIONAL,
        words=StopLossType,
    ),
    Field(
        "takeProfit",
        Kind.NUMBER,
        (
            "Take profit for what the order fills; takeProfitType says in which measure. In a modification "
            "null removes it."
        ),
        OPTIONAL,
        OPTIONAL,
        null_removes=True,
    ),
    Field(
        "takeProfitType",
        Kind.WORD,
        "Measure of takeProfit. Absent is absolute, a price.",
        OPTIONAL,
        OPTIONAL,
        words=TakeProfitType,
    ),
    Field(
        "userComment",
        Kind.TEXT,
        "Words for the dealer of a Care order; ignored for other types.",
        OPTIONAL,
        OPTIONAL,
        max_length=255,
    ),
    Field(
        "requestId",
        Kind.TOKEN,
        ("Makes the message safe to repeat: the same id and body within 24 hours gets the first answer again."),
        OPTIONAL,
        OPTIONAL,
        OPTIONAL,
    ),
    Field(
        "dryRun",
        Kind.FLAG,
        "true: checks and prices the message and tells what would happen; nothing is done.",
        OPTIONAL,
        OPTIONAL,
        OPTIONAL,
    ),
)
FIELD: Final = {field.name: field for field in FIELDS}

SEPARATORS: Final = re.compile(r"[\s_.\-]+")


def squeezed(text: str) -> str:
    """A word without case and separators: "Stop_Limit", "STOP LIMIT" and "stoplimit" are one. `%` may be spelled."""
    return SEPARATORS.sub("", text).lower().replace("percent", "%") if text.isascii() else text


FIELD_OF_SPELLING: Final = {squeezed(field.name): field for field in FIELDS}


def fields_of(action: Action) -> Iterator[Field]:
    return (field for field in FIELDS if field.in_action(action))


def words_of(words: type[StrEnum]) -> dict[str, StrEnum]:
    """The members of an enumeration by their own spelling, and by the squeezed one."""
    return {squeezed(word.value): word for word in words} | {word.value: word for word in words}


WORDS: Final = {field.words: words_of(field.words) for field in FIELDS if field.words is not None}
