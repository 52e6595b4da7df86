"""A dry run: validated, priced and judged like the real thing, answered with what would happen. Nothing is placed.

A message with `dryRun` leaves the way of an order before the tray. What it meets instead is a rehearsal, which works on
a copy of the book and cannot write.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from orders.reading import rehearse
from webhooks.answers import Answer, Asked, of_outcome
from webhooks.ordering import Order
from webhooks.payloads import Message

# Nothing is lost with a trial: rather an early 503 than a late one.
SPARE_SECONDS: Final = 0.5
LEAST_SECONDS: Final = 0.25
USED_UP: Final = (
    "requestId: used within 24 hours already; the real message would be taken as a repeat and not be carried out: the "
    "first answer again when its body is the same, else 409"
)


async def rehearsed(message: Message, order: Order, seconds: float) -> Answer:
    """What the message would come to now. Raises TimeoutError, or the database's trouble."""
    outcome = asyncio.wrap_future(rehearse(order.account_id, order.command, message.request_id))
    return answer_of(message, order, await asyncio.wait_for(outcome, max(seconds - SPARE_SECONDS, LEAST_SECONDS)))


def rehearsed_here(message: Message, order: Order, seconds: float) -> Answer:
    """The same outside of an event loop."""
    outcome = rehearse(order.account_id, order.command, message.request_id)
    try:
        return answer_of(message, order, outcome.result(seconds))
    finally:
        outcome.cancel()  # nobody waits for it any more


def answer_of(message: Message, order: Order, outcome: dict[str, Any]) -> Answer:
    warnings = [*order.warnings, *([USED_UP] if outcome.get("saidBefore") else [])]
    asked = Asked(None, message.client_order_id, message.request_id, warnings)
    return as_dry_run(of_outcome(asked, outcome))


def as_dry_run(answer: Answer) -> Answer:
    """The answer, saying in `d` that it tells of a test."""
    answer.body["d"] = {"dryRun": True} | answer.body.get("d", {})
    return answer
