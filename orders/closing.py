"""What ends or turns a position: market orders against it, in parts that the instrument allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from accounts.models import TradingAccount
from orders.decimals import trimmed
from orders.engine.commands import Command, Place
from orders.engine.terms import faults_of_qty
from orders.engine.values import OrderType, Side
from orders.instruments import terms_of
from orders.intake import Slip, outcome_of, submit_all
from orders.models import Position
from orders.written import Written

WAIT_SECONDS: Final = 2.0
MOST_AT_ONCE: Final = 500

Outcome = dict[str, Any] | None


def against(position: Position, qty: Decimal) -> list[Place]:
    """Market orders that trade so much against a position: one, or several where it exceeds the largest order."""
    side = Side.SELL if position.qty > 0 else Side.BUY
    number = position.instrument_id
    return [
        Place(0, number, OrderType.MARKET, side, part) for part in parts_of(qty, trimmed(position.instrument.max_lot))
    ]


def parts_of(qty: Decimal, largest: Decimal) -> Iterator[Decimal]:
    while qty > 0:
        part = min(qty, largest)
        yield trimmed(part)
        qty -= part


def qty_to_close(position: Position, written: Written) -> Decimal | None:
    """So much of the position as was written, or None and the fault."""
    held = trimmed(abs(position.qty))
    qty = written.number("qty")
    if qty is None:
        if not written.faults:
            written.fault("qty", "is required")
        return None
    if qty > held:
        written.fault("qty", f"must be at most the position, {held:f} lots")
    elif qty != held:  # the whole may be closed whatever the terms have become
        terms = terms_of([position.instrument_id])[position.instrument_id]
        written.refuse(fault for fault in faults_of_qty(qty, terms) if fault.code != "qty_maximum")
    return None if written.faults else qty


def carry_out(
    account: TradingAccount, commands: Sequence[Command], user: str, token: str | None = None
) -> list[Outcome]:
    """Puts the commands in together and waits for what becomes of them. The token makes a second sending nothing."""
    origin = {"kind": "user", "user": user}
    names = [f"{token}-{number}" if token else None for number in range(len(commands))]
    slips = [
        Slip(account.pk, command, origin, request_id=name)
        for command, name in zip(commands[:MOST_AT_ONCE], names, strict=False)
    ]
    accepted = submit_all(slips) if slips else []
    # Commands of one account are decided in their order: waiting for the last is waiting for all.
    if accepted:
        outcome_of(account.pk, accepted[-1].seq, WAIT_SECONDS)
    return [outcome_of(account.pk, one.seq, 0) for one in accepted]


def reasons_of(outcomes: Sequence[Outcome]) -> str:
    """Why some were refused; each reason once."""
    refused = [error for outcome in outcomes if outcome and not outcome.get("ok") for error in outcome["errors"]]
    return "; ".join(dict.fromkeys(str(error.get("message", "")) for error in refused))


def summed_up(outcomes: Sequence[Outcome], title: str, failed: str) -> dict[str, str]:
    """What became of them, for the toast."""
    if reasons := reasons_of(outcomes):
        done = sum(bool(outcome and outcome.get("ok")) for outcome in outcomes)
        told = f"{done} of {len(outcomes)} done. " if len(outcomes) > 1 else ""
        return {"kind": "fault", "title": failed, "text": told + reasons}
    if any(outcome is None for outcome in outcomes):
        return {"kind": "done", "title": "Accepted", "text": "The engine has it in its tray."}
    return {"kind": "done", "title": title, "text": ""}
