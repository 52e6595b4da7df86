"""The exchange: one command in, what happened out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from orders.engine import dealing, desk, matching, modifying, placing, risk, stopout
from orders.engine.commands import (
    Cancel,
    Command,
    DealerFill,
    DealerReject,
    Expire,
    Halt,
    Modify,
    MoveMoney,
    Place,
    SeeQuote,
    SetRisk,
    StopOut,
)
from orders.engine.events import CommandRefused, Event
from orders.engine.market import Market
from orders.engine.money import exact
from orders.engine.order import Book
from orders.engine.rates import NoRateError
from orders.engine.refusals import RefusedError, refusal
from orders.engine.turn import Turn

HANDLERS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    Place: placing.place,
    Modify: modifying.modify,
    Cancel: desk.cancel,
    SeeQuote: desk.see_quote,
    Expire: desk.expire,
    DealerFill: dealing.fill,
    DealerReject: dealing.reject,
    MoveMoney: desk.move_money,
    Halt: desk.halt,
    SetRisk: desk.set_risk,
    StopOut: stopout.close_largest_loss,
}


@exact
def execute(book: Book, command: Command, market: Market, now: datetime) -> list[Event]:
    """Carries out one command: changes the book, and tells what happened, in order.

    Same book, command, market and `now`: same events, always. A refused command changes nothing, except that
    a refused Place leaves a rejected order.
    """
    turn = Turn(book, market, now)
    risk.roll_day(turn)
    try:
        HANDLERS[type(command)](turn, command)
    except RefusedError as refused:
        turn.tell(CommandRefused(refused.refusals))
    except NoRateError as missing:
        turn.tell(CommandRefused((refusal("no_rate", str(missing)),)))
    matching.run_woken(turn)
    stopout.look(turn)
    return turn.events
