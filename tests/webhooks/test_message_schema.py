"""The published JSON Schema and the parser say the same of a message."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhooks.message_examples import EXAMPLES
from webhooks.message_schema import message_schema, standalone_schema
from webhooks.payloads import MessageRefusedError, read_message
from webhooks.shape import DATED, Action, Field, Kind, fields_of

NOW = datetime(1970, 1, 1, tzinfo=UTC)  # so that every expireDate is in the future
SHOWN = [(action, name) for action, shown in EXAMPLES.items() for name in shown]


def faults(message: Any) -> set[str]:
    try:
        read_message(json.dumps(message).encode(), NOW)
    except MessageRefusedError as error:
        return {f"{fault.code} {fault.field}" for fault in error.faults}
    return set()


@pytest.mark.parametrize("action", list(Action))
def test_it_is_a_schema_and_knows_every_field(action: Action) -> None:
    schema = standalone_schema(action, "https://example.test/place.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(schema["properties"]) == [field.name for field in fields_of(action)]
    assert all(part["description"] for part in schema["properties"].values())


@pytest.mark.parametrize(("action", "name"), SHOWN)
def test_every_example_keeps_it_and_is_read(action: Action, name: str) -> None:
    message = EXAMPLES[action][name][1]
    jsonschema.validate(message, message_schema(action))
    assert faults(message) == set()


# For each field values as the schema has them, good and bad; a message has some of the fields.
VALUES: dict[Kind, list[Any]] = {
    Kind.NUMBER: [1, 0.5, 0, -1, "x", True],
    Kind.TICKS: [10, 1.5, 0],
    Kind.INTEGER: [1001, 4102444800000, 0, 1.5],
    Kind.FLAG: [True, False, 1],
    Kind.NAME: ["DEMO-1", "x" * 65, 5],
    Kind.TOKEN: ["mine-1", "x" * 65, 5],
    Kind.TEXT: ["slowly", "x" * 256, 5],
}


def values_of(field: Field) -> list[Any]:
    if field.words is not None:
        return [*(word.value for word in field.words), "nonsense", 5]
    if field.name == "contractMonth":
        return ["2030-12", "2030-12-20"]
    return ["US78462F1030"] if field.name == "isin" else VALUES[field.kind]


@pytest.mark.parametrize("action", list(Action))
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_schema_and_parser_agree(action: Action, data: st.DataObject) -> None:
    fields = [field for field in fields_of(action) if field.name != "action"]
    required = [field for field in fields if field.in_action(action) == "required"]
    chosen = data.draw(st.lists(st.sampled_from(fields), max_size=6, unique_by=lambda field: field.name))
    message = {"action": action.value}
    for field in {field.name: field for field in [*required, *chosen]}.values():
        good = values_of(field)[:1] if field.words is None else [word.value for word in field.words]
        message[field.name] = data.draw(st.sampled_from([*good * 8, *values_of(field)]))
    is_valid = jsonschema.Draft202012Validator(message_schema(action)).is_valid(message)
    found = faults(message)
    if is_valid:
        assert found == set(), message
    elif not found:
        assert asks_less(message), message


def asks_less(message: dict[str, Any]) -> bool:
    """What the parser lets pass: fields that it ignores, and selectors that are asked for by the instrument."""
    read = read_message(json.dumps(message).encode(), NOW)
    return bool(read.warnings or read.doubtful) or message.get("symbolType") in DATED


LIMIT = EXAMPLES[Action.PLACE]["limit"][1]
BREAKS: list[tuple[Action, dict[str, Any]]] = [
    *((Action.PLACE, {name: None}) for name in ("accountName", "symbol", "type", "side", "qty", "price")),
    (Action.PLACE, {"type": "Stop"}),
    (Action.PLACE, {"type": "Stop limit"}),
    (Action.PLACE, {"type": "Trailing stop"}),
    (Action.PLACE, {"stopPrice": 1}),
    (Action.PLACE, {"trStopOffset": 1}),
    (Action.PLACE, {"type": "Trailing stop", "trStopOffset": 1.5}),
    (Action.PLACE, {"expireDate": 5}),
    (Action.PLACE, {"validity": "GTD"}),
    (Action.PLACE, {"type": "Care", "validity": "IOC"}),
    (Action.PLACE, {"stopLoss": None}),
    (Action.PLACE, {"symbolType": "OPTIONS", "strikePrice": 1, "qty": None}),
    (Action.PLACE, {"type": "Fast"}),
    (Action.PLACE, {"qty": 0}),
    (Action.PLACE, {"qty": True}),
    (Action.PLACE, {"clientOrderId": "x" * 65}),
    (Action.PLACE, {"dryRun": 1}),
]


@pytest.mark.parametrize(("action", "change"), BREAKS)
def test_what_breaks_it_is_refused(action: Action, change: dict[str, Any]) -> None:
    message = {name: value for name, value in (LIMIT | change).items() if value is not None}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(message, message_schema(action))
    assert faults(message)
