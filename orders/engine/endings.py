"""How orders end without filling, and what ends with them."""

from __future__ import annotations

from datetime import datetime

from orders.engine.events import OrderCancelled, OrderExpired, OrderRejected
from orders.engine.order import Order
from orders.engine.states import Step
from orders.engine.turn import Turn
from orders.engine.values import State

LONGEST_REASON = 255


def cancel(turn: Turn, order: Order, reason: str = "") -> None:
    _end(turn, order, Step.CANCEL, OrderCancelled, reason)


def expire(turn: Turn, order: Order) -> None:
    _end(turn, order, Step.EXPIRE, OrderExpired, "")


def reject(turn: Turn, order: Order, reason: str) -> None:
    _end(turn, order, Step.REJECT, OrderRejected, reason)


def _end(
    turn: Turn,
    order: Order,
    step: Step,
    kind: type[OrderCancelled] | type[OrderExpired] | type[OrderRejected],
    reason: str,
) -> None:
    order.reason = reason[:LONGEST_REASON]
    turn.step(order, step)
    turn.note(kind, order, *([("reason", reason)] if reason else []))
    release_sleepers(turn, order)


def release_sleepers(turn: Turn, parent: Order) -> None:
    """What still sleeps when its order ends will never wake."""
    if parent.stop_loss is None and parent.take_profit is None:
        return
    for leg in turn.book.legs_of(parent.id):
        if leg.state is State.INACTIVE:
            cancel(turn, leg, f"order {parent.id} is {parent.state}")


def expire_if_due(turn: Turn, order: Order) -> bool:
    """Expires an order whose time is up; nothing else may happen to it."""
    return _expire_by(turn, order, turn.now)


def expire_if_late(turn: Turn, order: Order) -> bool:
    """The same by the moment at which the market is met."""
    return _expire_by(turn, order, turn.moment)


def _expire_by(turn: Turn, order: Order, moment: datetime) -> bool:
    if order.state.is_final or order.expire_at is None or order.expire_at > moment:
        return False
    expire(turn, order)
    return True
