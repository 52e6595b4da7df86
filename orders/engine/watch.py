"""The trigger index of positions: how far each may move against the account before its equity must be looked at."""

from __future__ import annotations

from decimal import Decimal

from orders.engine import margin, risk
from orders.engine.market import Market
from orders.engine.money import LIMIT, exact, price_down, price_up, unit_of
from orders.engine.order import Book, Position
from orders.engine.rates import NoRateError, rate
from orders.engine.values import ZERO
from orders.engine.wakes import ALWAYS, NEVER, Levels

# A rate may double or halve between two looks without a loss going unseen.
RATE_LEEWAY = Decimal(2)


@exact
def position_levels(book: Book, market: Market) -> dict[int, Levels]:
    """By instrument, the bids (of a long) or asks (of a short) at or beyond which the account must be looked at.

    What the account can lose before a stop-out or a loss limit is shared out among its positions: as long as none
    loses more than its share, all of them together cannot reach it. One position's level so depends on all the
    others, and on the balance: write all of them whenever any has changed.
    """
    try:
        slack = _slack(book, market)
        return {held: _levels(position, slack, book, market) for held, position in book.positions.items()}
    except NoRateError:
        return dict.fromkeys(book.positions, ALWAYS)


def _slack(book: Book, market: Market) -> Decimal:
    """The least that may still be lost by each position, counting foreign currency at its worst."""
    equity, used = book.balance, ZERO
    for position in book.positions.values():
        leeway = _leeway(position, book, market)
        profit = margin.open_pl_of(position, book, market)
        equity += profit * leeway if profit < 0 else profit / leeway
        used += margin.used_by(position, book, market) * leeway
    floors = [market.stop_out_level * used, *(floor for _, floor in risk.loss_floors(book))]
    return (equity - max(floors) - unit_of(book.currency)) / max(len(book.positions), 1)


def _leeway(position: Position, book: Book, market: Market) -> Decimal:
    return RATE_LEEWAY if market.instrument(position.instrument_id).currency != book.currency else Decimal(1)


def _levels(position: Position, slack: Decimal, book: Book, market: Market) -> Levels:
    instrument = market.instrument(position.instrument_id)
    quote = market.quote(position.instrument_id)
    if quote is None or slack <= 0:
        return ALWAYS
    worth = abs(position.qty) * instrument.lot_size * rate(market, instrument.currency, book.currency)
    distance = slack / (worth * _leeway(position, book, market))
    if position.qty < 0:
        level = price_down(quote.ask + distance)
        return (None, level) if level < LIMIT else NEVER
    level = price_up(quote.bid - distance)
    return (level, None) if level > 0 else NEVER
