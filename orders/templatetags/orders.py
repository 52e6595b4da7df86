"""The words of orders as the screen spells them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template

from orders.models import Instrument, Order, OrderEvent
from orders.templatetags.numbers import NOTHING, grouped, places_of

register = template.Library()

STATE_WORDS = {
    "pending": "Pending",
    "working": "Working",
    "partially filled": "Partly filled",
    "filled": "Filled",
    "cancelled": "Cancelled",
    "rejected": "Rejected",
    "expired": "Expired",
    "inactive": "Sleeping",
}
# The look of a state that has none of its own name.
STATE_LOOKS = {"partially filled": "working", "inactive": "sleeping"}
EVENT_WORDS = {
    "placed": "Created",
    "modified": "Modified",
    "triggered": "Triggered",
    "trailed": "Trailed",
    "woken": "Awake",
    "resized": "Resized",
    "filled": "Executed",
    "cancelled": "Cancelled",
    "expired": "Expired",
    "rejected": "Rejected",
}
GUARD_UNITS = {"offset in ticks": "ticks", "tr. offset": "ticks, trailing", "offset in %": "%"}
LEGS = {"stopLoss": "SL", "takeProfit": "TP"}


@register.filter
def state_word(order: Order | OrderEvent) -> str:
    if getattr(order, "type", "") == "Care" and order.state in ("working", "partially filled"):
        return "With dealer"
    return STATE_WORDS.get(order.state, order.state)


@register.filter
def state_look(state: str) -> str:
    return STATE_LOOKS.get(state, state)


@register.filter
def event_word(kind: str) -> str:
    return EVENT_WORDS.get(kind, kind.capitalize())


@register.filter
def remaining(order: Order) -> Decimal:
    return order.qty - order.filled_qty


@register.filter
def side_word(side: str) -> str:
    return side.capitalize()


@register.filter
def guard(asked: dict[str, Any] | None, instrument: Instrument) -> str:
    """A stop loss or take profit as asked for: a price, or its distance."""
    if not asked:
        return NOTHING
    try:
        value = Decimal(str(asked.get("value")))
    except InvalidOperation:
        return NOTHING
    kind = str(asked.get("type", "absolute"))
    if kind not in GUARD_UNITS:
        return grouped(value, places_of(instrument.tick_size))
    return f"{grouped(value, max(0, -int(value.normalize().as_tuple().exponent)))} {GUARD_UNITS[kind]}"


@register.filter
def leg_word(leg: str) -> str:
    return LEGS.get(leg, "")


@register.filter
def facts(details: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Details of an event as people read them: [("stop price", "64000.5")]."""
    return [(spoken(name), str(value)) for name, value in (details or {}).items() if value not in (None, "")]


def spoken(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower()
