"""Numbers as traders read them: groups of three parted by U+00A0, a true minus, the instrument's own decimals."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders.decimals import plain as digits
from orders.models import Instrument

register = template.Library()

NOTHING = "–"  # what is absent is a dash, never 0 and never empty
SEPARATORS = str.maketrans({",": "\u00a0", "-": "\u2212"})
# Currencies that do not have hundredths.
EXPONENTS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "BHD": 3, "KWD": 3, "TND": 3, "BTC": 8, "ETH": 8}


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
    return EXPONENTS.get(currency, 2)


@register.filter
def money(value: Decimal | None, currency: str = "") -> str:
    return NOTHING if value is None else grouped(value, currency_places(currency))


@register.filter
def less(value: Decimal | None, currency: str = "") -> str:
    """An amount that is taken away."""
    return NOTHING if value is None else grouped(-value, currency_places(currency))


@register.filter
def change(value: Decimal | None, currency: str = "") -> SafeString | str:
    """A result with its sign, in words and in colour."""
    if value is None:
        return NOTHING
    words = grouped(value, currency_places(currency), signed=True)
    return format_html("<span{} data-number>{}</span>", sign_attribute(words), words)


def sign_attribute(words: str) -> SafeString:
    sign = {"+": "gain", "\u2212": "loss"}.get(words[0])
    return format_html(' data-sign="{}"', sign) if sign else SafeString("")


@register.filter
def price(value: Decimal | None, instrument: Instrument) -> str:
    """At the instrument's own number of decimals, and never fewer than the price has: an average may have more."""
    return NOTHING if value is None else grouped(value, places_of(instrument.tick_size))


@register.filter
def lots(value: Decimal | None, instrument: Instrument) -> str:
    return NOTHING if value is None else grouped(abs(value), places_of(instrument.lot_step))


@register.filter
def plain(value: Decimal | None) -> str:
    """Without groups and trailing zeros, for machines and for small facts."""
    return NOTHING if value is None else digits(Decimal(value))


@register.filter
def rate(value: Decimal) -> str:
    """0.05 is 5 %."""
    return f"{digits(value * 100)}\u00a0%"


@register.filter
def places(currency: str) -> int:
    return currency_places(currency)


@register.filter
def step_places(step: Decimal) -> int:
    return places_of(step)


@register.filter
def whole(value: int | None) -> str:
    return NOTHING if value is None else grouped(value, 0)


@register.filter
def percent(value: Decimal | None, places: int = 2) -> str:
    return NOTHING if value is None else f"{grouped(value, places)}\u00a0%"
