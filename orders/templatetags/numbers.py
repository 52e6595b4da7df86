"""Numbers as traders read them: groups of three parted by U+00A0, a true minus, the instrument's own decimals."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TypeGuard

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders.decimals import plain as digits
from orders.engine.money import unit_of
from orders.models import Instrument

register = template.Library()

NOTHING = "–"  # what is absent is a dash, never 0 and never empty
SEPARATORS = str.maketrans({",": "\u00a0", "-": "\u2212"})


def grouped(value: Decimal | int, places: int, *, signed: bool = False) -> str:
    words = format(value, f"{'+' if signed and value else ''},.{places}f")
    if words.startswith("-") and not words.strip("-0.,"):
        words = words[1:]  # a minus before nothing but zeros says nothing
    return words.translate(SEPARATORS)


@lru_cache(1024)
def places_of(step: Decimal) -> int:
    """How many decimals a multiple of this step has."""
    return max(0, -int(step.normalize().as_tuple().exponent))


def currency_places(currency: str) -> int:
    return places_of(unit_of(currency))


def given(value: Decimal | None) -> TypeGuard[Decimal]:
    """Not so: None, and a template's missing value, which is an empty text."""
    return value is not None and value != ""


@register.filter
def money(value: Decimal | None, currency: str = "") -> str:
    return grouped(value, currency_places(currency)) if given(value) else NOTHING


@register.filter
def less(value: Decimal | None, currency: str = "") -> str:
    """An amount that is taken away."""
    return grouped(-value, currency_places(currency)) if given(value) else NOTHING


@register.filter
def change(value: Decimal | None, currency: str = "") -> SafeString | str:
    """A result with its sign, in words and in colour."""
    if not given(value):
        return NOTHING
    words = grouped(value, currency_places(currency), signed=True)
    return format_html("<span{} data-number>{}</span>", sign_attribute(words), words)


def sign_attribute(words: str) -> SafeString:
    sign = {"+": "gain", "\u2212": "loss"}.get(words[0])
    return format_html(' data-sign="{}"', sign) if sign else SafeString("")


@register.filter
def price_places(instrument: Instrument) -> int:
    """Those of its finest tick: a tick may depend on the price, the columns shall not."""
    return max(
        places_of(tick) for tick in (instrument.tick_size, *(Decimal(tick) for _, tick in instrument.tick_ranges))
    )


@register.filter
def price(value: Decimal | None, instrument: Instrument) -> str:
    """At the instrument's own number of decimals."""
    return grouped(value, price_places(instrument)) if given(value) else NOTHING


@register.filter
def lots(value: Decimal | None, instrument: Instrument) -> str:
    return grouped(abs(value), places_of(instrument.lot_step)) if given(value) else NOTHING


@register.filter
def plain(value: Decimal | None) -> str:
    """Without groups and trailing zeros, for machines and for small facts."""
    return digits(Decimal(value)) if given(value) else NOTHING


@register.filter
def exact(value: Decimal | None) -> str:
    """In groups, with as many decimals as it has."""
    return grouped(value, places_of(value)) if given(value) else NOTHING


@register.filter
def rate(value: Decimal) -> str:
    """0.05 is 5 %."""
    return f"{digits(value * 100)}\u00a0%"


@register.filter
def places(currency: str) -> int:
    return currency_places(currency)


@register.filter
def whole(value: int) -> str:
    return grouped(value, 0)


@register.filter
def percent(value: Decimal | None, places: int = 2) -> str:
    return f"{grouped(value, places)}\u00a0%" if given(value) else NOTHING


@register.filter
def signed_percent(value: Decimal | None) -> SafeString | str:
    """How far it came, with its sign in words and in colour."""
    if not given(value):
        return NOTHING
    words = grouped(value, 2, signed=True)
    return format_html("<span{}>{}\u00a0%</span>", sign_attribute(words), words)
