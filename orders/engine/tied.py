"""What the working orders would open, summed by instrument: kept with the book, so that no command adds up all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from orders.engine.order import Book, Order, Tie
from orders.engine.positions import opening_part
from orders.engine.values import ZERO, OrderType


def sums_of(book: Book) -> Mapping[Tie, Decimal]:
    """Brings the sums up to date with what has changed since they were last asked for.

    They are exact, so that it makes no difference in which order the shares were added and taken away.
    """
    ties = book.ties
    for order_id in _stale(book):
        _put(book, order_id, book.orders.get(order_id))
    ties.stale_orders, ties.stale_positions, ties.is_counted = set(), set(), True
    return ties.sums


def share_of(order: Order, book: Book) -> tuple[Tie, Decimal] | None:
    """What an order adds: each counted alone, guards and Care orders without a price nothing."""
    if order.leg is not None or order.state.is_final:
        return None
    position = book.positions.get(order.instrument_id)
    opening = opening_part(position.qty, order.side, order.remaining) if position else order.remaining
    if not opening:
        return None
    price = order.price if order.price is not None else order.stop_price
    if price is not None:
        return (order.instrument_id, None), opening * price
    return None if order.type is OrderType.CARE else ((order.instrument_id, order.side), opening)


def _stale(book: Book) -> Iterable[int]:
    ties = book.ties
    if not ties.is_counted:
        return [order.id for order in book.unfinished()]
    if not ties.stale_positions:
        return ties.stale_orders
    moved = (order for order in book.unfinished() if order.instrument_id in ties.stale_positions)
    return ties.stale_orders.union(o.id for o in moved if o.id in ties.against or _is_against(o, book))


def _is_against(order: Order, book: Book) -> bool:
    position = book.positions.get(order.instrument_id)
    return position is not None and position.qty * order.side.sign < 0


def _put(book: Book, order_id: int, order: Order | None) -> None:
    ties = book.ties
    ties.against.discard(order_id)
    if before := ties.shares.pop(order_id, None):
        ties.sums[before[0]] -= before[1]
    if order is not None and _is_against(order, book):
        ties.against.add(order_id)
    if order is not None and (share := share_of(order, book)):
        ties.shares[order_id] = share
        ties.sums[share[0]] = ties.sums.get(share[0], ZERO) + share[1]
