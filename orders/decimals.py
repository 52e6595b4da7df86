"""Decimals as people and JSON read them."""

from __future__ import annotations

from decimal import Decimal


def plain(value: Decimal) -> str:
    """Digits without exponent and without trailing zeros: 1E+5 is "100000", 1.50 is "1.5", -0 is "0"."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def trimmed(value: Decimal) -> Decimal:
    """The same number without trailing zeros, which database columns add."""
    return Decimal(plain(value))
