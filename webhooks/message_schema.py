"""The three messages as JSON Schema, made from the declared shape.

It describes messages as they are best written. The webhook reads more: quoted numbers, other spellings of words, null
for absent. Whether an instrument, account or order exists, a schema cannot say.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from webhooks.shape import (
    FIELD,
    IMMEDIATE,
    NOWHERE_ELSE,
    OPTIONAL,
    REQUIRED,
    UNLESS_NAMED,
    WAITING,
    Action,
    Field,
    fields_of,
)
from webhooks.shape import Kind as FieldKind

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
PRINTABLE: Final = r"^[ -~]*[!-~][ -~]*$"
# What the parser holds against every number: 18 significant digits, no absurd size.
BY_KIND: Final[dict[FieldKind, Schema]] = {
    FieldKind.NUMBER: {"type": "number", "exclusiveMinimum": 0},
    FieldKind.TICKS: {"type": "number", "exclusiveMinimum": 0, "multipleOf": 1},
    FieldKind.INTEGER: {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
    FieldKind.FLAG: {"type": "boolean"},
    FieldKind.NAME: {"type": "string", "minLength": 1},
    FieldKind.TOKEN: {"type": "string", "minLength": 1, "pattern": PRINTABLE},
    FieldKind.TEXT: {"type": "string"},
}
TITLES: Final = {Action.PLACE: "Place an order", Action.MODIFY: "Modify an order", Action.CANCEL: "Cancel an order"}
# Fields whose words decide what else is required.
DECIDING: Final = ("type", "symbolType", "validity")


def message_schema(action: Action, title: str = "") -> Schema:
    fields = list(fields_of(action))
    schema: Schema = {
        "title": title or TITLES[action],
        "type": "object",
        "properties": {field.name: field_schema(field, action) for field in fields},
        "required": [field.name for field in fields if field.in_action(action) == REQUIRED],
        "additionalProperties": True,
    }
    return schema | {"allOf": list(rules_of(action))}


def standalone_schema(action: Action, address: str) -> Schema:
    """The same as a document of its own."""
    return {"$schema": DIALECT, "$id": address} | message_schema(action)


def field_schema(field: Field, action: Action) -> Schema:
    if field.name == "action":
        return {"const": action.value, "description": field.text}
    schema: Schema = {"description": field.text}
    if field.words is not None:
        return schema | {"type": "string", "enum": [word.value for word in field.words]}
    schema |= BY_KIND[field.kind]
    if schema["type"] == "string":
        schema["maxLength"] = field.max_length
    if field.null_removes and action is Action.MODIFY:
        schema["type"] = [schema["type"], "null"]
    return schema


def rules_of(action: Action) -> Iterator[Schema]:
    """What the fields ask of each other."""
    conditions = [(field, field.in_action(action)) for field in fields_of(action)]
    if any(condition == UNLESS_NAMED for _, condition in conditions):
        yield {"anyOf": [{"required": ["orderId"]}, {"required": ["clientOrderId"]}]}
    for guard in ("stopLoss", "takeProfit") if action is not Action.CANCEL else ():
        yield {"dependentRequired": {f"{guard}Type": [guard]}}
    if action is Action.PLACE:
        yield {"anyOf": [{"required": ["qty"]}, {"required": ["cashOrderQty"]}]}
        yield when("validity", IMMEDIATE, {"properties": {"type": {"not": {"enum": sorted(WAITING)}}}})
        for field, condition in conditions:
            yield from rules_of_field(field, condition)
    if action is Action.MODIFY:
        changes = [field.name for field, need in conditions if need == OPTIONAL and field.name not in NO_CHANGE]
        yield {"anyOf": [{"required": [name]} for name in changes]}
        yield {"if": {"properties": {"validity": {"const": "GTD"}}}, "else": {"not": {"required": ["expireDate"]}}}


NO_CHANGE: Final = frozenset({"clientOrderId", "requestId", "dryRun"})


def rules_of_field(field: Field, condition: str) -> Iterator[Schema]:
    """ "required for Limit, Stop limit": the words name the field that decides."""
    _, _, words = condition.partition("required for ")
    if not words:
        return
    deciding, known = words_in(words)
    yield when(deciding, known, {"required": [field.name]})
    if field.name in NOWHERE_ELSE:
        yield {"if": is_one_of(deciding, known), "else": {"not": {"required": [field.name]}}}


def words_in(text: str) -> tuple[str, list[StrEnum]]:
    """The words of a condition, and the field whose words they are."""
    for name in DECIDING:
        known = {word.value: word for word in FIELD[name].words or ()}
        if all(word in known for word in text.split(", ")):
            return name, [known[word] for word in text.split(", ")]
    raise ValueError(f"no field knows {text}")


def when(name: str, words: Any, then: Schema) -> Schema:
    return {"if": is_one_of(name, words), "then": then}


def is_one_of(name: str, words: Any) -> Schema:
    return {"properties": {name: {"enum": sorted(str(word) for word in words)}}, "required": [name]}
