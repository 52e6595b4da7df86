"""The risk rules of an account. They bind what opens, never what closes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal

from orders.engine import margin
from orders.engine.events import AccountChanged
from orders.engine.money import in_words, plain
from orders.engine.order import Book, Order
from orders.engine.positions import opening_part
from orders.engine.rates import NoRateError, rate
from orders.engine.refusals import refusal
from orders.engine.turn import Turn
from orders.engine.validity import rule_of
from orders.engine.values import ZERO, OrderType, Refusal
from orders.engine.wakes import LISTENING

STOP_OUT_DUE = "stopOut"  # the day's note that a StopOut command is on its way
LOCK_CODES = {"dailyLossLimit": "daily_loss_limit", "maxDrawdownLevel": "max_drawdown_level"}


def roll_day(turn: Turn) -> None:
    """Begins the account's counters anew with the first command after 00:00 UTC."""
    today = turn.now.astimezone(UTC).date().isoformat()
    if turn.book.day.get("date") == today:
        return
    on_its_way = {note: text for note, text in turn.book.day.items() if note == STOP_OUT_DUE}
    turn.book.day = {"date": today, "orders": "0", **on_its_way}
    try:
        equity = margin.worth_of(turn.book, turn.market).equity
    except NoRateError:
        return
    turn.book.day["start"] = plain(equity)
    look_at_losses(turn, equity)


def count_order(book: Book) -> None:
    book.day["orders"] = str(int(book.day["orders"]) + 1)


def shift_start(book: Book, amount: Decimal) -> None:
    """Money that came or went is neither profit nor loss."""
    if "start" in book.day:
        book.day["start"] = plain(Decimal(book.day["start"]) + amount)


def locked(book: Book) -> Refusal | None:
    """The loss limit that was reached today."""
    rule = book.day.get("locked")
    return refusal(LOCK_CODES[rule], book.day["lockedWhy"]) if rule else None


def look_at_losses(turn: Turn, equity: Decimal) -> None:
    """Locks opening until the next day once a loss limit is reached."""
    book = turn.book
    for rule, floor in loss_floors(book):
        if equity <= floor:
            why = f"{rule} {plain(book.risk[rule])} is reached: equity is {in_words(equity, book.currency)}"
            book.day["locked"] = rule
            book.day["lockedWhy"] = f"{why}; nothing opens until 00:00 UTC"
            turn.tell(AccountChanged("loss limit reached", (("rule", rule), ("equity", plain(equity)))))
            return


def loss_floors(book: Book) -> Iterator[tuple[str, Decimal]]:
    """By rule, the equity at or below which nothing opens for the day; none once one is reached."""
    if "locked" in book.day:
        return
    if (limit := book.risk.get("dailyLossLimit")) is not None and "start" in book.day:
        yield "dailyLossLimit", Decimal(book.day["start"]) - limit
    if (level := book.risk.get("maxDrawdownLevel")) is not None:
        yield "maxDrawdownLevel", level


def faults_of_opening(turn: Turn, order: Order, opening: Decimal, added: Decimal, is_new: bool) -> Iterator[Refusal]:
    """Every rule that an order breaks: `opening` lots would open, `added` of them are new."""
    if added > 0 and (lock := locked(turn.book)):
        yield lock
    if not turn.book.risk:
        return
    yield from _orders_count(turn)
    if added > 0:
        yield from _order_amount(turn, order, opening)
        yield from _order_capital(turn, order, opening)
        yield from _total_qty(turn, added)
    if is_new:
        yield from _pending_number(turn, order)
        yield from positions_number(turn, order.instrument_id)


def _over(rule: str, code: str, asked: Decimal, allowed: Decimal, unit: str, field: str = "qty") -> Iterator[Refusal]:
    if asked > allowed:
        text = f"{rule} allows {plain(allowed)} {unit}, this would make {plain(asked)}"
        yield refusal(code, text, field)


def _order_amount(turn: Turn, order: Order, opening: Decimal) -> Iterator[Refusal]:
    if (allowed := turn.book.risk.get("maxOrderAmount")) is not None:
        units = opening * turn.instrument_of(order).lot_size
        yield from _over("maxOrderAmount", "max_order_amount", units, allowed, "units")


def _order_capital(turn: Turn, order: Order, opening: Decimal) -> Iterator[Refusal]:
    book, instrument = turn.book, turn.instrument_of(order)
    price = margin.entry_price(order, turn.market, turn.now)
    if (allowed := book.risk.get("maxOrderCapital")) is None or price is None:
        return
    capital = opening * instrument.lot_size * price * rate(turn.market, instrument.currency, book.currency)
    if capital > allowed:
        numbers = f"{in_words(allowed, book.currency)}, this would take {in_words(capital, book.currency)}"
        yield refusal("max_order_capital", f"maxOrderCapital allows {numbers}", "qty")


def _orders_count(turn: Turn) -> Iterator[Refusal]:
    if (allowed := turn.book.risk.get("maxOrdersCount")) is not None:
        asked = Decimal(turn.book.day["orders"]) + 1
        yield from _over("maxOrdersCount", "max_orders_count", asked, allowed, "placements and modifications a day", "")


def _pending_number(turn: Turn, order: Order) -> Iterator[Refusal]:
    allowed = turn.book.risk.get("maxPendingOrdersNumber")
    if allowed is None or order.type is OrderType.MARKET or not rule_of(order.validity).may_rest:
        return
    asked = Decimal(1 + sum(is_pending(other) for other in turn.book.unfinished()))
    yield from _over("maxPendingOrdersNumber", "max_pending_orders_number", asked, allowed, "pending orders", "")


def is_pending(order: Order) -> bool:
    """A working order that the user placed; neither a leg nor a Market order's rest."""
    return order.leg is None and order.type is not OrderType.MARKET and order.state in LISTENING


def positions_number(turn: Turn, instrument_id: int) -> Iterator[Refusal]:
    allowed = turn.book.risk.get("maxPositionsNumber")
    if allowed is not None and instrument_id not in turn.book.positions:
        asked = Decimal(len(turn.book.positions) + 1)
        yield from _over("maxPositionsNumber", "max_positions_number", asked, allowed, "positions", "")


def _total_qty(turn: Turn, added: Decimal) -> Iterator[Refusal]:
    if (allowed := turn.book.risk.get("totalMaxPositionQty")) is None:
        return
    held = sum((abs(position.qty) for position in turn.book.positions.values()), ZERO)
    waiting = (order for order in turn.book.unfinished() if order.leg is None)
    asked = sum((opening_part(turn.held(o.instrument_id), o.side, o.remaining) for o in waiting), held + added)
    yield from _over("totalMaxPositionQty", "total_max_position_qty", asked, allowed, "lots in all")
