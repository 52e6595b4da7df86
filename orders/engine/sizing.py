"""Orders sized by cash: as many lots as the money is worth, rounded down to the lot step."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from orders.engine.commands import Place
from orders.engine.market import Market
from orders.engine.money import in_words, plain, round_down, round_quotient
from orders.engine.order import Book
from orders.engine.rates import rate
from orders.engine.refusals import RefusedError, refusal
from orders.engine.values import Instrument, Refusal

FIELD = "cashOrderQty"


def lots_for(asked: Place, instrument: Instrument, book: Book, market: Market) -> Decimal:
    """Raises RefusedError when there is no price, or the cash buys less than the minimal lot; and NoRateError."""
    assert asked.cash_qty is not None
    price = _reference(asked, market)
    if price is None:
        raise RefusedError(
            [refusal("no_quote", f"there is no price for {instrument.symbol} to size the order by", FIELD)]
        )
    one_lot = price * instrument.lot_size * rate(market, instrument.currency, book.currency)
    lots = round_down(round_quotient(asked.cash_qty / one_lot), instrument.lot_step)
    if found := list(_faults(lots, asked.cash_qty, one_lot, instrument, book.currency)):
        raise RefusedError(found)
    return lots


def _reference(asked: Place, market: Market) -> Decimal | None:
    """The order's price, else its stop, else the side of the quote that it would hit."""
    if asked.price is not None or asked.stop_price is not None:
        return asked.price if asked.price is not None else asked.stop_price
    quote = market.quote(asked.instrument_id)
    return quote.hit_by(asked.side) if quote else None


def _faults(lots: Decimal, cash: Decimal, one_lot: Decimal, instrument: Instrument, currency: str) -> Iterator[Refusal]:
    if lots < instrument.min_lot:
        least = f"{plain(instrument.min_lot)} lots cost {in_words(instrument.min_lot * one_lot, currency)}"
        text = f"{plain(cash)} {currency} is less than the minimal lot costs: {least}"
        yield refusal("cash_too_small", text, FIELD)
    elif lots > instrument.max_lot:
        text = f"would buy {plain(lots)} lots; an order may have at most {plain(instrument.max_lot)} lots"
        yield refusal("qty_maximum", text, FIELD)
