"""The one place that rounds, and how numbers are written for people."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import wraps
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# Wide enough that products of the widest fields stay exact: only what this module rounds is rounded.
EXACT: Final = decimal.Context(prec=80, rounding=ROUND_HALF_EVEN)

QUOTIENT: Final = decimal.Context(prec=60, rounding=ROUND_HALF_EVEN)

CENT: Final = Decimal("0.01")
UNITS: Final = {
    **dict.fromkeys(("JPY", "KRW", "VND", "CLP", "ISK", "UGX", "XAF", "XOF", "XPF", "PYG", "RWF"), Decimal(1)),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), Decimal("0.001")),
    **dict.fromkeys(("BTC", "ETH", "XBT"), Decimal("0.00000001")),
}
PRICE_UNIT: Final = Decimal("1E-10")  # the finest price the books can hold
LIMIT: Final = Decimal("1E15")  # prices, quantities and amounts stay below; the books hold a thousand times it
AVERAGE_UNIT: Final = Decimal("1E-18")  # the finest average price the books can hold


def exact(function: Callable[P, R]) -> Callable[P, R]:
    """Runs a function in the engine's own arithmetic, whatever the caller's decimal context is."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with decimal.localcontext(EXACT):
            return function(*args, **kwargs)

    return run


def unit_of(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 USD, 1 JPY."""
    return UNITS.get(currency, CENT)


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Half-even at the currency's exponent; never a negative zero."""
    return amount.quantize(unit_of(currency), ROUND_HALF_EVEN) + 0


def round_average(price: Decimal) -> Decimal:
    return price.quantize(AVERAGE_UNIT, ROUND_HALF_EVEN)


def round_to_tick(price: Decimal, tick: Decimal) -> Decimal:
    """The nearest price on the tick."""
    return (price / tick).to_integral_value(ROUND_HALF_EVEN) * tick


def round_quotient(number: Decimal) -> Decimal:
    """Half-even at 60 digits: what an inverted rate left behind the last of them is cut off."""
    return QUOTIENT.plus(number)


def round_down(qty: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of a lot step that is not above a quantity."""
    return qty - qty % step


def price_up(price: Decimal) -> Decimal:
    return price.quantize(PRICE_UNIT, ROUND_CEILING)


def price_down(price: Decimal) -> Decimal:
    return price.quantize(PRICE_UNIT, ROUND_FLOOR)


def plain(number: Decimal) -> str:
    """Without exponent and trailing zeros: 64250.5, 100."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def in_words(amount: Decimal, currency: str) -> str:
    """An amount as people read it: `128501.00 USD`."""
    return f"{round_money(amount, currency):f} {currency}"
