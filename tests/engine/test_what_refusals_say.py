"""A refusal names its code, the field that it is about, and the numbers: one case for each way to be refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from orders.engine.commands import DealerFill, Modify, MoveMoney, Place
from orders.engine.events import CommandRefused
from orders.engine.refusals import KINDS
from orders.engine.values import InstrumentStatus, OrderType, Side, Validity
from tests.engine.desk import MONDAY, SHARE, Desk, instrument

D = Decimal
LATE = MONDAY + timedelta(hours=6)
CLOSED = replace(instrument(30, "SHUT", **SHARE), status=InstrumentStatus.CLOSED)
OVER = replace(instrument(31, "OVER", **SHARE), last_trading_day=(MONDAY - timedelta(days=3)).date())
AWAY = replace(instrument(32, "AWAY", **SHARE), calendar="NONE")
STALE = replace(instrument(33, "STALE", **SHARE), max_quote_age_seconds=10)
FENCED = replace(instrument(34, "FENCED", **SHARE), low_price_limit=D(90), high_price_limit=D(110))
MUTE = instrument(35, "MUTE", **SHARE)
ABROAD = instrument(36, "ABROAD", **SHARE, currency="SEK")


def desk_with_all() -> Desk:
    desk = Desk("100000", "USD", CLOSED, OVER, AWAY, STALE, FENCED, MUTE, ABROAD)
    for terms in (CLOSED, OVER, AWAY, STALE, FENCED, ABROAD):
        desk.quote(terms.symbol, "100", "101")
    return desk


def place(
    symbol: str = "BTCUSDT", side: str = "buy", qty: str | None = "0.1", type: str = "Limit", **fields: Any
) -> Any:
    """Places an order, a Limit at 64,000 unless told otherwise."""
    asked = ({"price": "64000"} if type == "Limit" else {}) | fields
    return lambda desk: desk.run(desk.slip(desk.new_id(), symbol, side, qty, type, dict(asked)))


def after(*acts: Callable[[Desk], Any]) -> Callable[[Desk], Any]:
    def run(desk: Desk) -> None:
        for act in acts:
            act(desk)

    return run


def change(order_id: int = 1009, **fields: Any) -> Callable[[Desk], Any]:
    return lambda desk: desk.run(Modify(order_id=order_id, **fields))


def deal(qty: str, price: str, order_id: int = 1009) -> Callable[[Desk], Any]:
    return lambda desk: desk.run(DealerFill(order_id, D(qty), D(price)))


def risk(rule: str, value: str) -> Callable[[Desk], Any]:
    return lambda desk: desk.risk(**{rule: value})


def shut(symbol: str, status: InstrumentStatus) -> Callable[[Desk], Any]:
    def set_status(desk: Desk) -> None:
        terms = replace(desk.by_symbol[symbol], status=status)
        desk.market.instruments = {**desk.market.instruments, terms.id: terms}

    return set_status


def money(kind: str, amount: str) -> Callable[[Desk], Any]:
    return lambda desk: desk.run(MoveMoney(kind, D(amount)))


def wait(**span: float) -> Callable[[Desk], Any]:
    return lambda desk: desk.wait(**span)


limit = place()


CASES: dict[str, tuple[Callable[[Desk], Any], list[tuple[str, str, str]]]] = {
    "no quantity": (place(qty=None), [("required", "qty", "is required")]),
    "no price": (
        place(type="Stop limit", stopPrice="65000"),
        [("required", "price", "is required for a Stop limit order")],
    ),
    "no stop": (place(type="Stop"), [("required", "stopPrice", "is required for a Stop order")]),
    "no offset": (place(type="Trailing stop"), [("required", "trStopOffset", "is required for a Trailing stop order")]),
    "a stop on a Limit": (
        place(stopPrice="65000"),
        [("not_for_type", "stopPrice", "makes no sense for a Limit order")],
    ),
    "an offset on a Limit": (
        place(trStopOffset="10"),
        [("not_for_type", "trStopOffset", "makes no sense for a Limit order")],
    ),
    "cash of nothing": (place(qty=None, cashOrderQty="0"), [("not_positive", "cashOrderQty", "must be more than 0")]),
    "cash beyond all books": (
        place(qty=None, cashOrderQty="1E15"),
        [("out_of_range", "cashOrderQty", "must be less than 1000000000000000")],
    ),
    "a price of nothing": (place(price="0"), [("not_positive", "price", "must be more than 0")]),
    "a price off the tick": (
        place(price="64000.005"),
        [("price_tick", "price", "must be a multiple of the tick 0.01")],
    ),
    "a stop off the tick": (
        place(type="Stop", stopPrice="65000.005"),
        [("price_tick", "stopPrice", "must be a multiple of the tick 0.01")],
    ),
    "an offset of nothing": (
        place(type="Trailing stop", trStopOffset="0"),
        [("not_positive", "trStopOffset", "must be more than 0")],
    ),
    "half a tick": (
        place(type="Trailing stop", trStopOffset="1.5"),
        [("ticks_whole", "trStopOffset", "must be a whole number of ticks")],
    ),
    "an offset beyond all prices": (
        place(type="Trailing stop", trStopOffset="1E15"),
        [("out_of_range", "trStopOffset", "is further away than any price")],
    ),
    "too few lots": (
        place(qty="0.0001"),
        [("qty_minimum", "qty", "must be at least 0.001 lots"), ("qty_step", "qty", "must be a multiple of 0.001")],
    ),
    "too many lots": (place(qty="101"), [("qty_maximum", "qty", "must be at most 100 lots")]),
    "off the lot step": (place(qty="0.0015"), [("qty_step", "qty", "must be a multiple of 0.001")]),
    "a stop loss off the tick": (
        place(sl="63000.005"),
        [("price_tick", "stopLoss", "must be a multiple of the tick 0.01")],
    ),
    "a take profit of half a tick": (
        place(tp=("1.5", "offset in ticks")),
        [("ticks_whole", "takeProfit", "must be a whole number of ticks")],
    ),
    "a stop loss of nothing": (place(sl=("0", "offset in %")), [("not_positive", "stopLoss", "must be more than 0")]),
    "a stop loss of everything": (
        place(sl=("100", "offset in %")),
        [("out_of_range", "stopLoss", "must be less than 100 %: that is the whole price")],
    ),
    "a take profit beyond reason": (
        place(tp=("1000001", "offset in %")),
        [("out_of_range", "takeProfit", "must be at most 1000000 %")],
    ),
    "a Stop at once": (
        place(type="Stop", stopPrice="65000", validity="IOC"),
        [("validity_type", "validity", "IOC makes no sense for a Stop order: it waits by nature")],
    ),
    "GTD without a date": (place(validity="GTD"), [("expire_date_required", "expireDate", "is required for GTD")]),
    "DAY with a date": (
        place(expire_at=LATE),
        [("expire_date_unexpected", "expireDate", "goes with GTD only, not with DAY")],
    ),
    "a date gone by": (
        place(validity="GTD", expire_at=MONDAY),
        [("expire_date_past", "expireDate", "must be in the future; it is 2026-01-05 12:00:00 UTC now")],
    ),
    "an unknown instrument": (
        lambda desk: desk.run(Place(desk.new_id(), 999, OrderType.MARKET, Side.BUY, D(1))),
        [("symbol_unknown", "symbol", "there is no such instrument")],
    ),
    "a name taken": (
        after(place(client_order_id="entry"), place(client_order_id="entry")),
        [("client_order_id_taken", "clientOrderId", '"entry" is open order 1009 already')],
    ),
    "closed": (place("SHUT", qty="1", price="100"), [("instrument_closed", "symbol", "SHUT is closed for trading")]),
    "expired": (
        place("OVER", qty="1", price="100"),
        [("contract_expired", "symbol", "OVER stopped trading at 2026-01-03 00:00 UTC")],
    ),
    "no session to come": (
        place("AWAY", qty="1", price="100"),
        [("out_of_session", "", "no session of NONE is known to come")],
    ),
    "no session now": (
        place("AWAY", qty="1", type="Market", validity="IOC"),
        [("out_of_session", "", "trading out of session is forbidden")],
    ),
    "no price yet": (place("MUTE", qty="1", type="Market"), [("no_quote", "", "there is no price for MUTE yet")]),
    "no price to trail": (
        place("MUTE", qty="1", type="Trailing stop", trStopOffset="1"),
        [("no_quote", "", "there is no price for MUTE yet")],
    ),
    "an old price": (
        after(wait(seconds=11), place("STALE", qty="1", type="Market")),
        [("quote_age", "", "no fresh price for STALE (last 12:00:00 UTC)")],
    ),
    "a price too high": (
        place("FENCED", qty="1", price="110.01"),
        [("price_limits", "price", "110.01 is above the high price limit 110")],
    ),
    "a stop too low": (
        place("FENCED", side="sell", qty="1", type="Stop", stopPrice="89.99"),
        [("price_limits", "stopPrice", "89.99 is below the low price limit 90")],
    ),
    "a trailing stop below the fence": (
        place("FENCED", side="sell", qty="1", type="Trailing stop", trStopOffset="1001"),
        [("price_limits", "trStopOffset", "89.99 is below the low price limit 90")],
    ),
    "a trailing stop below nothing": (
        place("SPY", side="sell", qty="1", type="Trailing stop", trStopOffset="59000"),
        [("price_limits", "trStopOffset", "the stop would stand at 0, not above 0")],
    ),
    "a buy stop behind the market": (
        place(type="Stop", stopPrice="64250.50"),
        [
            (
                "stop_through",
                "stopPrice",
                "the market is through the stop 64250.5 already: a buy stop goes above the ask 64250.5",
            )
        ],
    ),
    "a sell stop behind the market": (
        place(side="sell", type="Stop limit", price="64000", stopPrice="64250"),
        [
            (
                "stop_through",
                "stopPrice",
                "the market is through the stop 64250 already: a sell stop goes below the bid 64250",
            )
        ],
    ),
    "FOK with an old price": (
        after(wait(seconds=11), place("STALE", qty="1", price="101", validity="FOK")),
        [("fok", "", "cannot be filled at once: no fresh price for STALE")],
    ),
    "FOK without a price": (
        place("MUTE", qty="1", price="101", validity="FOK"),
        [("fok", "", "cannot be filled at once: no fresh price for MUTE")],
    ),
    "FOK beyond its limit": (
        place(validity="FOK"),
        [("fok", "", "cannot be filled at once: the price is 64250.5, the limit 64000")],
    ),
    "FOK too large": (
        after(
            lambda desk: desk.quote("SPY", "590.00", "590.02", ("5", "7")),
            place("SPY", qty="8", type="Market", validity="FOK"),
        ),
        [("fok", "", "cannot be filled at once: 7 of 8 lots at 590.02")],
    ),
    "no rate": (
        place("ABROAD", qty="1", price="100"),
        [("no_rate", "", "no rate from SEK to USD: quote a currency pair that leads from one to the other")],
    ),
    "no rate for cash": (
        place("ABROAD", qty=None, price="100", cashOrderQty="1000"),
        [("no_rate", "", "no rate from SEK to USD")],
    ),
    "no price for cash": (
        place("MUTE", qty=None, type="Market", cashOrderQty="1000"),
        [("no_quote", "cashOrderQty", "there is no price for MUTE to size the order by")],
    ),
    "cash for less than a lot": (
        place(qty=None, type="Market", cashOrderQty="1"),
        [("cash_too_small", "cashOrderQty", "1 USD is less than the minimal lot costs: 0.001 lots cost 64.25 USD")],
    ),
    "cash for too many lots": (
        place("SPY", qty=None, price="0.01", cashOrderQty="1000"),
        [("qty_maximum", "cashOrderQty", "would buy 100000 lots; an order may have at most 10000 lots")],
    ),
    "short": (
        place("AAPL", side="sell", qty="1", type="Market"),
        [("short_not_allowed", "side", "AAPL cannot be sold short")],
    ),
    "margin": (place(qty="2"), [("margin", "", "not enough margin: required 128000.00 USD, available 100000.00 USD")]),
    "a stop loss above": (
        place(sl="64000"),
        [("stop_loss_side", "stopLoss", "SL price is not valid for the order: a buy at 64000 needs it below")],
    ),
    "a take profit below": (
        place(tp="63999.99"),
        [("take_profit_side", "takeProfit", "TP price is not valid for the order: a buy at 64000 needs it above")],
    ),
    "a sell stop loss below": (
        place(side="sell", price="65000", sl="64999"),
        [("stop_loss_side", "stopLoss", "SL price is not valid for the order: a sell at 65000 needs it above")],
    ),
    "a stop loss below nothing": (
        place(sl=("6400000", "offset in ticks")),
        [
            (
                "stop_loss_side",
                "stopLoss",
                "SL price is not valid for the order: a buy at 64000 needs it below, and above 0",
            )
        ],
    ),
    "halted everywhere": (
        after(lambda desk: setattr(desk.market, "halted", True), limit),
        [("halted", "", "trading is halted everywhere: positions can be closed, not opened")],
    ),
    "halted for the account": (
        after(lambda desk: desk.halt(), limit),
        [("halted", "", "trading is halted for this account: positions can be closed, not opened")],
    ),
    "halted in the instrument": (
        after(shut("BTCUSDT", InstrumentStatus.HALTED), limit),
        [("halted", "", "trading is halted in BTCUSDT: positions can be closed, not opened")],
    ),
    "maxOrderAmount": (
        after(risk("maxOrderAmount", "5"), place("SPY", qty="6", price="500")),
        [("max_order_amount", "qty", "maxOrderAmount allows 5 units, this would make 6")],
    ),
    "maxOrderCapital": (
        after(risk("maxOrderCapital", "5000"), place("ES", qty="1", price="6000")),
        [("max_order_capital", "qty", "maxOrderCapital allows 5000.00 USD, this would take 300000.00 USD")],
    ),
    "maxOrdersCount": (
        after(risk("maxOrdersCount", "1"), limit, limit),
        [("max_orders_count", "", "maxOrdersCount allows 1 placements and modifications a day, this would make 2")],
    ),
    "maxPendingOrdersNumber": (
        after(risk("maxPendingOrdersNumber", "1"), limit, limit),
        [("max_pending_orders_number", "", "maxPendingOrdersNumber allows 1 pending orders, this would make 2")],
    ),
    "maxPositionsNumber": (
        after(risk("maxPositionsNumber", "0"), limit),
        [("max_positions_number", "", "maxPositionsNumber allows 0 positions, this would make 1")],
    ),
    "totalMaxPositionQty": (
        after(risk("totalMaxPositionQty", "0.2"), place(type="Market"), place(qty="0.05"), limit),
        [("total_max_position_qty", "qty", "totalMaxPositionQty allows 0.2 lots in all, this would make 0.25")],
    ),
    "dailyLossLimit": (
        after(risk("dailyLossLimit", "0"), limit),
        [
            (
                "daily_loss_limit",
                "",
                "dailyLossLimit 0 is reached: equity is 100000.00 USD; nothing opens until 00:00 UTC",
            )
        ],
    ),
    "maxDrawdownLevel": (
        after(risk("maxDrawdownLevel", "100000"), limit),
        [
            (
                "max_drawdown_level",
                "",
                "maxDrawdownLevel 100000 is reached: equity is 100000.00 USD; nothing opens until 00:00 UTC",
            )
        ],
    ),
    "nothing to change": (
        after(limit, change()),
        [("nothing_to_change", "", "nothing to change: send at least one field with its new value")],
    ),
    "another side": (
        after(limit, change(side=Side.SELL)),
        [
            ("order_differs", "side", "cannot be modified: order 1009 has buy"),
            ("nothing_to_change", "", "nothing to change: send at least one field with its new value"),
        ],
    ),
    "another type": (
        after(limit, change(type=OrderType.MARKET)),
        [
            ("order_differs", "type", "cannot be modified: order 1009 has Limit"),
            ("nothing_to_change", "", "nothing to change: send at least one field with its new value"),
        ],
    ),
    "another symbol": (
        after(limit, change(instrument_id=5)),
        [
            ("order_differs", "symbol", "cannot be modified: order 1009 has BTCUSDT"),
            ("nothing_to_change", "", "nothing to change: send at least one field with its new value"),
        ],
    ),
    "a changed price off the tick": (
        after(limit, change(price=D("64000.005"))),
        [("price_tick", "price", "must be a multiple of the tick 0.01")],
    ),
    "a changed stop off the tick": (
        after(place(type="Stop", stopPrice="65000"), change(stop_price=D("65000.005"))),
        [("price_tick", "stopPrice", "must be a multiple of the tick 0.01")],
    ),
    "a changed offset of half a tick": (
        after(place(type="Trailing stop", trStopOffset="10"), change(trail_ticks=D("1.5"))),
        [("ticks_whole", "trStopOffset", "must be a whole number of ticks")],
    ),
    "a stop for a Limit": (
        after(limit, change(stop_price=D(65000))),
        [("not_for_type", "stopPrice", "makes no sense for a Limit order")],
    ),
    "an offset for a Limit": (
        after(limit, change(trail_ticks=D(10))),
        [("not_for_type", "trStopOffset", "makes no sense for a Limit order")],
    ),
    "a comment for a Limit": (
        after(limit, change(user_comment="please")),
        [("not_for_type", "userComment", "makes no sense for a Limit order")],
    ),
    "a type without its guard": (
        after(limit, change(stop_loss_type="tr. offset")),
        [("guard_type_alone", "stopLossType", "goes with stopLoss only")],
    ),
    "too few changed lots": (
        after(limit, change(qty=D("0.0001"))),
        [("qty_minimum", "qty", "must be at least 0.001 lots"), ("qty_step", "qty", "must be a multiple of 0.001")],
    ),
    "a changed stop loss off the tick": (
        after(limit, change(stop_loss=D("63000.005"), stop_loss_id=2000)),
        [("price_tick", "stopLoss", "must be a multiple of the tick 0.01")],
    ),
    "a changed take profit below": (
        after(limit, change(take_profit=D(63000), take_profit_id=2000)),
        [("take_profit_side", "takeProfit", "TP price is not valid for the order: a buy at 64000 needs it above")],
    ),
    "a leg with a stop loss": (
        after(place(type="Market", sl="63000"), change(1010, stop_loss=D(62000), stop_loss_id=2000)),
        [("not_for_type", "stopLoss", "makes no sense for a stop loss or take profit")],
    ),
    "a leg at once": (
        after(place(type="Market", sl="63000"), change(1010, validity=Validity.IOC)),
        [("validity_type", "validity", "IOC makes no sense for a Stop order: it waits by nature")],
    ),
    "a take profit at once": (
        after(place(type="Market", tp="65000"), change(1010, validity=Validity.IOC)),
        [("validity_type", "validity", "IOC makes no sense for a stop loss or take profit")],
    ),
    "a leg larger than the position": (
        after(place(type="Market", sl="63000"), change(1010, qty=D("0.2"))),
        [("leg_qty", "qty", "must not exceed the position, 0.1 lots")],
    ),
    "a sleeping leg resized": (
        after(place(sl="63000"), change(1010, qty=D("0.05"))),
        [("leg_qty", "qty", "follows its order's quantity until that fills")],
    ),
    "a sleeping stop loss moved above": (
        after(place(sl="63000"), change(1010, stop_price=D(64500))),
        [("stop_loss_side", "stopPrice", "SL price is not valid for the order: a buy at 64000 needs it below")],
    ),
    "a sleeping take profit moved below": (
        after(place(tp="65000"), change(1010, price=D(63000))),
        [("take_profit_side", "price", "TP price is not valid for the order: a buy at 64000 needs it above")],
    ),
    "a leg through its filled order": (
        after(place(type="Market", tp="65000"), change(take_profit=D(66000))),
        [
            (
                "guard_is_order",
                "takeProfit",
                "order 1009 is filled; its takeProfit is order 1010: modify or cancel that one",
            )
        ],
    ),
    "less than is filled": (
        after(
            lambda desk: desk.quote("SPY", "590.00", "590.02", ("5", "7")),
            place("SPY", qty="8", type="Market"),
            change(qty=D(6)),
        ),
        [("qty_below_filled", "qty", "must be at least what is filled, 7 lots")],
    ),
    "FOK that has had its part": (
        after(
            lambda desk: desk.quote("SPY", "590.00", "590.02", ("5", "7")),
            place("SPY", qty="14", type="Market"),
            change(qty=D(13), validity=Validity.FOK),
        ),
        [("fok", "", "cannot be filled at once: the order has taken its part of the last quote")],
    ),
    "a triggered Stop limit": (
        after(
            place(type="Stop limit", price="64000", stopPrice="65000"),
            lambda desk: desk.quote("BTCUSDT", "65000", "65001"),
            change(stop_price=D(66000)),
        ),
        [("triggered", "stopPrice", "order 1009 has triggered: only its limit price can be changed")],
    ),
    "a triggered Stop": (
        after(
            place("SPY", qty="8", type="Stop", stopPrice="600"),
            lambda desk: desk.quote("SPY", "600", "600.02", ("5", "7")),
            change(stop_price=D(610)),
        ),
        [("triggered", "stopPrice", "order 1009 has triggered: its stop cannot be moved any more")],
    ),
    "a triggered Trailing stop": (
        after(
            place("SPY", qty="8", type="Trailing stop", trStopOffset="100"),
            lambda desk: desk.quote("SPY", "600", "600.02", ("5", "7")),
            change(trail_ticks=D(50)),
        ),
        [("triggered", "trStopOffset", "order 1009 has triggered: its stop cannot be moved any more")],
    ),
    "no such order": (change(77, price=D(1)), [("order_unknown", "orderId", "no order 77")]),
    "no such name": (
        lambda desk: desk.cancel(client_order_id="entry"),
        [("order_unknown", "clientOrderId", 'no order named "entry"')],
    ),
    "an id and another name": (
        after(place(client_order_id="entry"), place(client_order_id="exit"), lambda desk: desk.cancel(1009, "exit")),
        [("order_ids_disagree", "clientOrderId", 'order 1009 is not named "exit": send one of the two')],
    ),
    "neither id nor name": (
        lambda desk: desk.cancel(),
        [("required", "orderId", "orderId or clientOrderId is required")],
    ),
    "a filled order": (
        after(place(type="Market"), change(qty=D(1))),
        [("order_final", "orderId", "order 1009 is filled already")],
    ),
    "a deal on a Limit": (
        after(limit, deal("0.1", "64000")),
        [("not_care", "orderId", "order 1009 is a Limit order, not Care")],
    ),
    "a deal off the step": (
        after(place(type="Care"), deal("0.0005", "64000")),
        [("dealer_qty", "qty", "must be a multiple of 0.001, above 0")],
    ),
    "a deal of nothing": (
        after(place(type="Care"), deal("0", "64000")),
        [("dealer_qty", "qty", "must be a multiple of 0.001, above 0")],
    ),
    "a deal of too much": (
        after(place(type="Care"), deal("0.2", "64000")),
        [("dealer_qty", "qty", "must be at most what remains, 0.1 lots")],
    ),
    "a deal off the tick": (
        after(place(type="Care"), deal("0.1", "64000.005")),
        [("price_tick", "price", "must be a multiple of the tick 0.01")],
    ),
    "a deal beyond the limit": (
        after(place(type="Care", price="64000"), deal("0.1", "64000.01")),
        [("dealer_price", "price", "must not be worse than the limit 64000")],
    ),
    "a deal in what is closed": (
        after(place(type="Care"), shut("BTCUSDT", InstrumentStatus.CLOSED), deal("0.1", "64000")),
        [("instrument_closed", "symbol", "BTCUSDT is closed for trading")],
    ),
    "a deal out of session": (
        after(place("AWAY", qty="1", type="Care", validity="GTC"), deal("1", "100")),
        [("out_of_session", "", "trading out of session is forbidden")],
    ),
    "a deal while halted": (
        after(place(type="Care"), lambda desk: desk.halt(), deal("0.1", "64000")),
        [("halted", "", "trading is halted for this account: positions can be closed, not opened")],
    ),
    "a deal below zero": (
        after(
            place("AAPL", qty="5", type="Market"),
            place("AAPL", side="sell", qty="5", type="Care"),
            place("AAPL", side="sell", qty="5", type="Market"),
            deal("5", "230", 1010),
        ),
        [("short_not_allowed", "", "AAPL cannot be sold short")],
    ),
    "a deal beyond the margin": (
        after(place(qty="2", type="Care"), deal("2", "64000")),
        [("margin", "", "not enough margin: required 128000.00 USD, available 100000.00 USD")],
    ),
    "a deal beyond the positions": (
        after(place(type="Care"), risk("maxPositionsNumber", "0"), deal("0.1", "64000")),
        [("max_positions_number", "", "maxPositionsNumber allows 0 positions, this would make 1")],
    ),
    "a deposit of nothing": (money("deposit", "0"), [("not_positive", "amount", "must be more than 0 for a deposit")]),
    "a deposit that takes": (money("deposit", "-1"), [("not_positive", "amount", "must be more than 0 for a deposit")]),
    "a withdrawal that gives": (
        money("withdrawal", "1"),
        [("not_positive", "amount", "must be more than 0 for a withdrawal")],
    ),
    "half a cent": (money("deposit", "0.005"), [("amount_digits", "amount", "must be a multiple of 0.01 USD")]),
    "money beyond all books": (
        money("deposit", "1E15"),
        [("out_of_range", "amount", "must be less than 1000000000000000")],
    ),
    "a withdrawal of too much": (
        money("withdrawal", "-100000.01"),
        [("withdrawal", "amount", "available is 100000.00 USD")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_names_the_field_and_the_numbers(case: str) -> None:
    act, expected = CASES[case]
    desk = desk_with_all()
    desk.next_id = 1009
    act(desk)
    refused = [event for event in desk.told if isinstance(event, CommandRefused)]
    assert [(one.code, one.field, one.text) for event in refused for one in event.refusals] == expected


def test_every_refusal_has_a_case() -> None:
    assert {code for _, expected in CASES.values() for code, _, _ in expected} == set(KINDS)
