"""An operator's act from the tray to its outcome, whether or not workers are running."""

from __future__ import annotations

from typing import Any

from orders.engine.commands import Command
from orders.execution import drain
from orders.intake import Accepted, Slip, outcome_of, submit
from orders.wire import hang_up

PATIENCE_SECONDS = 10.0


class NotDone(Exception):  # noqa: N818  an answer, no fault
    """Why an operator's act has not happened, in one line."""


def act(account_id: int, command: Command, origin: dict[str, Any]) -> dict[str, Any]:
    """Puts the command in and carries it out. Raises NotDone when it is refused."""
    return carry_out(submit(Slip(account_id, command, origin)))


def carry_out(accepted: Accepted) -> dict[str, Any]:
    """The outcome's `d`. This process lends a hand, in case no worker is there to."""
    try:
        drain(accepted.account_id)
    finally:
        hang_up()
    outcome = outcome_of(accepted.account_id, accepted.seq, PATIENCE_SECONDS)
    if outcome is None:
        raise NotDone(f"accepted as number {accepted.seq} of the tray, but not carried out yet")
    return done(outcome)


def done(outcome: dict[str, Any]) -> dict[str, Any]:
    """Of an outcome what was done. Raises NotDone when it was refused."""
    if outcome["ok"]:
        return outcome.get("d") or {}
    errors = outcome.get("errors") or [{"message": "refused"}]
    raise NotDone(
        "; ".join(f"{one['field']}: {one['message']}" if one.get("field") else one["message"] for one in errors)
    )
