"""What accounts are worth at the last quotes, for screens. Nothing here decides anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from accounts.models import TradingAccount
from orders.engine import order as engine
from orders.engine.margin import Figures, figures
from orders.engine.market import Market
from orders.engine.money import round_money
from orders.engine.rates import NoRateError, rate
from orders.engine.values import Leg, OrderType, Quote, Side, State, Validity
from orders.instruments import catalogue
from orders.models import Book, Instrument, LastQuote, Order, Position

UNFINISHED = (State.WORKING, State.PARTIALLY_FILLED, State.INACTIVE)


@dataclass(frozen=True, slots=True)
class Holding:
    """A position at the market, in account currency. `point` is what one unit of price is worth to it, signed.

    What cannot be known, for want of a quote or a rate, is None.
    """

    position: Position
    instrument: Instrument
    current: Decimal | None
    point: Decimal | None
    gross: Decimal | None
    value: Decimal | None
    margin: Decimal | None

    @property
    def net(self) -> Decimal | None:
        return None if self.gross is None else self.gross - self.position.fee

    @property
    def side(self) -> str:
        return "buy" if self.position.qty > 0 else "sell"

    @property
    def hits(self) -> str:
        """The side of the quote that closing it would meet."""
        return "bid" if self.position.qty > 0 else "ask"


@dataclass(frozen=True, slots=True)
class Worth:
    """An account as a whole. `figures` is None when a currency cannot be converted."""

    account: TradingAccount
    book: Book
    figures: Figures | None
    holdings: list[Holding]
    working: int

    @property
    def margin_level(self) -> Decimal | None:
        """Equity in per cent of used margin."""
        if self.figures is None or not self.figures.used_margin:
            return None
        return self.figures.equity / self.figures.used_margin * 100


def worth_of(accounts: Sequence[TradingAccount]) -> list[Worth]:
    """The accounts that have books, in the order given."""
    ids = [account.pk for account in accounts]
    books = Book.objects.in_bulk(ids)
    held: dict[int, list[Position]] = defaultdict(list)
    for position in Position.objects.filter(account__in=ids).select_related("instrument"):
        held[position.account_id].append(position)
    unfinished: dict[int, list[Order]] = defaultdict(list)
    for order in Order.objects.filter(account__in=ids, state__in=UNFINISHED):
        unfinished[order.account_id].append(order)
    shown = [*(p.instrument_id for rows in held.values() for p in rows), *orders_instruments(unfinished)]
    market = market_now(shown)
    known = [account for account in accounts if account.pk in books]
    return [worth(account, books[account.pk], held[account.pk], unfinished[account.pk], market) for account in known]


def orders_instruments(unfinished: dict[int, list[Order]]) -> Iterable[int]:
    return (order.instrument_id for orders in unfinished.values() for order in orders)


def worth(
    account: TradingAccount, book: Book, positions: list[Position], unfinished: list[Order], market: Market
) -> Worth:
    try:
        amounts = figures(engine_book(account, book, positions, unfinished), market)
    except NoRateError:
        amounts = None
    holdings = [holding(position, account.currency, market) for position in positions]
    working = sum(order.state != State.INACTIVE for order in unfinished)
    return Worth(account, book, amounts, holdings, working)


def holding(position: Position, currency: str, market: Market) -> Holding:
    instrument = position.instrument
    quote = market.quote(position.instrument_id)
    current = quote.hit_by(Side.SELL if position.qty > 0 else Side.BUY) if quote else None
    try:
        point = position.qty * instrument.lot_size * rate(market, instrument.currency, currency)
    except NoRateError:
        return Holding(position, instrument, current, None, None, None, None)
    margin = round_money(abs(point) * position.avg_price * instrument.margin_rate, currency)
    if current is None:
        return Holding(position, instrument, None, point, None, None, margin)
    gross = round_money(point * (current - position.avg_price), currency)
    return Holding(position, instrument, current, point, gross, round_money(abs(point) * current, currency), margin)


def market_now(instrument_ids: Iterable[int]) -> Market:
    """The last quotes of these instruments and of every currency pair."""
    market = Market(catalogue().instruments, {})
    wanted = {*instrument_ids, *chain.from_iterable(market.pairs.values())}
    for row in LastQuote.objects.filter(instrument__in=wanted):
        if row.bid is not None and row.ask is not None and row.time is not None and row.at is not None:
            market.quotes[row.instrument_id] = Quote(row.instrument_id, row.seq, row.bid, row.ask, row.time, row.at)
    return market


def engine_book(account: TradingAccount, book: Book, positions: list[Position], orders: list[Order]) -> engine.Book:
    return engine.Book(
        account.pk,
        account.currency,
        book.balance,
        positions={
            p.instrument_id: engine.Position(p.instrument_id, p.qty, p.avg_price, p.opened_at, p.fee) for p in positions
        },
        orders={order.pk: engine_order(order) for order in orders},
    )


def engine_order(order: Order) -> engine.Order:
    """Of an order what margin is counted by."""
    return engine.Order(
        id=order.pk,
        instrument_id=order.instrument_id,
        type=OrderType(order.type),
        side=Side(order.side),
        qty=order.qty,
        validity=Validity(order.validity),
        state=State(order.state),
        created_at=order.created_at,
        price=order.price,
        stop_price=order.stop_price,
        filled_qty=order.filled_qty,
        leg=Leg(order.leg) if order.leg else None,
    )
