"""Whether an order may enter the market: what the market, the clock and the account decide. HTTP 403 and 422."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from orders.engine import brackets, margin, risk
from orders.engine.halts import halt_on
from orders.engine.hours import contract_end, hours_of
from orders.engine.money import plain, round_money
from orders.engine.offers import is_fresh, on_offer, price_for, reached
from orders.engine.order import Order
from orders.engine.positions import opening_part
from orders.engine.rates import NoRateError
from orders.engine.refusals import refusal
from orders.engine.turn import Turn
from orders.engine.validity import rule_of
from orders.engine.values import ZERO, Instrument, InstrumentStatus, OrderType, Quote, Refusal, Side, Validity

NEEDS_QUOTE = frozenset({OrderType.MARKET, OrderType.TRAILING_STOP})


def faults(turn: Turn, order: Order, before: Order | None = None) -> list[Refusal]:
    """Every reason against an order, the gravest class first; `before` is what a modification starts from."""
    found = faults_of_opening(turn, order, before)
    found += faults_of_market(turn, order)
    found += brackets.faults(order, margin.reference_price(order, turn.market), turn.instrument_of(order))
    return found


# --- The market and the clock ----------------------------------------------------------------------------


def faults_of_market(turn: Turn, order: Order) -> list[Refusal]:
    instrument = turn.instrument_of(order)
    quote = turn.market.quote(order.instrument_id)
    found = list(faults_of_calendar(turn, order, instrument)) or list(_faults_of_session(turn, order, instrument))
    found += _faults_of_quote(turn, order, instrument, quote)
    found += _faults_of_limits(order, instrument)
    if quote is not None and order.type is not OrderType.TRAILING_STOP:
        found += _faults_of_stop(order, quote)
    if rule_of(order.validity).all_at_once and not found:
        found += _faults_of_fok(turn, order, instrument, quote)
    return found


def faults_of_calendar(turn: Turn, order: Order, instrument: Instrument) -> Iterator[Refusal]:
    """Why an order cannot even wait."""
    if instrument.status is InstrumentStatus.CLOSED:
        yield refusal("instrument_closed", f"{instrument.symbol} is closed for trading", "symbol")
        return
    hours = hours_of(instrument, turn.market)
    end = contract_end(instrument, hours)
    if end is not None and turn.now >= end:
        yield refusal("contract_expired", f"{instrument.symbol} stopped trading at {end:%Y-%m-%d %H:%M} UTC", "symbol")
        return
    if order.validity in (Validity.DAY, Validity.GTS) and hours.next_open(turn.now) is None:
        yield refusal("out_of_session", f"no session of {instrument.calendar} is known to come")


def _faults_of_session(turn: Turn, order: Order, instrument: Instrument) -> Iterator[Refusal]:
    hours = hours_of(instrument, turn.market)
    if needs_session(order) and not hours.is_open(turn.now):
        opens = hours.next_open(turn.now)
        when = f": {instrument.symbol} opens at {opens:%Y-%m-%d %H:%M} UTC" if opens else ""
        yield refusal("out_of_session", f"trading out of session is forbidden{when}")


def needs_session(order: Order) -> bool:
    return order.type is OrderType.MARKET or not rule_of(order.validity).may_rest


def _faults_of_quote(turn: Turn, order: Order, instrument: Instrument, quote: Quote | None) -> Iterator[Refusal]:
    if order.type not in NEEDS_QUOTE:
        return
    if quote is None:
        yield refusal("no_quote", f"there is no price for {instrument.symbol} yet")
    elif not is_fresh(instrument, quote, turn.now):
        yield refusal("quote_age", f"no fresh price for {instrument.symbol} (last {quote.time:%H:%M:%S} UTC)")


def _faults_of_limits(order: Order, instrument: Instrument) -> Iterator[Refusal]:
    low, high = instrument.low_price_limit, instrument.high_price_limit
    stop_field = "stopPrice" if order.trail_ticks is None else "trStopOffset"
    for price, field in ((order.price, "price"), (order.stop_price, stop_field)):
        if price is None:
            continue
        if price <= 0:
            yield refusal("price_limits", f"the stop would stand at {plain(price)}, not above 0", field)
        if high is not None and price > high:
            yield refusal("price_limits", f"{plain(price)} is above the high price limit {plain(high)}", field)
        if low is not None and price < low:
            yield refusal("price_limits", f"{plain(price)} is below the low price limit {plain(low)}", field)


def _faults_of_stop(order: Order, quote: Quote) -> Iterator[Refusal]:
    if order.stop_price is None or order.triggered or not reached(order, quote):
        return
    hit, name = plain(quote.hit_by(order.side)), "ask" if order.side is Side.BUY else "bid"
    where = "above" if order.side is Side.BUY else "below"
    text = f"the market is through the stop {plain(order.stop_price)} already"
    yield refusal("stop_through", f"{text}: a {order.side} stop goes {where} the {name} {hit}", "stopPrice")


def _faults_of_fok(turn: Turn, order: Order, instrument: Instrument, quote: Quote | None) -> Iterator[Refusal]:
    if quote is None or not is_fresh(instrument, quote, turn.now):
        yield refusal("fok", f"cannot be filled at once: no fresh price for {instrument.symbol}")
        return
    hit = plain(quote.hit_by(order.side))
    if price_for(order, quote, arriving=True) is None:
        yield refusal("fok", f"cannot be filled at once: the price is {hit}, the limit {plain(order.price or ZERO)}")
    elif (offered := on_offer(order, quote, instrument)) < order.remaining:
        yield refusal("fok", f"cannot be filled at once: {plain(offered)} of {plain(order.remaining)} lots at {hit}")


# --- The account -----------------------------------------------------------------------------------------


def faults_of_opening(turn: Turn, order: Order, before: Order | None) -> list[Refusal]:
    """What forbids the part that opens; of a modification, the part that it adds."""
    held = turn.held(order.instrument_id)
    opening = ZERO if order.leg else opening_part(held, order.side, order.remaining)
    added = opening - (opening_part(held, before.side, before.remaining) if before else ZERO)
    try:
        margin.check_rate(order.instrument_id, turn.book, turn.market)
        return list(_faults_of_opening(turn, order, before, opening, added)) if opening else []
    except NoRateError as missing:
        text = f"{missing}: quote a currency pair that leads from one to the other"
        return [refusal("no_rate", text)]


def _faults_of_opening(
    turn: Turn, order: Order, before: Order | None, opening: Decimal, added: Decimal
) -> Iterator[Refusal]:
    instrument = turn.instrument_of(order)
    if added > 0:
        if halt := halt_on(turn, instrument):
            yield halt
        if order.side is Side.SELL and not instrument.short_allowed:
            yield refusal("short_not_allowed", f"{instrument.symbol} cannot be sold short", "side")
    yield from risk.faults_of_opening(turn, order, opening, added, is_new=before is None)
    yield from _faults_of_margin(turn, order, before, opening)


def _faults_of_margin(turn: Turn, order: Order, before: Order | None, opening: Decimal) -> Iterator[Refusal]:
    book, market = turn.book, turn.market
    price = margin.entry_price(order, market, turn.now)
    if price is None or margin.blocking_price(order, market) is None:
        return
    required = margin.margin_of(order, opening, price, book, market)
    required = round_money(required - (margin.block_of(before, book, market) if before else ZERO), book.currency)
    if required <= 0:
        return
    available = margin.figures(book, market).available
    if before is None:
        closing = _closes_at_once(turn, order, opening)
        available += round_money(margin.freed_by(order.instrument_id, closing, book, market), book.currency)
    if required > available:
        yield refusal("margin", margin.shortage(required, available, book.currency))


def _closes_at_once(turn: Turn, order: Order, opening: Decimal) -> Decimal:
    """The lots that a new Market order closes before it opens any; what waits for a next quote sets nothing free."""
    quote = turn.market.quote(order.instrument_id)
    if order.type is not OrderType.MARKET or quote is None:
        return ZERO
    return min(order.remaining - opening, on_offer(order, quote, turn.instrument_of(order)))
