"""Every refusal has a stable code. This list is all of them: the status of its answer, and its text in the docs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_TOLD: Final = 3  # faults that `errmsg` spells out; `errors` has them all


@dataclass(frozen=True, slots=True)
class Kind:
    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request was refused. `field` is as the sender spelled it, empty when no field is at fault."""

    code: str
    message: str
    field: str = ""

    @property
    def status(self) -> int:
        return CATALOGUE[self.code].status


REQUEST_KINDS: Final = {
    "method_not_allowed": Kind(405, "The webhook takes POST, `requests/{id}` takes GET."),
    "not_found": Kind(404, "There is nothing at this address, or it is not yours."),
    "invalid_key": Kind(401, "The key pair is unknown, wrong, expired, deleted, or its owner is disabled."),
    "too_many_wrong_keys": Kind(429, "Too many wrong key pairs came from this address; wait for `Retry-After`."),
    "rate_limited": Kind(429, "The key's rate limit is used up; wait for `Retry-After` seconds."),
    "body_too_large": Kind(413, "The body has more than 16384 bytes."),
    "body_too_slow": Kind(408, "The body did not arrive in time; nothing was done."),
    "unavailable": Kind(503, "Nothing was accepted and nothing will be executed; send it again after `Retry-After`."),
    "internal": Kind(503, "The request could not be handled; nothing was accepted. Operators have been told."),
}
KEY_KINDS: Final = {
    "not_subscribed": Kind(403, "The key's owner is not subscribed to the Trading Webhooks product."),
    "key_paused": Kind(403, "The key is paused; its owner can resume it on the Webhooks panel."),
    "address_not_allowed": Kind(403, "The key does not allow requests from the sender's address."),
    "action_not_allowed": Kind(403, "The key does not allow this action."),
    "account_not_allowed": Kind(403, "The key does not allow this account."),
    "account_suspended": Kind(403, "The account is suspended or closed."),
    "account_unknown": Kind(404, "The key's owner has no account of this name. Names are compared exactly."),
}
JSON_KINDS: Final = {
    "empty_body": Kind(400, "The body is empty."),
    "not_utf8": Kind(400, "The body is not UTF-8."),
    "not_json": Kind(400, "The body is not JSON. The message names line, column and the likely cause."),
    "not_an_object": Kind(400, "The body is JSON but not an object in braces."),
    "duplicate_field": Kind(400, "A field is given twice in one object; which one was meant?"),
    "misspelled_field": Kind(400, "A field differs from a known one only in case or separators."),
}
FIELD_KINDS: Final = {
    "required": Kind(400, "A field that this message needs is missing, null or empty."),
    "not_a_text": Kind(400, "The value must be a text in quotes."),
    "unsafe_text": Kind(400, "A name has control, invisible or direction-changing characters, or is not plain ASCII."),
    "too_long": Kind(400, "The text is longer than the field allows."),
    "not_a_number": Kind(400, 'The value must be a number, such as 1.5 or "1.5".'),
    "not_an_integer": Kind(400, "The value must be a whole number."),
    "not_a_flag": Kind(400, "The value must be true or false."),
    "too_many_digits": Kind(400, "The number has more than 18 significant digits."),
    "out_of_range": Kind(400, "The number is too large or too small to be meant."),
    "not_positive": Kind(400, "The number must be greater than zero."),
    "unknown_word": Kind(400, "The value is none of the words that the field knows."),
    "placeholder": Kind(400, "A placeholder of the sender's template was not replaced."),
    "ticks_fraction": Kind(400, "An offset in ticks must be a whole number of ticks."),
    "isin_invalid": Kind(400, "The ISIN's length or check digit is wrong."),
    "isin_mismatch": Kind(400, "The ISIN is not the instrument's."),
    "contract_month": Kind(400, "`contractMonth` is no date YYYY-MM-DD or YYYYMMDD and no month YYYY-MM or YYYYMM."),
}
RULE_KINDS: Final = {
    "not_for_type": Kind(400, "The field makes no sense for this order type."),
    "validity_not_for_type": Kind(
        400, "IOC and FOK contradict types that wait: Stop, Stop limit, Trailing stop, Care."
    ),
    "expire_date_not_allowed": Kind(400, "`expireDate` goes with validity GTD only."),
    "expire_date_past": Kind(400, "`expireDate` is in milliseconds since the epoch and must lie in the future."),
    "stop_loss_type_alone": Kind(400, "`stopLossType` is given without `stopLoss`."),
    "take_profit_type_alone": Kind(400, "`takeProfitType` is given without `takeProfit`."),
    "nothing_to_change": Kind(400, "A modification names no field to change."),
    "request_id_differs": Kind(400, "`requestId` and the header `Idempotency-Key` are both given and differ."),
    "request_id_reused": Kind(409, "The `requestId` was used within 24 hours with another body."),
    "symbol_unknown": Kind(404, "No instrument fits; the message names the nearest symbols or the choices."),
    "symbol_ambiguous": Kind(400, "Several instruments fit; the message names the field that decides and its choices."),
    "parked": Kind(422, "The command could not be executed because of an internal error; operators have been told."),
}
CATALOGUE: Final[dict[str, Kind]] = REQUEST_KINDS | KEY_KINDS | JSON_KINDS | FIELD_KINDS | RULE_KINDS


def errmsg_of(errors: Sequence[dict[str, str]]) -> str:
    """One line for people: every error, the first three spelled out."""
    lines = [f"{error['field']}: {error['message']}" if error["field"] else error["message"] for error in errors]
    more = f" and {len(lines) - MOST_TOLD} more" if len(lines) > MOST_TOLD else ""
    return "; ".join(lines[:MOST_TOLD]) + more


def error_body(faults: Iterable[Fault], warnings: Sequence[str] = ()) -> dict[str, Any]:
    """The JSON body of a refusal: both spellings of the outcome, the first code, all faults."""
    errors = [{"code": fault.code, "field": fault.field, "message": fault.message} for fault in faults]
    body: dict[str, Any] = {"s": "error", "status": "error", "code": errors[0]["code"], "errmsg": errmsg_of(errors)}
    body["errors"] = errors
    if warnings:
        body["warnings"] = list(warnings)
    return body


def status_of(code: str) -> int:
    return CATALOGUE[code].status if code in CATALOGUE else 422
