"""A rehearsal: what a command would do to an account now, on a copy of its book that is thrown away.

It reads in a transaction that cannot write, and hands nothing on: no tray, no bell, no bookkeeper. Commands that still
wait in the tray are not part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from orders import lane
from orders.batch import Batch
from orders.decimals import plain
from orders.engine import margin
from orders.engine.commands import Command, Modify, Place
from orders.engine.events import Event, OrderFilled
from orders.engine.market import Market
from orders.engine.money import exact, round_money
from orders.engine.order import Book, Order
from orders.engine.positions import opening_part
from orders.engine.rates import NoRateError
from orders.engine.values import ZERO
from orders.lane import Reading, Waiting
from orders.sight import see_market
from orders.wire import Statement, Wire, hang_up, wire

Outcome = dict[str, Any]

# Numbers that no order has: the rehearsed one is the newest, its legs after it.
ORDER_ID, STOP_LOSS_ID, TAKE_PROFIT_ID = (2**62 + n for n in range(3))
NO_ACCOUNT: Final = {"code": "account_unknown", "field": "accountName", "message": "the account has no book"}
SAID_BEFORE: Final = Statement(
    "rehearsal_said_before",
    """
SELECT seq FROM orders_ordercommand
WHERE account_id = $1 AND request_id = $2 AND accepted_at > clock_timestamp() - interval '24 hours'
""",
)

# One at a time in a process, apart from the threads that serve: rehearsing many never slows the real thing down.
_stage: Final = ThreadPoolExecutor(1, thread_name_prefix="rehearsal")


def rehearse(account_id: int, command: Command, request_id: str | None = None) -> Future[Outcome]:
    """What would come of the command: an outcome as execution writes it, without an id for a new order, but with
    `qty`, `fee`, `requiredMargin` and `available`. `saidBefore` says that the request's id is used up: the real thing
    would not be carried out. Raises what the database says when it cannot be read."""
    return _stage.submit(_rehearse, account_id, command, request_id)


def _rehearse(account_id: int, command: Command, request_id: str | None) -> Outcome:
    try:
        return _on(wire(), account_id, numbered(command), request_id)
    finally:
        hang_up()


def _on(wire: Wire, account_id: int, command: Command, request_id: str | None) -> Outcome:
    with wire.undone_on_error():
        reading = lane.read_only(wire, account_id)
        if reading is None:
            return {"ok": False, "errors": [NO_ACCOUNT]}
        reading.waiting = [Waiting(reading.done_seq + 1, command, {}, 0, reading.now)]
        market = see_market(wire, reading)
        outcome = carried_out(reading, market)
        outcome["saidBefore"] = bool(request_id and wire.rows(SAID_BEFORE, account_id, request_id))
        wire.conn.execute("ROLLBACK")
    return outcome


def numbered(command: Command) -> Command:
    """The command with ids for what it would make; real ones are drawn from the database."""
    if isinstance(command, Place):
        return replace(command, order_id=ORDER_ID, stop_loss_id=STOP_LOSS_ID, take_profit_id=TAKE_PROFIT_ID)
    if isinstance(command, Modify):
        return replace(command, stop_loss_id=STOP_LOSS_ID, take_profit_id=TAKE_PROFIT_ID)
    return command


@exact
def carried_out(reading: Reading, market: Market) -> Outcome:
    book, waiting = reading.book, reading.waiting[0]
    available = available_in(book, market)
    held = {number: position.qty for number, position in book.positions.items()}
    batch = Batch(book, market, reading.now, reading.finals, reading.missed)
    done = batch.carry_out(waiting)
    outcome: Outcome = dict(done.outcome)
    facts = dict(outcome.get("d") or {})
    order = batch.touched.get(facts.get("orderId", 0))
    if facts.get("orderId") == ORDER_ID:
        del facts["orderId"]
    if order is not None and outcome["ok"]:
        facts |= terms_of(order) | {"fee": in_money(fee_of(done.events, order), book)}
        if isinstance(waiting.command, Place):
            facts["requiredMargin"] = in_money(required(order, held, book, market), book)
    facts |= {"available": in_money(available, book), "availableAfter": in_money(available_in(book, market), book)}
    outcome["d"] = {name: value for name, value in facts.items() if value is not None}
    return outcome


def terms_of(order: Order) -> dict[str, str | None]:
    """How the order would stand."""
    numbers = {"qty": order.qty, "price": order.price, "stopPrice": order.stop_price}
    return {name: None if value is None else plain(value) for name, value in numbers.items()}


def fee_of(events: Iterable[Event], order: Order) -> Decimal:
    return sum((e.fee for e in events if isinstance(e, OrderFilled) and e.order_id == order.id), ZERO)


def required(order: Order, held: dict[int, Decimal], book: Book, market: Market) -> Decimal | None:
    """The margin that the opening part of an order needs at the price it is judged by."""
    try:
        opening = opening_part(held.get(order.instrument_id, ZERO), order.side, order.qty)
        price = margin.blocking_price(order, market) if opening else None
        return ZERO if price is None else margin.margin_of(order, opening, price, book, market)
    except NoRateError:
        return None


def available_in(book: Book, market: Market) -> Decimal | None:
    try:
        return margin.figures(book, market).available
    except NoRateError:
        return None


def in_money(amount: Decimal | None, book: Book) -> str | None:
    return None if amount is None else f"{round_money(amount, book.currency):f}"
