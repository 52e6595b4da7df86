"""Every refusal has a stable code. This list is all of them: the status of its answer, and its text in the docs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orders.engine.refusals import KINDS

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
    "method_not_allowed": Kind(
        405, "The address does not take this method: the webhook takes POST, `requests/{id}` GET. `Allow` says which."
    ),
    "not_found": Kind(404, "There is nothing at this address, or it is not yours."),
    "https_required": Kind(403, "The request came by plain http; secrets travel by https only."),
    "invalid_key": Kind(401, "The key pair is unknown, wrong, expired, deleted, or its owner is disabled."),
    "too_many_wrong_keys": Kind(429, "Too many wrong key pairs came from this address; wait for `Retry-After`."),
    "rate_limited": Kind(429, "The key's rate limit is used up; wait for `Retry-After` seconds."),
    "body_too_large": Kind(413, "The body is too large: the webhook takes 16384 bytes, the quote feed 1 MiB."),
    "body_too_slow": Kind(408, "The body did not arrive in time; nothing was done."),
    "unavailable": Kind(503, "Nothing was accepted and nothing will be executed; send it again after `Retry-After`."),
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
    "isin_invalid": Kind(400, "The ISIN's length or check digit is wrong."),
    "isin_mismatch": Kind(400, "The ISIN is not the instrument's."),
    "contract_month": Kind(400, "`contractMonth` is no date YYYY-MM-DD or YYYYMMDD and no month YYYY-MM or YYYYMM."),
}
RULE_KINDS: Final = {
    "request_id_differs": Kind(400, "`requestId` and the header `Idempotency-Key` are both given and differ."),
    "request_id_reused": Kind(409, "The `requestId` was used within 24 hours with another body."),
    "symbol_ambiguous": Kind(400, "Several instruments fit; the message names the field that decides and its choices."),
    "internal": Kind(422, "The command was not executed because of an internal error; operators have been told."),
}
# What the engine's refusals mean; their classes decide the status.
STATUS_OF_CLASS: Final = {"malformed": 400, "forbidden": 403, "unknown": 404, "final": 409, "refused": 422}
ENGINE_TEXTS: Final = {
    "qty_minimum": "`qty` is below the instrument's minimal lot.",
    "qty_maximum": "`qty` is above the instrument's maximum lot.",
    "qty_step": "`qty` is not a multiple of the instrument's lot step.",
    "price_tick": "A price is not a multiple of the instrument's tick.",
    "ticks_whole": "An offset in ticks must be a whole number of ticks.",
    "not_for_type": "The field makes no sense for this order type.",
    "validity_type": "IOC and FOK contradict types that wait: Stop, Stop limit, Trailing stop, Care.",
    "expire_date_required": "Validity GTD needs `expireDate`.",
    "expire_date_unexpected": "`expireDate` goes with validity GTD only.",
    "expire_date_past": "`expireDate` is in milliseconds since the epoch and must lie in the future.",
    "guard_type_alone": "`stopLossType` without `stopLoss`, or `takeProfitType` without `takeProfit`.",
    "nothing_to_change": "A modification names no field to change.",
    "order_differs": "A modification repeats a field of the order with a value that the order does not have.",
    "order_ids_disagree": "`orderId` and `clientOrderId` name different orders.",
    "amount_digits": "An amount has more decimals than the account's currency.",
    "halted": "Trading is halted for the account, the instrument or everywhere: nothing opens, closing works.",
    "symbol_unknown": "No instrument fits; the message names the nearest symbols or the choices.",
    "order_unknown": "The account has no such order.",
    "order_final": "The order is filled, cancelled, rejected or expired already; the message names its state.",
    "client_order_id_taken": "An open order of the account has this `clientOrderId`; the message names its id.",
    "guard_is_order": "The stop loss or take profit works as an order of its own; the message names its id.",
    "instrument_closed": "The instrument is closed for trading.",
    "contract_expired": "The contract's last trading day has passed.",
    "out_of_session": "Market, IOC and FOK orders are refused outside of the trading session.",
    "no_quote": "The instrument has no price yet.",
    "quote_age": "The last price is older than the instrument allows; the message names its time.",
    "price_limits": "A price is outside of the instrument's price limits.",
    "stop_through": "The stop price is already through the market.",
    "fok": "A FOK order cannot be filled whole at once.",
    "no_rate": "There is no exchange rate between the instrument's and the account's currency.",
    "margin": "The available amount does not suffice; the message names what is required and available.",
    "short_not_allowed": "The instrument cannot be sold short.",
    "cash_too_small": "`cashOrderQty` buys less than the minimal lot; the message names what that costs.",
    "stop_loss_side": "The stop loss is on the wrong side of the entry.",
    "take_profit_side": "The take profit is on the wrong side of the entry.",
    "qty_below_filled": "The new `qty` is below what is filled.",
    "leg_qty": "The quantity of a stop loss or take profit follows its position.",
    "triggered": "The order has triggered; only its limit price can be changed.",
    "withdrawal": "The withdrawal is more than is available.",
    "max_order_amount": "Risk rule maxOrderAmount: the opening part of the order is too large.",
    "max_order_capital": "Risk rule maxOrderCapital: the opening part of the order is worth too much.",
    "max_orders_count": "Risk rule maxOrdersCount: too many placements and modifications today.",
    "max_pending_orders_number": "Risk rule maxPendingOrdersNumber: too many working orders.",
    "max_positions_number": "Risk rule maxPositionsNumber: too many positions.",
    "total_max_position_qty": "Risk rule totalMaxPositionQty: too many lots in positions and orders.",
    "daily_loss_limit": "Risk rule dailyLossLimit: nothing opens until the next trading day.",
    "max_drawdown_level": "Risk rule maxDrawdownLevel: nothing opens until the next trading day.",
    "not_care": "Only Care orders are for dealers.",
    "dealer_qty": "The dealer's quantity is more than remains of the order, or off its lot step.",
    "dealer_price": "The dealer's price is worse than the order's limit, or off the tick.",
}
ENGINE_KINDS: Final = {code: Kind(STATUS_OF_CLASS[KINDS[code]], text) for code, text in ENGINE_TEXTS.items()}
CATALOGUE: Final[dict[str, Kind]] = REQUEST_KINDS | KEY_KINDS | JSON_KINDS | FIELD_KINDS | RULE_KINDS | ENGINE_KINDS
# Of the read API and the quote feed alone.
API_KINDS: Final = {
    "bad_query": Kind(400, "A parameter after `?` is malformed; the message names it and says what it takes."),
    "invalid_token": Kind(401, "The quote feed's token is missing or wrong."),
    "permission_denied": Kind(403, "A page of the terminal posted without its CSRF token."),
}
# Why the quote feed did not take one of many: these, or a code of the catalogue.
QUOTE_REASONS: Final = {
    "crossed": "The bid is above the ask.",
    "time": "`time` is neither ISO 8601 with a zone nor whole milliseconds since the epoch.",
    "too_old": "It is older than the instrument's last quote.",
    "in_the_future": "It is more than 5 s ahead of the database's clock.",
}


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
