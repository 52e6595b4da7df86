"""The books as JSON: names in camelCase as in the contract, amounts as decimal strings, times in ISO 8601."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from orders.decimals import plain
from orders.engine.money import round_money
from orders.models import Fill, Instrument, LedgerEntry, Order, OrderEvent, Position
from orders.valuation import Holding, Worth

Shape = dict[str, Any]


def number(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")


def account_shape(worth: Worth) -> Shape:
    """`projectedBalance` and what follows from it is null while a currency cannot be converted."""
    account, figures = worth.account, worth.figures
    amounts = {
        "projectedBalance": figures and figures.equity,
        "available": figures and figures.available,
        "usedMargin": figures and figures.used_margin,
        "blockedMargin": figures and figures.blocked_margin,
        "openPl": figures and figures.open_pl,
    }
    return {
        "name": account.name,
        "currency": account.currency,
        "status": account.status,
        "halted": worth.book.halted,
        "balance": money(worth.book.balance, account.currency),
        **{name: money(amount, account.currency) for name, amount in amounts.items()},
        "risk": worth.book.risk,
    }


def money(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else f"{round_money(amount, currency):f}"


def named(instrument: Instrument) -> Shape:
    """What tells an instrument from every other."""
    return {
        "symbol": instrument.symbol,
        "symbolType": instrument.symbol_type,
        "contractMonth": instrument.contract_month and instrument.contract_month.isoformat(),
        "strikePrice": number(instrument.strike_price),
        "strikeType": instrument.strike_type or None,
    }


def order_shape(order: Order) -> Shape:
    return {
        "orderId": order.pk,
        "clientOrderId": order.client_order_id or None,
        "accountName": order.account.name,
        **named(order.instrument),
        "type": order.type,
        "side": order.side,
        "qty": number(order.qty),
        "filledQty": number(order.filled_qty),
        "avgPrice": number(order.avg_price),
        "price": number(order.price),
        "stopPrice": number(order.stop_price),
        "trStopOffset": number(order.trail_ticks),
        "validity": order.validity,
        "expireDate": order.expire_at and int(order.expire_at.timestamp() * 1000),
        **guard_shape("stopLoss", order.stop_loss),
        **guard_shape("takeProfit", order.take_profit),
        "state": order.state,
        "reason": order.reason or None,
        "userComment": order.user_comment or None,
        "parentId": order.parent_id,
        "createdAt": moment(order.created_at),
        "updatedAt": moment(order.updated_at),
    }


def guard_shape(name: str, guard: dict[str, str] | None) -> Shape:
    return {name: guard and guard["value"], f"{name}Type": guard and guard["type"]}


def event_shape(event: OrderEvent) -> Shape:
    return {
        "event": event.kind,
        "state": event.state,
        "at": moment(event.at),
        "origin": event.origin,
        "details": event.details,
    }


def position_shape(position: Position, holding: Holding | None = None) -> Shape:
    """`holding` is the position at the market; without it, what depends on prices is null."""
    at_market = (holding.current, holding.gross, holding.net, holding.margin) if holding else (None,) * 4
    return {
        **named(position.instrument),
        "qty": number(position.qty),
        "avgPrice": number(position.avg_price),
        "fee": number(position.fee),
        **dict(zip(("currentPrice", "grossPl", "netPl", "usedMargin"), map(number, at_market), strict=True)),
        "openedAt": moment(position.opened_at),
    }


def fill_shape(fill: Fill) -> Shape:
    return {
        "tradeId": fill.pk,
        "orderId": fill.order_id,
        **named(fill.instrument),
        "side": fill.side,
        "qty": number(fill.qty),
        "price": number(fill.price),
        "fee": number(fill.fee),
        "grossPl": number(fill.gross),
        "bid": number(fill.quote_bid),
        "ask": number(fill.quote_ask),
        "at": moment(fill.at),
    }


def entry_shape(entry: LedgerEntry) -> Shape:
    return {
        "entryId": entry.pk,
        "kind": entry.kind,
        "amount": number(entry.amount),
        "balance": number(entry.balance),
        "orderId": entry.order_id,
        "note": entry.note or None,
        "at": moment(entry.at),
    }


def instrument_shape(instrument: Instrument) -> Shape:
    quote = getattr(instrument, "quote", None)
    return {
        **named(instrument),
        "description": instrument.description,
        "exchange": instrument.exchange,
        "isin": instrument.isin or None,
        "currency": instrument.currency,
        "baseCurrency": instrument.base_currency or None,
        "underlier": instrument.underlier or None,
        "aliases": instrument.aliases,
        "lotSize": number(instrument.lot_size),
        "tickSize": number(instrument.tick_size),
        "tickRanges": instrument.tick_ranges,
        "minLot": number(instrument.min_lot),
        "maxLot": number(instrument.max_lot),
        "lotStep": number(instrument.lot_step),
        "marginRate": number(instrument.margin_rate),
        "shortAllowed": instrument.short_allowed,
        "lowPriceLimit": number(instrument.low_price_limit),
        "highPriceLimit": number(instrument.high_price_limit),
        "calendar": instrument.calendar,
        "status": instrument.status,
        "lastTradingDay": instrument.last_trading_day and instrument.last_trading_day.isoformat(),
        "bid": number(quote and quote.bid),
        "ask": number(quote and quote.ask),
        "quoteTime": moment(quote and quote.time),
    }
