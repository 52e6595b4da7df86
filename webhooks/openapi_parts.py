"""The pieces of the OpenAPI document: what comes back from the webhook and from the books."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from orders.engine.values import OrderType, Side, State, StrikeType, SymbolType, Validity
from webhooks.doors import KINDS
from webhooks.errors import CATALOGUE, Fault, error_body
from webhooks.shape import Action

Schema = dict[str, Any]

QUOTED_NUMBER: Final = r"^[0-9]+(\.[0-9]+)?$"
# What stands for a schema in the tables below; "?" after it: or null.
WORDS: Final[dict[str, Schema]] = {
    "text": {"type": "string"},
    "decimal": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["64250.5"]},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "flag": {"type": "boolean"},
    "moment": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "positive": {"type": ["number", "string"], "exclusiveMinimum": 0, "pattern": QUOTED_NUMBER},
    "size": {"type": ["number", "string"], "minimum": 0, "pattern": QUOTED_NUMBER},
    "time": {"type": ["string", "integer"]},
    "object": {"type": "object"},
    "list": {"type": "array", "items": {}},
    "type": {"type": "string", "enum": [word.value for word in OrderType]},
    "side": {"type": "string", "enum": [word.value for word in Side]},
    "state": {"type": "string", "enum": [word.value for word in State]},
    "validity": {"type": "string", "enum": [word.value for word in Validity]},
    "symbolType": {"type": "string", "enum": [word.value for word in SymbolType]},
    "strikeType": {"type": "string", "enum": [word.value for word in StrikeType]},
    "action": {"type": "string", "enum": [word.value for word in Action]},
}
INSTRUMENT_NAME: Final = (
    "symbol text, symbolType symbolType, contractMonth day?, strikePrice decimal?, strikeType strikeType?"
)
ORDER: Final = (
    f"orderId integer, clientOrderId text?, accountName text, {INSTRUMENT_NAME}, type type, side side, qty decimal, "
    "filledQty decimal, avgPrice decimal?, price decimal?, stopPrice decimal?, trStopOffset decimal?, "
    "validity validity, expireDate integer?, stopLoss decimal?, stopLossType text?, takeProfit decimal?, "
    "takeProfitType text?, state state, reason text?, userComment text?, parentId integer?, createdAt moment, "
    "updatedAt moment"
)
# Each thing of the books: its fields as "name word", all of them always there.
THINGS: Final = {
    "Account": (
        "name text, currency text, status text, halted flag, balance decimal, projectedBalance decimal?, "
        "available decimal?, usedMargin decimal?, blockedMargin decimal?, openPl decimal?, risk object"
    ),
    "Order": ORDER,
    "OrderWithEvents": f"{ORDER}, events list",
    "Position": (
        f"{INSTRUMENT_NAME}, qty decimal, avgPrice decimal, fee decimal, currentPrice decimal?, grossPl decimal?, "
        "netPl decimal?, usedMargin decimal?, openedAt moment"
    ),
    "Fill": (
        f"tradeId integer, orderId integer, {INSTRUMENT_NAME}, side side, qty decimal, price decimal, fee decimal, "
        "grossPl decimal, bid decimal?, ask decimal?, at moment"
    ),
    "LedgerEntry": (
        "entryId integer, kind text, amount decimal, balance decimal, orderId integer?, note text?, at moment"
    ),
    "Instrument": (
        f"{INSTRUMENT_NAME}, description text, exchange text, isin text?, currency text, baseCurrency text?, "
        "underlier text?, aliases list, lotSize decimal, tickSize decimal, tickRanges list, minLot decimal, "
        "maxLot decimal, lotStep decimal, marginRate decimal, shortAllowed flag, lowPriceLimit decimal?, "
        "highPriceLimit decimal?, calendar text, status text, lastTradingDay day?, bid decimal?, ask decimal?, "
        "quoteTime moment?"
    ),
    "Request": (
        "id text, receivedAt moment, key text?, source text?, method text, action action?, accountName text?, "
        "summary text, dryRun flag, http integer, code text?, orderId integer?, state text?, tookMs number?, "
        "body text, answer object?"
    ),
    "Report": "ok flag, says text, action action?, errors list, warnings list",
    "Finding": (
        "code text, field text, message text, rule text, status integer, line integer?, column integer?, excerpt text"
    ),
    "Taken": "accepted integer, refused list",
    "NotTaken": "index integer, code text, reason text",
}
# What stands in these lists.
LISTS: Final = {"Report": ("errors", "Finding"), "Taken": ("refused", "NotTaken")}
# What a feed sends; symbol, bid and ask always.
QUOTE: Final = {
    "symbol": ("text", "Found as in a message."),
    "symbolType": ("symbolType", "Where several instruments share the symbol; so the three below."),
    "contractMonth": ("text", "Final delivery date or its month."),
    "strikePrice": ("positive", "Strike price of the option."),
    "strikeType": ("strikeType", "Put or Call."),
    "bid": ("positive", "Not above the ask; at most 10 decimal places, as all prices here."),
    "ask": ("positive", "Not below the bid."),
    "bidSize": ("size", "Lots; absent is without bound."),
    "askSize": ("size", "Lots; absent is without bound."),
    "last": ("positive", "Price of the last trade."),
    "time": ("time", "ISO 8601 with a zone, or milliseconds since the epoch; absent is now."),
}
QUOTE_REQUIRED: Final = ("symbol", "bid", "ask")


def schema_of(word: str) -> Schema:
    if not word.endswith("?"):
        return dict(WORDS[word])
    schema = dict(WORDS[word[:-1]])
    schema["type"] = [schema["type"], "null"]
    return schema | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def thing(fields: str) -> Schema:
    named = [pair.split() for pair in fields.split(", ")]
    properties = {name: schema_of(word) for name, word in named}
    return {"type": "object", "properties": properties, "required": list(properties)}


def things() -> dict[str, Schema]:
    found = {name: thing(fields) for name, fields in THINGS.items()}
    for name, (member, one) in LISTS.items():
        found[name]["properties"][member] = {"type": "array", "items": ref(one)}
    return found


def quote_schema() -> Schema:
    properties = {name: schema_of(word) | {"description": text} for name, (word, text) in QUOTE.items()}
    return {"type": "object", "properties": properties, "required": list(QUOTE_REQUIRED)}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def envelope(d: Schema, paged: bool = False) -> Schema:
    properties: Schema = {"s": {"const": "ok"}, "status": {"const": "ok"}, "d": d}
    if paged:
        properties["next"] = {"type": ["string", "null"], "description": "What `cursor` takes for the following page."}
    return {"type": "object", "properties": properties, "required": list(properties)}


def outcome_schema() -> Schema:
    """`d` of an answer."""
    words = {
        "dryRun": "flag",
        "orderId": "integer",
        "state": "state",
        "requestId": "text",
        "clientOrderId": "text",
        **dict.fromkeys(("qty", "filledQty", "avgPrice", "price", "stopPrice"), "decimal"),
        **dict.fromkeys(("fee", "requiredMargin", "available", "availableAfter"), "decimal"),
    }
    return {"type": "object", "properties": {name: schema_of(word) for name, word in words.items()}}


def done_schema() -> Schema:
    schema = envelope(ref("Outcome"))
    schema["properties"]["warnings"] = {"type": "array", "items": {"type": "string"}}
    return schema


def refusal_schema() -> Schema:
    error = {"type": "object", "properties": dict.fromkeys(("code", "field", "message"), WORDS["text"])}
    properties = {
        "s": {"const": "error"},
        "status": {"const": "error"},
        "code": {"type": "string", "description": "The first error's, stable."},
        "errmsg": {"type": "string", "description": "One line for people."},
        "errors": {"type": "array", "items": error | {"required": ["code", "field", "message"]}, "minItems": 1},
        "warnings": {"type": "array", "items": WORDS["text"]},
        "d": ref("Outcome"),
    }
    return {"type": "object", "properties": properties, "required": ["s", "status", "code", "errmsg", "errors"]}


def refusals_with(status: int, codes: Iterable[str] = CATALOGUE) -> dict[str, Any]:
    """An example of each of these codes that is answered with this status."""
    return {
        code: {"summary": KINDS[code].text, "value": error_body([Fault(code, KINDS[code].text)])}
        for code in codes
        if KINDS[code].status == status
    }
