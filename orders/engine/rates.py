"""What one currency is worth in another: by the quotes of currency pairs, at mid. Never guessed."""

from __future__ import annotations

from decimal import Decimal

from orders.engine.market import Market

ONE = Decimal(1)
BRIDGES = ("USD", "EUR")


class NoRateError(Exception):
    """No quote leads from one currency to the other."""

    def __init__(self, source: str, target: str) -> None:
        self.source = source
        self.target = target
        super().__init__(f"no rate from {source} to {target}")


def rate(market: Market, source: str, target: str) -> Decimal:
    """Units of `target` for one of `source`: directly, else through USD, else through EUR.

    Raises NoRateError.
    """
    if source == target:
        return ONE
    found = _direct(market, source, target)
    for bridge in BRIDGES:
        if found is not None:
            break
        found = _through(market, source, bridge, target)
    if found is None:
        raise NoRateError(source, target)
    return found


def _through(market: Market, source: str, bridge: str, target: str) -> Decimal | None:
    if bridge in (source, target):
        return None
    first = _direct(market, source, bridge)
    second = _direct(market, bridge, target)
    return first * second if first is not None and second is not None else None


def _direct(market: Market, source: str, target: str) -> Decimal | None:
    mid = _mid(market, source, target)
    if mid is not None:
        return mid
    mid = _mid(market, target, source)
    return ONE / mid if mid else None


def _mid(market: Market, base: str, counter: str) -> Decimal | None:
    quotes = (market.quote(pair) for pair in market.pairs.get((base, counter), ()))
    return next((quote.mid for quote in quotes if quote is not None), None)
