"""The OpenAPI document. Django's part comes from the URLconf; the webhook, which stands before Django, is put in here.

Everything said of messages and codes is read from the declared shape and the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webhooks.message_examples import EXAMPLES
from webhooks.message_schema import message_schema
from webhooks.openapi_parts import (
    THINGS,
    Schema,
    done_schema,
    envelope,
    outcome_schema,
    ref,
    refusal_schema,
    refusals_with,
    schema_of,
    thing,
)
from webhooks.reference import STATUS_WORDS
from webhooks.shape import Action

TEXT: Final = {"type": "string"}
KEY_PAIR: Final[list[Schema]] = [{"keyPair": []}, {"keyAndBearer": []}]
READERS: Final[list[Schema]] = [{"keyPair": []}, {"session": []}]
WEBHOOK_STATUSES: Final = (400, 401, 403, 404, 405, 408, 409, 413, 422, 429, 503)
REQUEST_ID: Final = {"description": "The request's row in the delivery log.", "schema": {**TEXT, "format": "uuid"}}
RETRY_AFTER: Final = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
REPLAYED: Final = {"description": "The request was said before; this is the first one's answer.", "schema": TEXT}
PAGING: Final = ("limit", "cursor")
PARAMETERS: Final[dict[str, Schema]] = {
    "limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}},
    "cursor": {"name": "cursor", "in": "query", "description": "`next` of the page before.", "schema": TEXT},
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


@dataclass(frozen=True, slots=True)
class Reading:
    """A door of the read API: what it answers, in pages or as one."""

    name: str
    summary: str
    thing: str
    paged: bool = False
    query: tuple[str, ...] = ()
    found: bool = True  # whether there may be no such thing


READINGS: Final = {
    "/api/v1/accounts": Reading("listAccounts", "Your accounts with their figures", "Account", True, found=False),
    "/api/v1/accounts/{name}": Reading("readAccount", "One account", "Account"),
    "/api/v1/accounts/{name}/orders": Reading("listOrders", "Orders, newest first", "Order", True, ("state",)),
    "/api/v1/accounts/{name}/positions": Reading("listPositions", "Positions", "Position", True),
    "/api/v1/accounts/{name}/fills": Reading("listFills", "Trades, newest first", "Fill", True, ("orderId",)),
    "/api/v1/accounts/{name}/ledger": Reading("listLedger", "Every change of the balance", "LedgerEntry", True),
    "/api/v1/orders/{number}": Reading("readOrder", "One order with its events", "OrderWithEvents"),
    "/api/v1/instruments": Reading("listInstruments", "Terms and last prices", "Instrument", True, found=False),
    "/api/v1/requests": Reading("listRequests", "What your keys received", "Request", True, found=False),
    "/api/v1/requests/{number}": Reading("readRequest", "One request and its answer", "Request"),
}


def complete(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """A post-processing hook: describes what the URLconf has, and adds what stands before Django."""
    told = {path.rstrip("/").rstrip("?").rstrip("/") for path in result["paths"]}
    paths = {path: described(path) for path in sorted(told)}
    result["paths"] = webhook_paths() | {path: item for path, item in paths.items() if item}
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
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "The terminal's own session."},
}


def described(path: str) -> Schema:
    if path == "/api/v1/check":
        return {"post": check_operation()}
    reading = READINGS.get(path)
    if reading is None:
        raise LookupError(f"{path} is not described in the OpenAPI document")
    return {"get": read_operation(path, reading)}


def schemas() -> Schema:
    messages = {f"{action.capitalize()}Message": message_schema(action) for action in Action}
    answers = {"Outcome": outcome_schema(), "Done": done_schema(), "Refusal": refusal_schema()}
    return messages | answers | {name: thing(fields) for name, fields in THINGS.items()}


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


def refusal_response(status: int, examples: Mapping[str, Any] | None = None) -> Schema:
    shown = refusals_with(status) if examples is None else dict(examples)
    content: Schema = {"schema": ref("Refusal")} | ({"examples": shown} if shown else {})
    headers: Schema = {"X-Request-Id": REQUEST_ID} if examples is None else {}
    headers |= {"Retry-After": RETRY_AFTER} if status in (429, 503) else {}
    return {
        "description": STATUS_WORDS[status],
        "headers": headers,
        "content": {"application/json": content},
    }


# --- The read API -------------------------------------------------------------------------------------------


def read_operation(path: str, reading: Reading) -> Schema:
    one = ref(reading.thing)
    schema = envelope({"type": "array", "items": one} if reading.paged else one, reading.paged)
    named = [path_parameter(name, "") for name in ("name", "number") if f"{{{name}}}" in path]
    query = [PARAMETERS[name] for name in (*reading.query, *(PAGING if reading.paged else ()))]
    statuses = [*([400] if query else []), 401, 403, *([404] if reading.found else [])]
    return {
        "operationId": reading.name,
        "summary": reading.summary,
        "tags": ["read"],
        "security": READERS,
        "parameters": [*named, *query],
        "responses": {"200": json_response("What was asked for.", schema)}
        | {str(status): refusal_response(status, {}) for status in statuses},
    }


def check_operation() -> Schema:
    report = thing("ok flag, says text, action action?, errors list, warnings list")
    report["properties"]["errors"] = {"type": "array", "items": ref("Finding")}
    return {
        "operationId": "check",
        "summary": "Any text in, plain words out: what it would do, or what is wrong with it",
        "tags": ["read"],
        "security": READERS,
        "parameters": [],
        "requestBody": {"required": True, "content": {"text/plain": {"schema": TEXT}}},
        "responses": {"200": json_response("The report.", envelope(report))}
        | {str(status): refusal_response(status, {}) for status in (401, 403, 413)},
    }


def json_response(text: str, schema: Schema) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": schema}}}
