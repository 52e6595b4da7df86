"""The published OpenAPI document: complete, a document by its own standard, and true of the running product."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from orders.api import BadQueryError
from tests.instance import Product, Trader
from webhooks.doors import DOORS, KINDS
from webhooks.errors import API_KINDS, CATALOGUE, QUOTE_REASONS
from webhooks.message_examples import CHECK_TEXT, EXAMPLES
from webhooks.shape import Action, fields_of

Json = dict[str, Any]
SOURCES = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def document(shared_product: Product) -> Json:
    answer = shared_product.ask("GET", "/api/v1/schema")
    assert answer.status == 200
    found = answer.json
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def trader(shared_product: Product) -> Trader:
    return shared_product.newcomer()


def test_it_is_openapi(document: Json) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_code_has_an_example_under_its_status(document: Json) -> None:
    for path in ("/webhook", "/webhook/{apiKey}/{secretKey}"):
        responses = document["paths"][path]["post"]["responses"]
        for code, kind in CATALOGUE.items():
            examples = responses[str(kind.status)]["content"]["application/json"]["examples"]
            assert examples[code]["value"]["code"] == code


def test_every_field_of_every_message_is_in_it(document: Json) -> None:
    for action in Action:
        schema = document["components"]["schemas"][f"{action.capitalize()}Message"]
        assert list(schema["properties"]) == [field.name for field in fields_of(action)]


def test_messages_have_documents_of_their_own(product: Product, document: Json) -> None:
    for action in Action:
        answer = product.ask("GET", f"/api/v1/schema/{action}.json")
        assert answer.headers["content-type"] == "application/schema+json"
        assert answer.json["$id"] == f"{product.url}/api/v1/schema/{action}.json"
        jsonschema.Draft202012Validator.check_schema(answer.json)
        for _, message in EXAMPLES[action].values():
            jsonschema.validate(message, answer.json)
    assert product.ask("GET", "/api/v1/schema/nonsense.json").status == 404


def test_every_example_does_what_it_says(product: Product, trader: Trader) -> None:
    """In the order of the document: what is modified and cancelled was placed before."""
    own = {"accountName": trader.account}
    to_go = product.post(EXAMPLES[Action.PLACE]["care"][1] | own, trader.key).json["d"]["orderId"]
    for action, shown in EXAMPLES.items():
        for name, (_, message) in shown.items():
            named = own | ({"orderId": to_go} if "orderId" in message else {})
            answer = product.post(message | named, trader.key)
            assert answer.status == 200, f"{action} {name}: {answer.text}"
            assert "warnings" not in answer.json


def test_answers_keep_their_schemas(product: Product, document: Json, trader: Trader) -> None:
    place = {"action": "place", "accountName": trader.account, "symbol": "BTCUSDT", "side": "buy", "qty": "0.001"}
    order = product.post(place | {"type": "Market"}, trader.key).json["d"]["orderId"]
    product.post(place | {"type": "Limit", "price": 10000, "stopLoss": 9000}, trader.key)
    request = product.read("/api/v1/requests", trader.key)["d"][0]["id"]
    names = {"{name}": trader.account, "{id}": request}
    for path, item in document["paths"].items():
        if "get" in item and "{secretKey}" not in path:
            address = path.replace("{number}", request if "/requests/" in path else str(order))
            for name, value in names.items():
                address = address.replace(name, value)
            headers = {"Authorization": trader.key.basic}
            answer = product.ask("GET", address, headers=headers)
            assert answer.status == 200, f"{address}: {answer.text}"
            assert UUID(answer.headers["x-request-id"])
            keeps(document, item["get"]["responses"]["200"], answer.json)
            empty = isinstance(answer.json["d"], list) and not answer.json["d"]
            assert not empty, f"{path} has nothing to look at"


def test_refusals_keep_theirs(product: Product, document: Json, trader: Trader) -> None:
    post = document["paths"]["/webhook"]["post"]["responses"]
    bad = [
        {},
        {"action": "place", "accountName": trader.account, "symbol": "NO", "type": "Market", "qty": 1, "side": "buy"},
    ]
    for body in bad:
        answer = product.post(body, trader.key)
        keeps(document, post[str(answer.status)], answer.json)
    checked = product.ask("POST", "/api/v1/check", json.dumps(bad[1]).encode(), {"Authorization": trader.key.basic})
    keeps(document, document["paths"]["/api/v1/check"]["post"]["responses"]["200"], checked.json)


def test_the_feed_is_described_with_its_token_and_does_as_shown(product: Product, document: Json) -> None:
    operation = document["paths"]["/api/v1/quotes"]["post"]
    assert operation["security"] == [{"feedToken": []}]
    assert set(operation["responses"]) == {"200", "400", "401", "405", "413", "503"}
    content = operation["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        keeps(document, {"content": {"application/json": content}}, example["value"])
    taken = product.quote(*content["examples"]["several"]["value"])
    keeps(document, operation["responses"]["200"], taken.json)
    shown = operation["responses"]["200"]["content"]["application/json"]["examples"]["taken"]["value"]["d"]
    assert [(one["index"], one["code"]) for one in taken.json["d"]["refused"]] == [
        (one["index"], one["code"]) for one in shown["refused"]
    ]
    for body, headers, status in (
        (b"{}", {}, "401"),
        (b"{", {"Authorization": f"Bearer {product.instance.own_settings()['QUOTE_FEED_TOKEN']}"}, "400"),
        (b" " * 1024 * 1025, {"Authorization": f"Bearer {product.instance.own_settings()['QUOTE_FEED_TOKEN']}"}, "413"),
    ):
        answer = product.ask("POST", "/api/v1/quotes", body, headers)
        assert str(answer.status) == status
        keeps(document, operation["responses"][status], answer.json)
        assert answer.json["code"] in operation["responses"][status]["content"]["application/json"]["examples"]


def test_check_does_as_shown(product: Product, document: Json) -> None:
    response = document["paths"]["/api/v1/check"]["post"]["responses"]["200"]
    shown = response["content"]["application/json"]["examples"]
    for name, text in (("good", json.dumps(CHECK_TEXT | {"qty": 0.01})), ("wrong", json.dumps(CHECK_TEXT, indent=2))):
        keeps(document, response, shown[name]["value"])
        answer = product.ask("POST", "/api/v1/check", text.encode(), {"Authorization": product.key("alice").basic})
        found, wanted = answer.json["d"], shown[name]["value"]["d"]
        places = [(error.pop("line"), error.pop("column"), error.pop("excerpt")) for error in found["errors"]]
        assert all(all(place) for place in places)
        told = [
            {k: v for k, v in error.items() if k not in ("line", "column", "excerpt")} for error in wanted["errors"]
        ]
        assert found == wanted | {"errors": told}


def test_every_code_of_the_other_doors_is_known(document: Json) -> None:
    """What those doors raise is in the catalogue, or among their own codes; and each has an example."""
    for door in DOORS:
        responses = document["paths"][door.path][door.method.lower()]["responses"]
        for code in door.codes:
            assert code in responses[str(KINDS[code].status)]["content"]["application/json"]["examples"]
    assert set(API_KINDS) == {code for door in DOORS for code in door.codes} - set(CATALOGUE)
    raised = codes_called("orders", {"Unfit"}) | codes_called("orders", {"refusal"}) | {BadQueryError.default_code}
    assert raised <= set(KINDS) | set(QUOTE_REASONS)


def codes_called(room: str, makers: set[str]) -> set[str]:
    calls = [
        node
        for path in (SOURCES / room).rglob("quote*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in makers
    ]
    words = {one.value for call in calls for one in call.args if isinstance(one, ast.Constant)}
    return {word for word in words if isinstance(word, str) and word.replace("_", "").isalpha() and word.islower()}


def keeps(document: Json, response: Json, body: Json) -> None:
    schema = response["content"]["application/json"]["schema"]
    jsonschema.validate(body, schema | {"components": document["components"]}, jsonschema.Draft202012Validator)
