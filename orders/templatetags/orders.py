"""The words of orders as the screen spells them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template

from orders.models import Instrument, Order, OrderEvent
from orders.templatetags.numbers import NOTHING, grouped, places_of, price_places

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
GUARD_FORMS = {"offset in ticks": "{}\u00a0ticks", "tr. offset": "tr.\u00a0{}\u00a0ticks", "offset in %": "{}\u00a0%"}
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
    if kind not in GUARD_FORMS:
        return grouped(value, price_places(instrument))
    return GUARD_FORMS[kind].format(grouped(value, places_of(value)))


@register.filter
def leg_word(leg: str) -> str:
    return LEGS.get(leg, "")


@register.filter
def happened(event: OrderEvent, order: Order | None) -> list[tuple[str, str]]:
    """What an event's line says beyond its name: [("stop price", "64000.5")]. A name may be empty."""
    details = event.details or {}
    if order is None:
        return [(spoken(name), str(value)) for name, value in details.items()]
    if event.kind == "filled":
        return [("", traded(details, order.instrument))]
    if event.kind == "placed":  # the rest stands in the line already
        details = {name: value for name, value in details.items() if name not in SHOWN_IN_LINE}
    elif event.kind in ("rejected", "cancelled") and not details and order.reason:
        details = {"": order.reason}
    found = [(name, in_its_unit(name, str(value), order)) for name, value in details.items() if value not in (None, "")]
    return [(FACT_WORDS.get(name, spoken(name)), value) for name, value in found]


SHOWN_IN_LINE = {"type", "side", "qty", "price", "instrument", "symbol"}
FACT_WORDS = {"reason": "", "qty": "quantity", "trStopOffset": "trails by", "clientOrderId": "client’s name"}
PRICES = {"price", "stopPrice", "bid", "ask"}


def in_its_unit(name: str, value: str, order: Order) -> str:
    """Prices and quantities at the instrument's decimals, alone or as "before → after"; other words as they are."""
    if name in PRICES:
        places = price_places(order.instrument)
    elif name == "qty":
        places = places_of(order.instrument.lot_step)
    elif name in LEGS and value != "removed":
        number, _, kind = value.partition(" ")
        return guard({"value": number, "type": kind}, order.instrument)
    else:
        return f"{value} ticks" if name == "trStopOffset" else value
    return " → ".join(grouped(Decimal(one), places) if NUMBER.fullmatch(one) else one for one in value.split(" → "))


NUMBER = re.compile(r"-?\d+(\.\d+)?")


def traded(details: dict[str, Any], instrument: Instrument) -> str:
    """0.250 @ 64 250.50"""
    try:
        qty, at = Decimal(str(details["qty"])), Decimal(str(details["price"]))
    except (KeyError, InvalidOperation):
        return ""
    return f"{grouped(qty, places_of(instrument.lot_step))} @ {grouped(at, price_places(instrument))}"


def spoken(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower()


# --- Forms ------------------------------------------------------------------------------------------------

GUARD_UNITS = {"absolute": "price", "offset in ticks": "ticks", "tr. offset": "ticks, trailing", "offset in %": "%"}


@register.filter
def under(faults: dict[str, list[str]], name: str) -> list[str]:
    """The faults of one field."""
    return faults.get(name, []) if faults else []


@register.filter
def guard_unit(type_: str) -> str:
    return GUARD_UNITS.get(str(type_), str(type_))


@register.filter
def barred(word: str) -> str:
    """`Stop` as one of `|Stop|Stop limit|`."""
    return f"|{word}|"


@register.filter
def value_of(values: dict[str, str], name: str) -> str | None:
    """What was written into a field whose name is not known before."""
    return values.get(name)
