"""Answers of the webhook: always JSON, always both spellings of the outcome."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from webhooks.errors import Fault, error_body, status_of

RETRY_SECONDS: Final = 2
HEADERS: Final = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
COMPACT: Final = json.JSONEncoder(separators=(",", ":"))
# The order in which people read an answer and an outcome.
BODY_FIELDS: Final = ("s", "status", "code", "errmsg", "errors", "field", "message", "d", "warnings")
OUTCOME_FIELDS: Final = ("orderId", "state", "requestId", "clientOrderId")


@dataclass(slots=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    raw: bytes = b""

    @property
    def code(self) -> str:
        return self.body.get("code", "")

    @property
    def is_pending(self) -> bool:
        return self.status == 200 and self.body["d"].get("state") == "pending"

    def encoded(self) -> bytes:
        """As it leaves; from then on the body stays as it is."""
        self.raw = self.raw or COMPACT.encode(self.body).encode()
        return self.raw


def ok(d: Mapping[str, Any], warnings: Sequence[str] = ()) -> Answer:
    body: dict[str, Any] = {"s": "ok", "status": "ok", "d": in_order(d, OUTCOME_FIELDS)}
    if warnings:
        body["warnings"] = list(warnings)
    return Answer(200, body)


def in_order(members: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The named members first, then the others."""
    first = {name: members[name] for name in names if name in members}
    return first | {name: value for name, value in members.items() if name not in first}


def kept(status: int, body: Mapping[str, Any]) -> Answer:
    """An answer out of the delivery log, which does not keep the order of members."""
    found = in_order(body, BODY_FIELDS)
    for name, value in found.items():
        if name == "errors":
            found[name] = [in_order(error, BODY_FIELDS) for error in value]
        elif name == "d":
            found[name] = in_order(value, OUTCOME_FIELDS)
    return Answer(status, found)


def refused(faults: Sequence[Fault], warnings: Sequence[str] = (), retry_after: float | None = None) -> Answer:
    """A refusal; its status is the first fault's."""
    answer = Answer(faults[0].status, error_body(faults, warnings))
    if retry_after is not None:
        answer.headers.append((b"retry-after", b"%d" % max(1, math.ceil(retry_after))))
    return answer


def unavailable() -> Answer:
    message = "nothing was accepted and nothing will be executed; please send it again"
    return refused([Fault("unavailable", message)], retry_after=RETRY_SECONDS)


def method_not_allowed(allowed: str) -> Answer:
    answer = refused([Fault("method_not_allowed", f"this address takes {allowed}")])
    answer.headers.append((b"allow", allowed.encode()))
    return answer


def closing(fault: Fault) -> Answer:
    """A refusal before the body was read whole: the rest of it is not waited for."""
    answer = refused([fault])
    answer.headers.append((b"connection", b"close"))
    return answer


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request stands in its answer, whenever that is made."""

    order_id: int | None
    client_order_id: str
    request_id: str | None
    warnings: Sequence[str]

    def named(self) -> dict[str, Any]:
        found = {"orderId": self.order_id, "requestId": self.request_id, "clientOrderId": self.client_order_id}
        return {name: value for name, value in found.items() if value}


def of_outcome(asked: Asked, outcome: Mapping[str, Any] | None) -> Answer:
    """The answer once the engine has decided; `pending` before."""
    if outcome is None:
        return ok(asked.named() | {"state": "pending"}, asked.warnings)
    d = asked.named() | dict(outcome.get("d") or {})
    if outcome.get("ok"):
        return ok(d, asked.warnings)
    errors = outcome["errors"]
    faults = [Fault(error["code"], error["message"], error.get("field") or "") for error in errors]
    body = error_body(faults, asked.warnings)
    if outcome.get("d"):
        body["d"] = d
    return Answer(status_of(faults[0].code), body)


async def send_to(send: Callable[[dict[str, Any]], Awaitable[None]], answer: Answer, request_id: str) -> None:
    body = answer.encoded()
    headers = [*HEADERS, (b"content-length", b"%d" % len(body)), (b"x-request-id", request_id.encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers + answer.headers})
    await send({"type": "http.response.body", "body": body})
