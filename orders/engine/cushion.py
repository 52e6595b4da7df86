"""How far prices may move before an account's worth must be looked at again: the trigger index of positions."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from orders.engine import margin, risk
from orders.engine.market import Market
from orders.engine.money import exact, price_down, price_up
from orders.engine.order import Book, Position
from orders.engine.rates import NoRateError, rate
from orders.engine.wakes import ALWAYS, NEVER, Levels

# Of a position in another currency: its rate moves too, and nobody is woken by that.
CAUTION: Final = Decimal("0.75")


@exact
def position_levels(book: Book, market: Market) -> dict[int, Levels]:
    """By instrument, the prices at or below (bid of a long) and at or above (ask of a short) which a quote concerns
    the account.

    What may be lost before a stop-out or a loss limit is shared out among the positions, so that no limit is reached
    before one of them has used up its share.
    """
    if not book.positions:
        return {}
    try:
        share = cushion(book, market) / len(book.positions)
        return {number: _levels(position, share, book, market) for number, position in book.positions.items()}
    except NoRateError:
        return dict.fromkeys(book.positions, ALWAYS)


def cushion(book: Book, market: Market) -> Decimal:
    """What equity is above the highest of its floors."""
    worth = margin.worth_of(book, market)
    floors = [market.stop_out_level * worth.used_margin]
    if "locked" not in book.day:
        floors += [floor for _, floor in risk.loss_floors(book)]
    return worth.equity - max(floors)


def _levels(position: Position, share: Decimal, book: Book, market: Market) -> Levels:
    quote = market.quote(position.instrument_id)
    if quote is None or share <= 0:
        return ALWAYS
    instrument = market.instrument(position.instrument_id)
    careful = Decimal(1) if instrument.currency == book.currency else CAUTION
    a_point = abs(position.qty) * instrument.lot_size * rate(market, instrument.currency, book.currency)
    room = share * careful / a_point
    if position.qty < 0:
        return None, price_down(quote.ask + room)
    return (price_up(quote.bid - room), None) if quote.bid > room else NEVER
