"""What an example message can speak of: instruments that trade now, at prices near their market."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from accounts.models import TradingAccount
from orders.decimals import trimmed
from orders.models import Instrument, LastQuote, Order

MOST: Final = 200
# How far from the market the example prices stand: far enough not to be filled while they are read.
AWAY: Final = Decimal("0.01")
UNQUOTED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Example:
    """An instrument with a size and prices that its terms allow. Buying: the limit below, the stop above the market."""

    instrument: Instrument
    qty: Decimal
    limit_price: Decimal
    stop_price: Decimal
    stop_limit_price: Decimal

    label: str


def examples() -> list[Example]:
    """Every instrument that is open, by its name."""
    quotes = {quote.instrument_id: quote for quote in LastQuote.objects.all()}
    open_ones = list(Instrument.objects.filter(status=Instrument.Status.OPEN)[:MOST])
    names = Counter(map(str, open_ones))
    return [example_of(one, quotes.get(one.pk), label_of(one, is_single=names[str(one)] == 1)) for one in open_ones]


def label_of(instrument: Instrument, is_single: bool) -> str:
    return str(instrument) if is_single else f"{instrument} · {instrument.get_symbol_type_display()}"


def example_of(instrument: Instrument, quote: LastQuote | None, label: str) -> Example:
    market = quote.ask if quote and quote.ask else UNQUOTED
    return Example(
        instrument,
        trimmed(instrument.min_lot),
        on_tick(market * (1 - AWAY), instrument),
        on_tick(market * (1 + AWAY), instrument),
        on_tick(market * (1 + AWAY + AWAY), instrument),
        label,
    )


def on_tick(price: Decimal, instrument: Instrument) -> Decimal:
    tick = instrument.tick_size
    for start, size in instrument.tick_ranges:
        tick = Decimal(size) if price >= Decimal(start) else tick
    return trimmed(max(tick, (price // tick) * tick))


def working_order_id(account: TradingAccount) -> int | None:
    """The newest order of the account that can still be changed."""
    unfinished = Order.objects.filter(account=account, state__in=["working", "partially filled"])
    return unfinished.values_list("pk", flat=True).first()
