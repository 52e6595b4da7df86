"""What stops opening, while closing and cancelling go on."""

from __future__ import annotations

from orders.engine.refusals import refusal
from orders.engine.turn import Turn
from orders.engine.values import Instrument, InstrumentStatus, Refusal


def halt_on(turn: Turn, instrument: Instrument) -> Refusal | None:
    """The halt that keeps an account from opening in an instrument."""
    if turn.market.halted:
        return _halted("everywhere")
    if turn.book.halted:
        return _halted("for this account")
    if instrument.status is InstrumentStatus.HALTED:
        return _halted(f"in {instrument.symbol}")
    return None


def _halted(where: str) -> Refusal:
    return refusal("halted", f"trading is halted {where}: positions can be closed, not opened")
