"""The doors beside the webhook: the books, *Check*, the quote feed. What each takes, answers and refuses with.

The OpenAPI document, the reference page and the tables of docs/read-api.md read this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webhooks.errors import API_KINDS, CATALOGUE, JSON_KINDS

KINDS: Final = CATALOGUE | API_KINDS
# Whoever comes with a key pair or a session may hear these at every door.
AT_THE_DOOR: Final = (
    *("https_required", "invalid_key", "key_paused", "address_not_allowed", "too_many_wrong_keys"),
    *("method_not_allowed", "unavailable"),
)
PARAMETERS: Final = {
    "limit": "Rows in a page: 100, at most 500 (of requests 200).",
    "cursor": "`next` of the page before.",
    "state": "Orders in this state only; read like every enumeration.",
    "orderId": "Trades of this order only.",
}


@dataclass(frozen=True, slots=True)
class Door:
    """`name` is the operation's id; `thing` is what stands in `d`, each of many if `paged`."""

    path: str
    name: str
    summary: str
    thing: str
    method: str = "GET"
    paged: bool = False
    chosen_by: tuple[str, ...] = ()
    more_codes: tuple[str, ...] = ()
    is_of_feed: bool = False

    @property
    def query(self) -> tuple[str, ...]:
        return (*self.chosen_by, *(("limit", "cursor") if self.paged else ()))

    @property
    def codes(self) -> list[str]:
        """What it may refuse with, as the catalogue has them."""
        always = ("invalid_token", "method_not_allowed", "unavailable") if self.is_of_feed else AT_THE_DOOR
        told = {*always, *self.more_codes, *(("bad_query",) if self.query else ())}
        return [code for code in KINDS if code in told]

    @property
    def statuses(self) -> list[int]:
        return sorted({KINDS[code].status for code in self.codes})


DOORS: Final = (
    Door("/api/v1/accounts", "listAccounts", "Your accounts with their figures", "Account", paged=True),
    Door("/api/v1/accounts/{name}", "readAccount", "One account", "Account", more_codes=("not_found",)),
    Door(
        "/api/v1/accounts/{name}/orders",
        "listOrders",
        "Orders, newest first",
        "Order",
        paged=True,
        chosen_by=("state",),
        more_codes=("not_found",),
    ),
    Door(
        "/api/v1/accounts/{name}/positions",
        "listPositions",
        "Positions; `qty` below zero is short",
        "Position",
        paged=True,
        more_codes=("not_found",),
    ),
    Door(
        "/api/v1/accounts/{name}/fills",
        "listFills",
        "Trades, newest first",
        "Fill",
        paged=True,
        chosen_by=("orderId",),
        more_codes=("not_found",),
    ),
    Door(
        "/api/v1/accounts/{name}/ledger",
        "listLedger",
        "Every change of the balance, newest first; the amounts add up to it",
        "LedgerEntry",
        paged=True,
        more_codes=("not_found",),
    ),
    Door(
        "/api/v1/orders/{number}",
        "readOrder",
        "One order with its events: what happened, when, by whom, and why",
        "OrderWithEvents",
        more_codes=("not_found",),
    ),
    Door("/api/v1/instruments", "listInstruments", "Terms and last prices", "Instrument", paged=True),
    Door(
        "/api/v1/requests",
        "listRequests",
        "What your keys received, newest first, and how it was answered",
        "Request",
        paged=True,
    ),
    Door(
        "/api/v1/requests/{number}",
        "readRequest",
        "One request, by the `X-Request-Id` of its answer",
        "Request",
        more_codes=("not_found",),
    ),
    Door(
        "/api/v1/check",
        "check",
        "Any text in, plain words out: what it would do, or what is wrong with it",
        "Report",
        "POST",
        more_codes=("permission_denied", "body_too_large"),
    ),
    Door(
        "/api/v1/quotes",
        "postQuotes",
        "Prices of a feed: one quote or a list; when it answers, what they trigger is in the trays",
        "Taken",
        "POST",
        more_codes=(
            *(code for code in JSON_KINDS if code not in ("not_an_object", "misspelled_field")),
            "body_too_large",
        ),
        is_of_feed=True,
    ),
)
DOOR: Final = {door.path: door for door in DOORS}
