"""A request on its way into the tray."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum

from orders.intake import Slip
from webhooks.logbook import Row


class Repeat(Enum):
    """Why a request counts as one that was sent before."""

    NO = 0
    REQUEST_ID = 1
    ORPHAN = 2  # the first was never answered
    WINDOW = 3  # the key drops identical bodies


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a request's command lies: its own, or that of the request it repeats."""

    account_id: int
    seq: int
    order_id: int | None
    repeat: Repeat = Repeat.NO
    same_body: bool = True


@dataclass(slots=True)
class Entry:
    """`until` is the latest moment for an answer, on the monotonic clock."""

    slip: Slip
    row: Row
    until: float
    identical_window: int = 0
    tries: int = 0
    placed: asyncio.Future[Placed] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    truth: asyncio.Future[Placed] | None = None  # while nobody knows whether it was committed

    @property
    def is_forsaken(self) -> bool:
        """Whether nobody hears any more where the command lies."""
        return self.placed.done() and (self.truth is None or self.truth.done())
