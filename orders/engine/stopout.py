"""The stop-out: when equity falls below its share of the used margin, the largest loss is closed, and again."""

from __future__ import annotations

from decimal import Decimal

from orders.engine import margin, matching, placing, risk
from orders.engine.commands import Place, StopOut
from orders.engine.events import StopOutDue
from orders.engine.money import in_words, plain
from orders.engine.offers import can_fill
from orders.engine.order import Position
from orders.engine.rates import NoRateError
from orders.engine.turn import Turn
from orders.engine.values import OrderType, Side, Validity


def look(turn: Turn) -> None:
    """After every command and quote: loss limits, and whether a stop-out is due."""
    if not turn.book.positions and not turn.book.risk:
        return
    try:
        worth = margin.worth_of(turn.book, turn.market)
        risk.look_at_losses(turn, worth.equity)
        if risk.STOP_OUT_DUE not in turn.book.day and is_below(turn, worth) and largest_loss(turn) is not None:
            turn.book.day[risk.STOP_OUT_DUE] = "due"
            turn.tell(StopOutDue(worth.equity, worth.used_margin))
    except NoRateError:
        return


def is_below(turn: Turn, worth: margin.Worth) -> bool:
    return worth.equity < turn.market.stop_out_level * worth.used_margin


def close_largest_loss(turn: Turn, command: StopOut) -> None:
    turn.book.day.pop(risk.STOP_OUT_DUE, None)
    worth = margin.worth_of(turn.book, turn.market)
    position = largest_loss(turn) if is_below(turn, worth) else None
    if position is None:
        return
    asked = Place(
        order_id=command.order_id,
        instrument_id=position.instrument_id,
        type=OrderType.MARKET,
        side=Side.SELL if position.qty > 0 else Side.BUY,
        qty=abs(position.qty),
        validity=Validity.IOC,
    )
    order = placing.draft(turn, asked, turn.market.instrument(position.instrument_id))
    currency = turn.book.currency
    numbers = f"equity {in_words(worth.equity, currency)} is below {plain(turn.market.stop_out_level)} of used margin"
    order.reason = f"stop-out: {numbers} {in_words(worth.used_margin, currency)}"
    placing.enter(turn, order)
    matching.arrive(turn, order, admitted=True)
    placing.cancel_rest(turn, order)


def largest_loss(turn: Turn) -> Position | None:
    """Of the positions that can be closed now, the one that has lost most."""
    closable = [position for position in turn.book.positions.values() if _can_close(turn, position)]
    return min(closable, key=lambda position: _rank(turn, position), default=None)


def _can_close(turn: Turn, position: Position) -> bool:
    instrument = turn.market.instrument(position.instrument_id)
    quote = turn.market.quote(position.instrument_id)
    if quote is None or not can_fill(instrument, turn.market, quote, turn.now):
        return False
    size = quote.size_for(Side.SELL if position.qty > 0 else Side.BUY)
    return size is None or size >= instrument.lot_step


def _rank(turn: Turn, position: Position) -> tuple[Decimal, int]:
    return margin.open_pl_of(position, turn.book, turn.market), position.instrument_id
