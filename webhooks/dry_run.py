"""A dry run: validated, priced and judged like the real thing, answered with what would happen. Nothing is placed.

A message with `dryRun` leaves the way of an order before the tray. What it meets instead is a rehearsal, which works on
a copy of the book and cannot write.
"""

from __future__ import annotations

import asyncio
from typing import Any

from orders.reading import rehearse
from webhooks.answers import Answer, Asked, of_outcome
from webhooks.ordering import Order
from webhooks.payloads import Message


async def rehearsed(message: Message, order: Order, seconds: float) -> Answer:
    """What the message would come to now. Raises TimeoutError, or the database's trouble."""
    outcome = asyncio.wrap_future(rehearse(order.account_id, order.command))
    return answer_of(message, order, await asyncio.wait_for(outcome, seconds))


def rehearsed_here(message: Message, order: Order, seconds: float) -> Answer:
    """The same outside of an event loop."""
    return answer_of(message, order, rehearse(order.account_id, order.command).result(seconds))


def answer_of(message: Message, order: Order, outcome: dict[str, Any]) -> Answer:
    asked = Asked(None, message.client_order_id, message.request_id, order.warnings)
    return as_dry_run(of_outcome(asked, outcome))


def as_dry_run(answer: Answer) -> Answer:
    """The answer, saying in `d` that it tells of a test."""
    answer.body["d"] = {"dryRun": True} | answer.body.get("d", {})
    return answer
