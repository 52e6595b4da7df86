"""Every rule of the contract over HTTP, kept and broken: the rows say how, and nothing that has rules lacks a row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.instance import Answer, Product
from tests.webhooks.rows import BASES, CANCEL, MODIFY, PLACE, Json, Row, changed, changing, placing
from tests.webhooks.rows.cast import Cast, cast_for
from tests.webhooks.rows.fields import MALFORMED, MALFORMED_FIELD, ONLY_ITS_OWN, READ, WORDS
from tests.webhooks.rows.requests import RULES, Rule, Sent
from webhooks.errors import CATALOGUE
from webhooks.message_schema import words_in
from webhooks.shape import FIELD, IMMEDIATE, NOWHERE_ELSE, PRICE_MEANS_NOTHING, WAITING, Action, Kind, fields_of

FIELDS = [(action.value, field.name) for action in Action for field in fields_of(action)]
ROWS = [*placing.ROWS, *changing.ROWS]
IGNORED = [("place", *one) for one in placing.IGNORED] + [
    (action, *one) for action, some in changing.IGNORED.items() for one in some
]
# Codes of the catalogue that no single message brings about, and the test that does.
ELSEWHERE = {
    "https_required": "tests/webhooks/test_key_limits.py",
    "too_many_wrong_keys": "tests/webhooks/test_key_limits.py",
    "unavailable": "tests/webhooks/test_trouble.py",
    "body_too_slow": "tests/webhooks/test_hostile.py",
    "internal": "tests/orders/test_poison.py",
}
# What only operators and dealers do is refused with these.
NOT_BY_A_MESSAGE = {"amount_digits", "withdrawal", "not_care", "dealer_qty", "dealer_price"}


@pytest.fixture(scope="module")
def cast(shared_product: Product) -> Cast:
    shared_product.reset_prices()
    return cast_for(shared_product)


@pytest.fixture(scope="module")
def orders(cast: Cast) -> Json:
    """An order of each kind that modifications may change again and again."""
    own = f"own {next(cast.numbers)}"
    kinds: dict[str, Json] = {
        "order": {"clientOrderId": own},
        "stop": WORDS["type"]["Stop"] | {"type": "Stop"},
        "trailing": WORDS["type"]["Trailing stop"],
        "care": WORDS["type"]["Care"],
    }
    return {"own": own} | {name: placed(cast, changes, {}) for name, changes in kinds.items()}


def message(cast: Cast, action: str, changes: Json, names: Json) -> Json:
    return cast.filled(changed(BASES[action], changes), {"unique": next(cast.numbers)} | names)


def placed(cast: Cast, changes: Json, names: Json) -> Any:
    answer = cast.post(message(cast, "place", changes, names))
    assert answer.status == 200, answer.text
    return answer.json["d"]["orderId"]


def told(answer: Answer) -> list[tuple[str, str]]:
    assert answer.json["s"] == answer.json["status"] == "error"
    assert answer.json["errmsg"].isprintable()
    assert answer.json["code"] == answer.json["errors"][0]["code"]
    return [(error["code"], error["field"]) for error in answer.json["errors"]]


def refused(answer: Answer, code: str, field: str) -> None:
    assert answer.status == CATALOGUE[code].status, answer.text
    assert (code, field) in told(answer), answer.text


# --- Each field --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "name"), FIELDS)
def test_a_field(cast: Cast, orders: Json, action: str, name: str) -> None:
    changes = READ[action][name]
    good = message(cast, action, changes, orders)
    answer = cast.post(good)
    assert answer.status == 200, answer.text
    assert "warnings" not in answer.json
    assert name in good
    for value, code in bad_values(name):
        refused(cast.post(good | {name: value}), code, name)
    for value in (None, "", " ") if (action, FIELD[name].place) == ("place", "optional") else ():
        absent = cast.post({"dryRun": True, "qty": "1"} | good | {name: value})
        assert absent.status == 200, absent.text
        assert "warnings" not in absent.json


def bad_values(name: str) -> list[tuple[Any, str]]:
    of_kind = [] if name in ONLY_ITS_OWN else MALFORMED[FIELD[name].kind]
    return of_kind + MALFORMED_FIELD.get(name, [])


@pytest.mark.parametrize(
    ("action", "name"), [one for one in FIELDS if FIELD[one[1]].in_action(one[0]).startswith("required")]
)
def test_a_required_field(cast: Cast, orders: Json, action: str, name: str) -> None:
    """Kept by the message of the field, broken by the same without it, by each word that requires it."""
    for changes in requiring(action, name):
        good = message(cast, action, changes, orders)
        assert cast.post(good).status == 200
        for value in (..., None, ""):
            answer = cast.post(changed(good, {name: value}))
            refused(answer, "required", name)


def requiring(action: str, name: str) -> Iterator[Json]:
    condition = FIELD[name].in_action(action)
    if not condition.startswith("required for "):
        yield READ[action][name] if name != "orderId" else READ[action][name] | {"clientOrderId": ...}
        return
    deciding, words = words_in(condition.removeprefix("required for "))
    for word in words:
        yield WORDS[deciding][word] | {deciding: word.value}


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in WORDS.items() for word in words])
def test_a_word(cast: Cast, name: str, word: str) -> None:
    changes = WORDS[name][word]
    for spelled in (word, word.upper().replace(" ", "_"), f" {word.lower().replace(' ', '-')} "):
        answer = cast.post(message(cast, "place", changes | {name: spelled, "dryRun": spelled != word}, {}))
        assert answer.status == 200, answer.text
        assert "warnings" not in answer.json
    refused(cast.post(message(cast, "place", changes | {name: f"{word}s"}, {})), "unknown_word", name)


# --- What fields mean together -------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_rule(cast: Cast, row: Row) -> None:
    for changes, key, keeps in ((row.keeps, row.kept_by, True), (row.breaks, row.broken_by, False)):
        names: Json = {"unique": next(cast.numbers)}
        ids = [placed(cast, first, names) for first in row.first]
        names |= dict(zip(("order", "second"), ids, strict=False))
        if "{stopLoss}" in str(row.keeps) + str(row.breaks):
            names["stopLoss"] = stop_loss_of(cast, ids[0])
        for quote in row.quotes:
            assert cast.product.quote(quote).json["d"]["accepted"] == 1
        answer = cast.post(message(cast, row.action, changes, names), key)
        if keeps:
            assert answer.status == 200, answer.text
        else:
            refused(answer, row.code, row.field)


def stop_loss_of(cast: Cast, parent: int) -> int:
    path = f"/api/v1/accounts/{cast.accounts['ACCOUNT']}/orders"
    legs = [one for one in cast.product.read(path, cast.key("any"))["d"] if one["parentId"] == parent]
    return next(int(leg["orderId"]) for leg in legs if leg["stopPrice"])


@pytest.mark.parametrize(("action", "changes", "name"), IGNORED)
def test_what_is_ignored_is_told_of(cast: Cast, orders: Json, action: str, changes: Json, name: str) -> None:
    answer = cast.post(message(cast, action, changes, orders))
    assert answer.status == 200, answer.text
    assert any(warning.startswith(f"{name}:") for warning in answer.json["warnings"]), answer.text


@pytest.mark.parametrize("type_", WORDS["type"])
def test_fields_that_belong_to_some_types_only(cast: Cast, type_: str) -> None:
    """`stopPrice` and `trStopOffset` are errors with other types, `price` is ignored where it means nothing."""
    good = changed(PLACE, WORDS["type"][type_] | {"type": type_})
    for name in sorted(NOWHERE_ELSE - {"expireDate"}):
        if type_ not in FIELD[name].place:
            refused(cast.post(cast.filled(good | {name: 100}, {})), "not_for_type", name)
    if type_ in PRICE_MEANS_NOTHING:
        answer = cast.post(cast.filled(good | {"price": "{{close}}"}, {}))
        assert answer.status == 200, answer.text
        assert answer.json["warnings"] == [f"price: ignored, a {type_} order has no price"]


@pytest.mark.parametrize("validity", sorted(IMMEDIATE))
@pytest.mark.parametrize("type_", sorted(WAITING))
def test_at_once_or_never_contradicts_what_waits(cast: Cast, type_: str, validity: str) -> None:
    good = changed(PLACE, WORDS["type"][type_] | {"type": type_})
    refused(cast.post(cast.filled(good | {"validity": validity}, {})), "validity_type", "validity")


@pytest.mark.parametrize("validity", [word for word in WORDS["validity"] if word != "GTD"])
def test_an_end_goes_with_gtd_only(cast: Cast, validity: str) -> None:
    bad = message(cast, "place", WORDS["validity"]["GTD"] | {"validity": validity}, {})
    refused(cast.post(bad), "expire_date_unexpected", "expireDate")


def test_every_fault_is_told_at_once(cast: Cast) -> None:
    bad = {"type": "Fast", "qty": "many", "side": "up", "validity": "forever", "symbol": ..., "stoploss": 1}
    answer = cast.post(message(cast, "place", bad, {}))
    fields = [field for _, field in told(answer)]
    assert {"type", "qty", "side", "validity", "symbol", "stoploss"} <= set(fields)
    assert answer.json["errmsg"].endswith(f"and {len(fields) - 3} more")


# --- The request itself --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_request(cast: Cast, rule: Rule) -> None:
    for sent in rule.keep:
        answer = ask(cast, sent)
        assert answer.status == 200, f"{sent}: {answer.text}"
    for sent, status, code, field in rule.break_:
        answer = ask(cast, sent)
        assert (answer.status, CATALOGUE[code].status) == (status, status), f"{sent}: {answer.text}"
        assert (code, field) in told(answer), f"{sent}: {answer.text}"
        assert "location" not in answer.headers
        assert "set-cookie" not in answer.headers


def ask(cast: Cast, sent: Sent) -> Answer:
    key, unique = cast.key("any"), f"u {next(cast.numbers)}"
    old, new = sent.edit
    good = json.dumps(cast.filled(PLACE, {})).encode()
    assert old in good
    body = sent.body.replace(b"GOOD", good.replace(old, new)).replace(b"{unique}", unique.encode())
    known = {"path": key.path, "basic": key.basic, "api": key.api, "secret": key.secret, "unique": unique}
    headers = cast.filled(sent.headers, known)
    return cast.product.ask(sent.method, cast.filled({"path": sent.path}, known)["path"], body, headers)


# --- Nothing is left out -------------------------------------------------------------------------------------


def test_every_field_of_every_action_has_a_message_that_reads_it() -> None:
    assert [(action, name) for action, some in READ.items() for name in some] == FIELDS
    for action, some in READ.items():
        for name, changes in some.items():
            assert name in changed(BASES[action], changes), f"{action} {name}"


def test_every_kind_has_values_that_are_refused_and_every_word_a_message() -> None:
    assert set(MALFORMED) == set(Kind)
    assert {name: [*words] for name, words in WORDS.items()} == {
        name: [word.value for word in field.words] for name, field in FIELD.items() if field.words and name != "action"
    }


def test_every_code_that_a_message_can_provoke_has_a_row() -> None:
    values = [*MALFORMED.values(), *MALFORMED_FIELD.values()]
    told = {row.code for row in ROWS} | {code for some in values for _, code in some}
    told |= {code for rule in RULES for _, _, code, _ in rule.break_} | {"unknown_word", "validity_type"}
    assert told <= set(CATALOGUE)
    assert set(CATALOGUE) - told == set(ELSEWHERE) | NOT_BY_A_MESSAGE
    for code, path in ELSEWHERE.items():
        words = (Path(__file__).resolve().parents[2] / path).read_text()
        assert code in words or f"{CATALOGUE[code].status}" in words, code


def test_every_rule_has_both_kinds_of_example() -> None:
    for rule in RULES:
        assert rule.keep, rule.name
        assert rule.break_, rule.name
    for row in ROWS:
        kept = (changed(BASES[row.action], row.keeps), row.kept_by)
        broken = (changed(BASES[row.action], row.breaks), row.broken_by)
        assert kept != broken or row.code in ("rate_limited", "max_orders_count", "max_pending_orders_number")


def test_modify_and_cancel_need_an_order() -> None:
    assert MODIFY["orderId"] == CANCEL["orderId"] == "{order}"
