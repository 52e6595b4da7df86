"""A random life of an account: whatever can be asked of it, in whatever order. The same numbers, the same life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, localcontext
from random import Random
from typing import Any

from orders.engine import margin
from orders.engine.commands import (
    Cancel,
    DealerFill,
    DealerReject,
    Expire,
    Halt,
    Modify,
    MoveMoney,
    Place,
    SetRisk,
)
from orders.engine.money import EXACT
from orders.engine.order import Order
from orders.engine.validity import RESTING_TYPES, rule_of
from orders.engine.values import (
    Guard,
    InstrumentStatus,
    OrderType,
    Side,
    StopLossType,
    TakeProfitType,
    Validity,
)
from tests.engine.sworn import COIN, INSTRUMENTS, PAIR, YEN, SwornAccount

IDS = tuple(INSTRUMENTS)
SIDES = tuple(Side)
TYPES = tuple(OrderType)
VALIDITIES = tuple(Validity)
RESTING = tuple(validity for validity in Validity if rule_of(validity).may_rest)
STOP_LOSSES = tuple(StopLossType)
GUARDS: dict[str, tuple[StopLossType | TakeProfitType, ...]] = {
    "stop_loss": STOP_LOSSES,
    "take_profit": tuple(TakeProfitType),
}
RULES = ("dailyLossLimit", "maxDrawdownLevel", "maxPositionsNumber", "totalMaxPositionQty", "maxOrderCapital")
RULES += ("maxOrdersCount", "maxPendingOrdersNumber", "maxOrderAmount")
STATUSES = (InstrumentStatus.OPEN, InstrumentStatus.OPEN, InstrumentStatus.OPEN, InstrumentStatus.HALTED)


class Life:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.account = SwornAccount(random.choice(("USD", "EUR", "JPY")))
        self.account.run(MoveMoney("deposit", Decimal(random.choice((500, 20000, 1000000, 1000000)))))
        # Each life has its instruments, prefers some acts and never does others: so it gets further into corners.
        self.ids = [id_ for id_ in IDS if random.randrange(2)] or [COIN.id]
        self.acts = [act for act, most in ACTS.items() for _ in range(random.randint(0, most))] or [Life.place]

    def step(self) -> None:
        """Something happens; an act that has nothing to act upon leaves a quote to come."""
        if self.random.choice(self.acts)(self) is NOTHING:
            self.quote()

    def pick(self, things: Any) -> Any:
        return self.random.choice(things)

    # --- What can happen ------------------------------------------------------------------------------

    def place(self) -> None:
        id_, side, type_ = self.pick(self.ids), self.pick(SIDES), self.pick(TYPES)
        validity, away = self.validity_for(type_), self.random.randint(1, 15)
        stop_loss, take_profit = self.pick((None, *STOP_LOSSES)), self.pick((None, *TakeProfitType))
        cash = self.random.randrange(4) == 3
        lots = self.random.randint(1, 40) * self.pick((1, 1, 10, 100)) * INSTRUMENTS[id_].lot_step
        priced = type_ in (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.CARE)
        asked = Place(
            order_id=self.account.new_id(),
            instrument_id=id_,
            type=type_,
            side=side,
            qty=None if cash else lots,
            cash_qty=Decimal(500) if cash else None,
            price=self.price(id_, self.ticks()) if priced else None,
            stop_price=self.stop(id_, side) if type_ in (OrderType.STOP, OrderType.STOP_LIMIT) else None,
            trail_ticks=Decimal(away) if type_ is OrderType.TRAILING_STOP else None,
            validity=validity,
            expire_at=self.account.now + timedelta(minutes=away) if validity is Validity.GTD else None,
            stop_loss=self.guard(stop_loss, id_, -side.sign, away) if stop_loss else None,
            take_profit=self.guard(take_profit, id_, side.sign, away) if take_profit else None,
            stop_loss_id=self.account.new_id() if stop_loss else None,
            take_profit_id=self.account.new_id() if take_profit else None,
            client_order_id=self.pick(("", "", "entry")),
        )
        self.account.run(asked)

    def bet(self) -> None:
        """Much of what is available goes into one position."""
        account, terms, percent = self.account, self.pick((COIN, PAIR, YEN)), self.pick((40, 90))
        with localcontext(EXACT):
            into = margin.rate(account.market, terms.currency, account.book.currency)
            one_lot = account.market.quotes[terms.id].ask * terms.lot_size * terms.margin_rate * into
            lots = margin.figures(account.book, account.market).available * percent / 100 / one_lot
            qty = min(lots // terms.lot_step * terms.lot_step, terms.max_lot)
        if qty > 0:
            account.run(Place(account.new_id(), terms.id, OrderType.MARKET, self.pick(SIDES), qty))

    def modify(self) -> object:
        if (order := self.some_order()) is None:
            return NOTHING
        own = [name for name in ("price", "stop_price", "trail_ticks") if getattr(order, name) is not None]
        fields = ("price", "stop_price", "trail_ticks") if self.random.randrange(8) == 7 else own
        field, by = self.pick((*fields, *fields, "qty", "validity")), self.ticks()
        values: dict[str, Any] = {
            "price": self.price(order.instrument_id, by),
            "stop_price": self.price(order.instrument_id, by),
            "qty": max(order.filled_qty, order.qty + by * INSTRUMENTS[order.instrument_id].lot_step),
            "validity": self.pick(VALIDITIES),
            "trail_ticks": Decimal(abs(by) + 1),
        }
        self.account.run(Modify(order_id=order.id, **{field: values[field]}))
        return None

    def modify_guards(self) -> object:
        if (order := self.some_order()) is None:
            return NOTHING
        leg = self.pick(tuple(GUARDS))
        if self.random.randrange(4) == 3:
            self.account.run(Modify(order_id=order.id, **{leg: None}))
            return None
        away = order.side.sign if leg == "take_profit" else -order.side.sign
        guard = self.guard(self.pick(GUARDS[leg]), order.instrument_id, away, self.random.randint(1, 15))
        asked: dict[str, Any] = {leg: guard.value, f"{leg}_type": str(guard.type), f"{leg}_id": self.account.new_id()}
        self.account.run(Modify(order_id=order.id, **asked))
        return None

    def cancel(self) -> object:
        if (order := self.some_order()) is None:
            return NOTHING
        self.account.run(Cancel(order.id))
        return None

    def cancel_by_name(self) -> None:
        self.account.run(Cancel(client_order_id=self.pick(("entry", "never used"))))

    def quote(self) -> None:
        id_ = self.pick(self.ids)
        bid = self.account.market.quotes[id_].bid
        tick = INSTRUMENTS[id_].tick_at(bid)
        bid = max(bid + self.ticks() * self.pick((1, 1, 4)) * tick, tick)
        size = self.pick((None, None, 0, 1, 3, 7))
        spread = self.random.randint(1, 3) * tick
        self.account.tell_quote(self.account.remember(id_, bid, spread, None if size is None else Decimal(size)))

    def quote_against(self) -> object:
        """The market turns against a position."""
        if not (held := sorted(self.account.book.positions)):
            return NOTHING
        id_ = self.pick(held)
        bid = self.account.market.quotes[id_].bid
        tick = INSTRUMENTS[id_].tick_at(bid)
        bid = max(bid - self.random.randint(1, 60) * tick * (1 if self.account.held(id_) > 0 else -1), tick)
        self.account.tell_quote(self.account.remember(id_, bid, tick, None))
        return None

    def wait(self) -> None:
        """Time passes; the pump may notice whose time is up before anything else happens, or after."""
        account = self.account
        account.now += timedelta(minutes=self.pick((1, 5, 60, 600)))
        due = [o.id for o in account.book.unfinished() if o.expire_at is not None and o.expire_at <= account.now]
        for id_ in due if self.pick((False, True)) else ():
            account.run(Expire(id_))

    def dealer_fills(self) -> object:
        if not (orders := self.care_orders()):
            return NOTHING
        order = self.pick(orders)
        qty = min(self.random.randint(1, 40) * INSTRUMENTS[order.instrument_id].lot_step, order.remaining)
        self.account.run(DealerFill(order.id, qty, self.price(order.instrument_id, self.ticks())))
        return None

    def dealer_rejects(self) -> object:
        if not (orders := self.care_orders()):
            return NOTHING
        self.account.run(DealerReject(self.pick(orders).id, "no block on offer"))
        return None

    def halt(self) -> None:
        self.account.run(Halt(self.pick((False, False, True))))

    def halt_everywhere(self) -> None:
        self.account.market.halted = self.pick((False, False, True))

    def halt_instrument(self) -> None:
        id_, market = self.pick(self.ids), self.account.market
        market.instruments = {**market.instruments, id_: replace(INSTRUMENTS[id_], status=self.pick(STATUSES))}

    def money(self) -> None:
        kind, amount = self.pick(("deposit", "withdrawal", "adjustment")), Decimal(self.random.randint(1, 900))
        self.account.run(MoveMoney(kind, amount if kind == "deposit" else -amount))

    def risk(self) -> None:
        rule, value = self.pick(RULES), Decimal(self.pick((1, 3, 50, 1900)))
        self.account.run(SetRisk(((rule, value),) if self.random.randrange(2) else ()))

    # --- Drawing --------------------------------------------------------------------------------------

    def ticks(self) -> int:
        return self.random.randint(-12, 12)

    def stop(self, id_: int, side: Side) -> Decimal:
        """Mostly where the market is not yet."""
        ticks = self.ticks()
        return self.price(id_, side.sign * (abs(ticks) + 4) if self.random.randrange(4) else ticks)

    def price(self, id_: int, ticks: int) -> Decimal:
        terms, bid = INSTRUMENTS[id_], self.account.market.quotes[id_].bid
        tick = terms.tick_at(bid + ticks * terms.tick_at(bid))
        return max((bid + ticks * tick) // tick * tick, tick)

    def guard(self, type_: StopLossType | TakeProfitType, id_: int, away: int, ticks: int) -> Guard:
        values = {"absolute": self.price(id_, away * ticks), "offset in %": Decimal(ticks) / 2}
        return Guard(values.get(str(type_), Decimal(ticks)), type_)

    def validity_for(self, type_: OrderType) -> Validity:
        """Mostly one that suits."""
        return self.pick(VALIDITIES if type_ not in RESTING_TYPES or self.random.randrange(8) == 7 else RESTING)

    def some_order(self) -> Order | None:
        """Mostly one that still lives."""
        orders = self.account.book.orders.values() if self.random.randrange(8) == 7 else self.account.book.unfinished()
        return self.pick(tuple(orders)) if orders else None

    def care_orders(self) -> list[Order]:
        return [order for order in self.account.book.unfinished() if order.type is OrderType.CARE]


NOTHING = object()
# By act, how often it may come up beside the others.
ACTS: dict[Callable[[Life], object], int] = {
    Life.place: 8,
    Life.quote: 6,
    Life.quote_against: 3,
    Life.bet: 2,
    Life.modify: 4,
    Life.modify_guards: 3,
    Life.cancel: 2,
    Life.cancel_by_name: 1,
    Life.wait: 2,
    Life.dealer_fills: 2,
    Life.dealer_rejects: 1,
    Life.halt: 1,
    Life.halt_everywhere: 1,
    Life.halt_instrument: 1,
    Life.money: 1,
    Life.risk: 2,
}
