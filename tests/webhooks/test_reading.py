"""Whatever bytes arrive: a slip for the engine or faults with documented codes, never an exception."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.engine.commands import Modify, Place
from orders.strict_json import BadNumberError, decimal_of
from tests.webhooks.messages import CANCEL, MODIFY, PLACE, changed
from webhooks.errors import CATALOGUE
from webhooks.payloads import Message, MessageRefusedError, read_message
from webhooks.shape import FIELDS

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
names = st.sampled_from([field.name for field in FIELDS]) | st.text(max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(["place", "modify", "cancel", "Limit", "stop_limit", "buy", "GTD", "tr. offset", "{{close}}"])
)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=5), scalars, max_size=3)
messages = st.dictionaries(names, values, max_size=14)


def told(raw: bytes | str, idempotency_key: str = "") -> Message | list[str]:
    """The message, or the codes of its faults; each must be in the catalogue and its text must be one line."""
    try:
        return read_message(raw, NOW, idempotency_key)
    except MessageRefusedError as error:
        for fault in error.faults:
            assert fault.code in CATALOGUE
            assert fault.message
            assert (fault.message + fault.field).isprintable()
        return [fault.code for fault in error.faults]


@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    told(raw)


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    told(text)


@given(messages, st.text(max_size=10))
def test_any_object(message: dict[str, Any], idempotency_key: str) -> None:
    told(json.dumps(message), idempotency_key)


@given(st.sampled_from([PLACE, MODIFY, CANCEL]), messages)
def test_a_good_message_with_anything_in_it(message: dict[str, Any], anything: dict[str, Any]) -> None:
    told(json.dumps(message | anything))
    told(json.dumps(anything | message))


@given(st.sampled_from([PLACE, MODIFY | {"price": 1}]), st.data())
def test_a_piece_of_a_message(message: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(message)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, len(text) - 1))
    assert isinstance(told(text[start:end]), list)


@given(st.decimals(min_value=Decimal("1e-9"), max_value=Decimal("1e9"), places=9))
def test_a_decimal_arrives_as_it_was_sent(number: Decimal) -> None:
    quoted, bare = f'"{number:f}"', f"{number:f}"
    for text in (quoted, bare):
        raw = json.dumps(changed(PLACE, price=...))[:-1] + f', "price": {text}}}'
        try:
            wanted = decimal_of(f"{number:f}")
        except BadNumberError:
            continue
        message = read_message(raw, NOW)
        assert isinstance(message.command, Place)
        assert message.command.price == wanted == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", "1"),
        ("1.50", "1.5"),
        ("1e2", "100"),
        ("12E-1", "1.2"),
        ("0.000000000000000001", "1E-18"),
        ("123456789012345678", "123456789012345678"),
        ("1.000000000000000000000", "1"),
        ('" \\t7.25 "', "7.25"),
    ],
)
def test_numbers_that_are_read(text: str, number: str) -> None:
    message = read_message(json.dumps(changed(PLACE, price=...))[:-1] + f', "price": {text}}}', NOW)
    assert isinstance(message.command, Place)
    assert message.command.price == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        *("NaN", "Infinity", "-Infinity", '"NaN"', '"nan"', '"Infinity"', "1e999", "1e-400", "-0", "0", "-1", "+1"),
        *("1" * 5000, "9223372036854775808", "1234567890123456789", "0.1234567890123456789", "true", "false", "[1]"),
        *('"1_000"', '"1,000"', '"1 000"', '"+1"', '"٣"', '"１"', '"0x10"', '".5"', '"5."', "01", '"1e5e5"', '"--1"'),
        *('"{{close}}"', "{}", '"1\\u0000"', '"1\\u200b"', "1e99999999999999999999"),
    ],
)
def test_what_is_no_number_is_refused_and_named(text: str) -> None:
    raw = json.dumps(changed(PLACE, qty=...))[:-1] + f', "qty": {text}}}'
    with pytest.raises(MessageRefusedError) as refused:
        read_message(raw, NOW)
    assert "qty" in {fault.field for fault in refused.value.faults}


def test_a_field_given_twice_is_named() -> None:
    with pytest.raises(MessageRefusedError) as refused:
        read_message('{"action": "place", "qty": 1, "side": "buy", "qty": 100}', NOW)
    assert [(fault.code, fault.field) for fault in refused.value.faults] == [("duplicate_field", "qty")]


@pytest.mark.parametrize("depth", [100, 8_000])
def test_bottomless_nesting_is_refused(depth: int) -> None:
    assert isinstance(told('{"note": ' + "[" * depth + "]" * depth + "}"), list)
    assert isinstance(told("[" * depth), list)


def test_identifiers_are_plain_and_comments_are_made_storable() -> None:
    for name in ("accountName", "symbol", "clientOrderId", "requestId"):
        for bad in ("a\u202eb", "a\u200bb", "a\x00b", "a\ud800b", "a\nb", "\ufeffa"):
            assert told(json.dumps(changed(PLACE, **{name: bad}))) == ["unsafe_text"]
    message = read_message(json.dumps(changed(PLACE, type="Care", userComment="Grüße\x00\ud800\n‮ok")), NOW)
    assert isinstance(message.command, Place)
    assert message.command.user_comment == "Grüße\ufffd\ufffd \u202eok"
    for letters_that_look_alike in ("оrder-1", "ｏrder-1"):
        assert told(json.dumps(changed(PLACE, clientOrderId=letters_that_look_alike))) == ["unsafe_text"]


def test_null_removes_only_what_it_may() -> None:
    message = read_message(json.dumps(changed(MODIFY, stopLoss=None, price="5", takeProfit="")), NOW)
    assert isinstance(message.command, Modify)
    assert message.command.stop_loss is None
    assert isinstance(told(json.dumps(changed(MODIFY, takeProfit=""))), list)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{“action”: "place"}', "typographic quotes"),
        ("{'action': 'place'}", "single quotes"),
        ('Buy! {"action": "place"}', "text before"),
        ('{"action": "place"} thanks', "text after"),
        ('{"action": "place",}', "comma before"),
        ('{"action": "place"', "ends too early"),
        ('{"action": "place", "price": {{close}}}', "{{close}} was not replaced"),
        ('{"action": "place", "price": na}', "no value here"),
        ('{"action": "place", "price": NaN}', "no value here"),
        ('{"action": "place", "userComment": "a\nb"}', "line break"),
        ('{"action": "buy"}', "did you mean action place with side buy?"),
        ('{"action": "limit"}', "did you mean action place with type Limit?"),
        ('{"action": "place", "quantity": 1}', "qty"),
        (json.dumps(changed(PLACE, price="{{close}}")), "was not replaced"),
        (json.dumps(changed(PLACE, validity="GTD", expireDate=1_800_000_000)), "looks like seconds"),
        (json.dumps(changed(PLACE, side="long")), "did you mean buy?"),
        (json.dumps(changed(PLACE, stop_loss=1)), "did you mean stopLoss?"),
        ("42", "must be a JSON object"),
    ],
)
def test_hints(text: str, words: str) -> None:
    with pytest.raises(MessageRefusedError) as refused:
        read_message(text, NOW)
    assert words in " ".join([fault.message for fault in refused.value.faults] + refused.value.warnings)


def test_broken_json_names_its_place() -> None:
    with pytest.raises(MessageRefusedError, match="line 2, column 12"):
        read_message('{"action": "place",\n "symbol": BTCUSDT}', NOW)
