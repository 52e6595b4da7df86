"""The OpenAPI document. Django's part comes from the URLconf; the webhook, which stands before Django, is put in here.

Everything said of messages and codes is read from the declared shape and the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from webhooks.doors import DOOR, Door
from webhooks.doors import PARAMETERS as SAID
from webhooks.errors import CATALOGUE
from webhooks.message_examples import CHECK_GOOD, CHECK_WRONG, EXAMPLES, QUOTE_EXAMPLES, TAKEN
from webhooks.message_schema import message_schema
from webhooks.openapi_parts import (
    Schema,
    done_schema,
    envelope,
    outcome_schema,
    quote_schema,
    ref,
    refusal_schema,
    refusals_with,
    schema_of,
    things,
)
from webhooks.reference import STATUS_WORDS
from webhooks.shape import Action

TEXT: Final = {"type": "string"}
KEY_PAIR: Final[list[Schema]] = [{"keyPair": []}, {"keyAndBearer": []}]
READERS: Final[list[Schema]] = [{"keyPair": []}, {"session": []}]
WEBHOOK_STATUSES: Final = (400, 401, 403, 404, 405, 408, 409, 413, 422, 429, 503)
REQUEST_ID: Final = {
    "description": "The request's number: of the webhook, its row in the delivery log.",
    "schema": {**TEXT, "format": "uuid"},
}
RETRY_AFTER: Final = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
REPLAYED: Final = {"description": "The request was said before; this is the first one's answer.", "schema": TEXT}
PARAMETERS: Final[dict[str, Schema]] = {
    "limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}},
    "cursor": {"name": "cursor", "in": "query", "schema": TEXT},
    "state": {"name": "state", "in": "query", "schema": schema_of("state")},
    "orderId": {"name": "orderId", "in": "query", "schema": {"type": "integer", "minimum": 1}},
    "wait": {
        "name": "wait",
        "in": "query",
        "description": "0: the answer does not wait for the engine.",
        "schema": {"type": "integer", "enum": [0]},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same as `requestId` in the body.",
        "schema": {**TEXT, "maxLength": 64, "pattern": "^[!-~]+$"},
    },
}


def complete(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """A post-processing hook: describes what the URLconf has, and adds what stands before Django."""
    told = {path.rstrip("/").rstrip("?").rstrip("/") for path in result["paths"]} | {FEED}
    paths = {path: described(path) for path in sorted(told)}
    result["paths"] = webhook_paths() | paths
    result["components"] = {"schemas": schemas(), "securitySchemes": SECURITY}
    result["info"] = result["info"] | {"description": DESCRIPTION}
    return result


DESCRIPTION: Final = (
    "A JSON message places, modifies or cancels an order on the paper exchange. Every refusal has a stable code. "
    "A 5xx promises that no order exists; a 200 that the command survives a crash of every process."
)
SECURITY: Final = {
    "keyPair": {"type": "http", "scheme": "basic", "description": "API key and secret key."},
    "keyAndBearer": {"type": "http", "scheme": "bearer", "description": "The secret key, beside X-Api-Key."},
    "feedToken": {"type": "http", "scheme": "bearer", "description": "QUOTE_FEED_TOKEN of the settings."},
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "The terminal's own session."},
}


def described(path: str) -> Schema:
    door = DOOR.get(path)
    if door is None:
        raise LookupError(f"{path} is not described in the OpenAPI document")
    return {door.method.lower(): door_operation(door)}


def schemas() -> Schema:
    messages = {f"{action.capitalize()}Message": message_schema(action) for action in Action}
    answers = {"Outcome": outcome_schema(), "Done": done_schema(), "Refusal": refusal_schema()}
    return messages | answers | {"Quote": quote_schema()} | things()


# --- The webhook ------------------------------------------------------------------------------------------


def webhook_paths() -> Schema:
    pair = [path_parameter("apiKey", "wk_ and 22 characters"), path_parameter("secretKey", "ws_ and 49 characters")]
    number = path_parameter("id", "the X-Request-Id of an answer")
    return {
        "/webhook": {"post": post_operation("postMessage", [], KEY_PAIR)},
        "/webhook/requests/{id}": {"get": inquiry_operation("readOutcome", [number], KEY_PAIR)},
        "/webhook/{apiKey}/{secretKey}": {"post": post_operation("postMessageByUrl", pair, [])},
        "/webhook/{apiKey}/{secretKey}/requests/{id}": {
            "get": inquiry_operation("readOutcomeByUrl", [*pair, number], [])
        },
    }


def path_parameter(name: str, text: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "description": text, "schema": TEXT}


def post_operation(name: str, parameters: list[Schema], security: list[Schema]) -> Schema:
    return {
        "operationId": name,
        "summary": "Place, modify or cancel an order",
        "tags": ["webhook"],
        "security": security,
        "parameters": [*parameters, PARAMETERS["wait"], PARAMETERS["Idempotency-Key"]],
        "requestBody": {"required": True, "content": {"application/json": message_content()}},
        "responses": {"200": done_response()} | {str(status): refusal_response(status) for status in WEBHOOK_STATUSES},
    }


def message_content() -> Schema:
    examples = {
        f"{action}.{name}": {"summary": summary, "value": message}
        for action, shown in EXAMPLES.items()
        for name, (summary, message) in shown.items()
    }
    return {"schema": {"oneOf": [ref(f"{action.capitalize()}Message") for action in Action]}, "examples": examples}


def inquiry_operation(name: str, parameters: list[Schema], security: list[Schema]) -> Schema:
    """What became of a request, as its sender would be answered now."""
    statuses = [status for status in WEBHOOK_STATUSES if status != 408]
    return {
        "operationId": name,
        "summary": "Ask what became of a request",
        "tags": ["webhook"],
        "security": security,
        "parameters": parameters,
        "responses": {"200": done_response()} | {str(status): refusal_response(status) for status in statuses},
    }


def done_response() -> Schema:
    examples = {
        "filled": {"orderId": 1001, "state": "filled", "filledQty": "0.01", "avgPrice": "64250.5"},
        "working": {"orderId": 1002, "state": "working", "clientOrderId": "breakout-1", "filledQty": "0"},
        "pending": {"orderId": 1003, "state": "pending"},
        "dryRun": {"dryRun": True, "state": "filled", "qty": "0.01", "filledQty": "0.01", "fee": "0.64"},
    }
    shown = {name: {"value": {"s": "ok", "status": "ok", "d": d}} for name, d in examples.items()}
    return {
        "description": "Carried out, or durably accepted (`state: pending`).",
        "headers": {"X-Request-Id": REQUEST_ID, "Idempotent-Replayed": REPLAYED},
        "content": {"application/json": {"schema": ref("Done"), "examples": shown}},
    }


def refusal_response(status: int, codes: Iterable[str] = CATALOGUE) -> Schema:
    headers: Schema = {"X-Request-Id": REQUEST_ID} | ({"Retry-After": RETRY_AFTER} if status in (429, 503) else {})
    return {
        "description": STATUS_WORDS[status],
        "headers": headers,
        "content": {"application/json": {"schema": ref("Refusal"), "examples": refusals_with(status, codes)}},
    }


# --- The other doors ----------------------------------------------------------------------------------------


def door_operation(door: Door) -> Schema:
    one = ref(door.thing)
    schema = envelope({"type": "array", "items": one} if door.paged else one, door.paged)
    named = [path_parameter(name, text) for name, text in IN_PATH.items() if f"{{{name}}}" in door.path]
    query = [PARAMETERS[name] | {"description": SAID[name]} for name in door.query]
    operation = {
        "operationId": door.name,
        "summary": door.summary,
        "tags": ["feed" if door.is_of_feed else "read"],
        "security": [{"feedToken": []}] if door.is_of_feed else READERS,
        "parameters": [*named, *query],
        "responses": {"200": good_response(door, schema)}
        | {str(status): refusal_response(status, door.codes) for status in door.statuses},
    }
    return operation | ({"requestBody": BODIES[door.path]} if door.path in BODIES else {})


def good_response(door: Door, schema: Schema) -> Schema:
    content: Schema = {"schema": schema}
    if door.path in GOOD_EXAMPLES:
        content["examples"] = {
            name: {"value": {"s": "ok", "status": "ok", "d": d}} for name, d in GOOD_EXAMPLES[door.path].items()
        }
    headers = {"X-Request-Id": REQUEST_ID}
    return {"description": "What was asked for.", "headers": headers, "content": {"application/json": content}}


FEED: Final = "/api/v1/quotes"
IN_PATH: Final = {"name": "the account's name", "number": "an order's id, or the X-Request-Id of an answer"}
QUOTES: Final = {"oneOf": [ref("Quote"), {"type": "array", "items": ref("Quote")}]}
BODIES: Final[dict[str, Schema]] = {
    "/api/v1/check": {"required": True, "content": {"text/plain": {"schema": TEXT}}},
    FEED: {
        "required": True,
        "description": "At most 1 MiB.",
        "content": {
            "application/json": {
                "schema": QUOTES,
                "examples": {name: {"value": value} for name, value in QUOTE_EXAMPLES.items()},
            }
        },
    },
}
GOOD_EXAMPLES: Final = {"/api/v1/check": {"good": CHECK_GOOD, "wrong": CHECK_WRONG}, FEED: {"taken": TAKEN}}
