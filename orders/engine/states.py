"""The life of an order: one table. What is not in it is a bug that raises."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from orders.engine.values import State


class Step(StrEnum):
    """What can happen to an order's state."""

    ACCEPT = "accept"
    SLEEP = "sleep"
    WAKE = "wake"
    FILL_PART = "fill part"
    FILL = "fill"
    CANCEL = "cancel"
    EXPIRE = "expire"
    REJECT = "reject"


TABLE: Final[dict[tuple[State, Step], State]] = {
    (State.PENDING, Step.ACCEPT): State.WORKING,
    (State.PENDING, Step.SLEEP): State.INACTIVE,
    (State.PENDING, Step.REJECT): State.REJECTED,
    (State.INACTIVE, Step.WAKE): State.WORKING,
    (State.INACTIVE, Step.CANCEL): State.CANCELLED,
    (State.INACTIVE, Step.EXPIRE): State.EXPIRED,
    (State.WORKING, Step.SLEEP): State.INACTIVE,
    (State.WORKING, Step.FILL_PART): State.PARTIALLY_FILLED,
    (State.WORKING, Step.FILL): State.FILLED,
    (State.WORKING, Step.CANCEL): State.CANCELLED,
    (State.WORKING, Step.EXPIRE): State.EXPIRED,
    (State.WORKING, Step.REJECT): State.REJECTED,
    (State.PARTIALLY_FILLED, Step.SLEEP): State.INACTIVE,
    (State.PARTIALLY_FILLED, Step.FILL_PART): State.PARTIALLY_FILLED,
    (State.PARTIALLY_FILLED, Step.FILL): State.FILLED,
    (State.PARTIALLY_FILLED, Step.CANCEL): State.CANCELLED,
    (State.PARTIALLY_FILLED, Step.EXPIRE): State.EXPIRED,
}


class ImpossibleError(Exception):
    """A step that an order in this state cannot take."""


def after(state: State, step: Step) -> State:
    try:
        return TABLE[state, step]
    except KeyError:
        raise ImpossibleError(f"an order that is {state} cannot {step}") from None
