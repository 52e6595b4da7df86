"""Reads a message: a typed slip for the engine, or every fault at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orders.engine.commands import KEEP, Cancel, Modify, Place
from orders.intake import Selectors
from orders.strict_json import NotJsonError, parse
from webhooks import changes, fields, hints, rules
from webhooks.draft import Draft
from webhooks.errors import Fault
from webhooks.hints import shown
from webhooks.shape import FIELD, FIELD_OF_SPELLING, Action, squeezed

IDEMPOTENCY_HEADER = "Idempotency-Key"
MOST_WARNINGS = 20

Command = Place | Modify | Cancel
READERS: Final[dict[Action, Callable[[Draft], tuple[Command, Selectors | None]]]] = {
    Action.PLACE: rules.read_place,
    Action.MODIFY: changes.read_modify,
    Action.CANCEL: changes.read_cancel,
}


@dataclass(slots=True)
class Message:
    """What the sender wants. The command waits for its instrument (and for its ids, which the tray gives)."""

    action: Action
    account_name: str
    command: Command
    selectors: Selectors | None
    request_id: str | None
    client_order_id: str
    dry_run: bool
    warnings: list[str] = field(default_factory=list)
    # Faults in strikePrice and strikeType: only an option reads them, and the type is not known yet.
    doubtful: list[Fault] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """What is asked, in a few words for the log of requests."""
        return summary_of(self.command, self.selectors)[:160]


class MessageRefusedError(Exception):
    """Every fault of a message, and what could be read of it nevertheless."""

    def __init__(self, faults: list[Fault], draft: Draft | None = None) -> None:
        super().__init__(faults[0].message)
        self.faults = faults
        self.warnings: list[str] = draft.warnings if draft else []
        self.action: str = draft.action.value if draft and draft.action else ""
        self.account_name: str = draft.values.get("accountName", "") if draft else ""
        self.request_id: str | None = draft.values.get("requestId") if draft else None
        self.dry_run: bool = draft.values.get("dryRun", False) if draft else False


def read_message(raw: bytes | str, now: datetime, idempotency_key: str = "") -> Message:
    """The message in a body. Raises MessageRefusedError; whatever the bytes are, nothing else."""
    draft = Draft(object_in(raw), now)
    sort_names(draft)
    read_request_id(draft, idempotency_key)
    draft.action = draft.read("action")
    draft.read("accountName")
    draft.read("dryRun")
    if draft.action is None:
        draft.require("action", "accountName")
        raise MessageRefusedError(draft.faults, draft)
    command, selectors = READERS[draft.action](draft)
    draft.require("accountName")
    if draft.faults:
        raise MessageRefusedError([*draft.faults, *draft.doubtful], draft)
    return Message(
        draft.action,
        draft.values["accountName"],
        command,
        selectors,
        draft.values.get("requestId"),
        draft.values.get("clientOrderId", ""),
        draft.values.get("dryRun", False),
        draft.warnings[:MOST_WARNINGS],
        draft.doubtful,
    )


def object_in(raw: bytes | str) -> dict[str, Any]:
    try:
        found = parse(raw)
    except NotJsonError as error:
        names = error.names or (hints.field_before(error),)
        message = hints.of_broken_json(error)
        raise MessageRefusedError([Fault(error.code, message, shown(name, 64)) for name in names[:20]]) from None
    if not isinstance(found, dict):
        message = f"the message must be a JSON object in braces, not {shown(fields.json_word(found))}"
        raise MessageRefusedError([Fault("not_an_object", message)])
    return found


def sort_names(draft: Draft) -> None:
    """Known fields are kept; near misses are faults, other names are told of and ignored."""
    for name in [name for name in draft.given if name not in FIELD]:
        del draft.given[name]
        meant = FIELD_OF_SPELLING.get(squeezed(name))
        if meant is not None:
            draft.fault("misspelled_field", f"did you mean {meant.name}?", shown(name, 64))
            draft.suspect.add(meant.name)
        elif len(draft.warnings) < MOST_WARNINGS:
            hint = hints.of_name(name)
            draft.warnings.append(f"{shown(name, 64)}: unknown field, ignored" + (f" ({hint})" if hint else ""))


def read_request_id(draft: Draft, idempotency_key: str) -> None:
    """From the body or the header; both may be given when they are equal."""
    in_body = draft.read("requestId")
    if fields.is_absent(idempotency_key):
        return
    try:
        in_header = fields.read(FIELD["requestId"], idempotency_key)
    except fields.UnreadableError as error:
        draft.fault(error.code, error.message, IDEMPOTENCY_HEADER)
        return
    if in_body is not None and in_body != in_header:
        draft.fault("request_id_differs", f"differs from the header {IDEMPOTENCY_HEADER}", "requestId")
    draft.values["requestId"] = in_header


def summary_of(command: Command, selectors: Selectors | None) -> str:
    if isinstance(command, Place):
        amount = f"{command.qty:f}" if command.qty is not None else f"{command.cash_qty:f} cash"
        price = f" @ {command.price:f}" if command.price is not None else ""
        symbol = selectors.symbol if selectors else ""
        return f"{command.side.capitalize()} {amount} {symbol} {command.type}{price}"
    order = f"#{command.order_id}" if command.order_id else command.client_order_id
    if isinstance(command, Cancel):
        return f"Cancel {order}"
    return f"Modify {order} {', '.join(changed_names(command))}"


def changed_names(command: Modify) -> list[str]:
    names = ("price", "stop_price", "qty", "validity", "expire_at", "stop_loss", "take_profit", "trail_ticks")
    return [name.replace("_", " ") for name in names if getattr(command, name) is not KEEP]
