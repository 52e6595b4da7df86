"""Whether a modified order enters the market anew, and whether it may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orders.engine import admission, bars
from orders.engine.offers import price_for
from orders.engine.order import Order
from orders.engine.refusals import refusal
from orders.engine.turn import Turn
from orders.engine.validity import rule_of
from orders.engine.values import Refusal
from orders.engine.wakes import LISTENING

ENTERS_ANEW = frozenset({"price", "stop_price", "trail_ticks"})  # and what may not rest any more


def enters(order: Order, changes: dict[str, Any]) -> bool:
    anew = changes.keys() & ENTERS_ANEW or ("validity" in changes and not rule_of(order.validity).may_rest)
    return bool(anew) and order.state in LISTENING


def has_taken(turn: Turn, order: Order, changes: dict[str, Any]) -> bool:
    """Whether an order that must fill at once has had its part of the present quote already."""
    quote = turn.market.quote(order.instrument_id)
    rests = "validity" not in changes or rule_of(order.validity).may_rest
    if rests or quote is None or not order.filled_qty:
        return False
    return quote.seq <= order.seen_seq and quote.size_for(order.side) is not None


def faults(turn: Turn, order: Order, draft: Order, changes: dict[str, Any]) -> Iterator[Refusal]:
    """Only what enters anew must please the market; a fill or kill must be able to fill whole."""
    if not enters(draft, changes):
        if "validity" in changes:
            yield from admission.faults_of_calendar(turn, draft, turn.instrument_of(order))
        return
    found = admission.faults_of_market(turn, draft)
    yield from found
    if rule_of(draft.validity).all_at_once and not found and (why := _kept_from_filling(turn, order, draft, changes)):
        yield refusal("fok", f"cannot be filled at once: {why}")


def _kept_from_filling(turn: Turn, order: Order, draft: Order, changes: dict[str, Any]) -> str:
    if has_taken(turn, draft, changes):
        return "the order has taken its part of the last quote"
    quote = turn.market.quote(order.instrument_id)
    price = price_for(draft, quote, arriving=True) if quote else None
    if price is None:
        return "there is no price"
    bar = bars.bar_to_fill(turn, draft, draft.remaining, price, working=order)
    if bar is None:
        return ""
    halt = bars.halt(turn, draft)
    return bar.reason or (halt.text if halt else "")
