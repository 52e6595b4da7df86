"""The published OpenAPI document: complete, a document by its own standard, and true of the running product."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.instance import Product, Trader
from webhooks.errors import CATALOGUE
from webhooks.message_examples import EXAMPLES
from webhooks.shape import Action, fields_of

Json = dict[str, Any]


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


def keeps(document: Json, response: Json, body: Json) -> None:
    schema = response["content"]["application/json"]["schema"]
    jsonschema.validate(body, schema | {"components": document["components"]}, jsonschema.Draft202012Validator)
