"""A batch in memory: what is said of a command is about that command alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from orders.batch import DONE, Batch
from orders.engine.commands import Halt
from orders.engine.events import CommandRefused
from orders.engine.market import Market
from orders.engine.order import Book, Order
from orders.engine.values import Instrument, OrderType, Quote, Side, State, SymbolType, Validity
from orders.readings import Waiting

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ONE = Decimal(1)
NIKKEI = Instrument(1, "NIKKEI", SymbolType.SPREADBET, "JPY", ONE, ONE, ONE, Decimal(100), ONE, ONE)


def test_a_missed_quote_that_could_not_be_shown_is_not_the_commands_fault() -> None:
    """The rate of an order's currency is gone when the missed quote would fill it: that refuses nothing else."""
    book = Book(7, "USD", Decimal(1000))
    resting = Order(1, 1, OrderType.LIMIT, Side.BUY, ONE, Validity.GTC, State.WORKING, NOW, price=Decimal(90))
    book.orders = {1: resting}
    missed = Quote(1, 5, Decimal(88), Decimal(89), NOW, NOW)
    batch = Batch(book, Market({1: NIKKEI}, {1: missed}), NOW + timedelta(seconds=1), missed=[missed])
    done = batch.carry_out(Waiting(1, Halt(True), {"kind": "user"}, 0, NOW))
    assert isinstance(done.events[0], CommandRefused)
    assert (done.status, done.outcome) == (DONE, {"ok": True})
    assert book.halted
