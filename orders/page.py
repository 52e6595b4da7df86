"""From a batch to a page of the books: whom the next quotes concern, and what is to be looked at again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orders.batch import Batch, Done
from orders.engine.commands import SeeQuote
from orders.engine.order import Book, Order
from orders.engine.risk import STOP_OUT_DUE
from orders.engine.wakes import NEVER, Levels, levels
from orders.engine.watch import position_levels
from orders.readings import LOOK_LIMIT, Reading

STOP_OUT: Final = "stopOut"  # in `look`: a StopOut command must be in the tray


@dataclass(slots=True)
class Page:
    """What a batch leaves behind, ready to be written."""

    book: Book
    now: datetime
    before: int  # the number of the last command before the batch
    done: list[Done]
    orders: dict[int, Order]  # every order that the batch touched
    born: dict[int, dict[str, Any]]  # the new ones among them, with who asked
    levels: dict[int, Levels]  # the trigger index of the touched ones
    position_levels: dict[int, Levels]  # of the positions whose row changes
    look: dict[str, int] = field(default_factory=dict)


def page_of(reading: Reading, batch: Batch) -> Page:
    """What the batch leaves behind. `look` names, by instrument, the last quote that is surely taken care of."""
    book = batch.book
    book.changed_positions = batch.touched_positions
    page = Page(book, batch.now, reading.done_seq, batch.done, batch.touched, batch.born, {}, {})
    _index_orders(reading, batch, page)
    if _must_index_positions(reading, batch):
        _index_positions(reading, batch, page)
    _carry_over(reading, batch, page)
    if STOP_OUT_DUE in book.day:
        page.look[STOP_OUT] = 0
    return page


def _index_orders(reading: Reading, batch: Batch, page: Page) -> None:
    for number, order in batch.touched.items():
        found: Levels = NEVER
        if not order.state.is_final:
            found = levels(order, batch.book, batch.market.instrument(order.instrument_id))
        page.levels[number] = found
        if found != NEVER and found != reading.stored.get(number):
            _look(page, batch, order.instrument_id, order.seen_seq)


def _must_index_positions(reading: Reading, batch: Batch) -> bool:
    """Their levels hold until money, positions or rules change, or a quote came that they were waiting for."""
    if not batch.book.positions:
        return False
    return batch.moved or any(isinstance(waiting.command, SeeQuote) for waiting in reading.waiting)


def _index_positions(reading: Reading, batch: Batch, page: Page) -> None:
    for instrument_id, found in position_levels(batch.book, batch.market).items():
        if found == reading.levels.get(instrument_id) and instrument_id not in batch.touched_positions:
            continue
        page.position_levels[instrument_id] = found
        if found != NEVER:
            _look(page, batch, instrument_id, 0)


def _look(page: Page, batch: Batch, instrument_id: int, seen: int) -> None:
    quote = batch.market.quotes.get(instrument_id)
    seq = seen or (quote.seq if quote else 0)
    key = str(instrument_id)
    page.look[key] = min(page.look.get(key, seq), seq)


def _carry_over(reading: Reading, batch: Batch, page: Page) -> None:
    """Missed quotes that came after the last command, or did not fit, are looked at next time."""
    for key in reading.look:
        fetched = [quote.seq for quote in reading.fetched if str(quote.instrument_id) == key]
        left = [quote.seq - 1 for quote in batch.missed if str(quote.instrument_id) == key]
        if len(fetched) == LOOK_LIMIT:
            left.append(max(fetched))
        if left:
            page.look[key] = min([*left, page.look.get(key, left[0])])
