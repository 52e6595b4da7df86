"""Stop losses and take profits of a position: the orders they are, and how a form changes them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from orders.decimals import trimmed
from orders.engine.commands import Cancel, Command, Modify, Place
from orders.engine.terms import faults_of_place, faults_of_price, faults_of_ticks
from orders.engine.values import OrderType, Side, Validity
from orders.instruments import terms_of
from orders.models import Order, Position
from orders.written import Written

KINDS = {"stopLoss": "Stop loss", "takeProfit": "Take profit"}


@dataclass(frozen=True, slots=True)
class GuardRow:
    """One working stop loss or take profit, and the field that changes it."""

    order: Order

    @property
    def kind(self) -> str:
        return self.order.leg or ("takeProfit" if self.order.type == "Limit" else "stopLoss")

    @property
    def label(self) -> str:
        return KINDS[self.kind]

    @property
    def field(self) -> str:
        return f"level-{self.order.pk}"

    @property
    def trails(self) -> bool:
        return self.order.type == OrderType.TRAILING_STOP

    @property
    def level(self) -> Decimal | None:
        """What one changes: the distance of one that trails, else its price."""
        if self.trails:
            return self.order.trail_ticks
        return self.order.price if self.order.type == OrderType.LIMIT else self.order.stop_price


def guard_rows(position: Position) -> list[GuardRow]:
    """The working orders of a single level that would close the position: legs, and those placed by hand."""
    side = "sell" if position.qty > 0 else "buy"
    types = [OrderType.STOP, OrderType.LIMIT, OrderType.TRAILING_STOP]
    orders = Order.objects.filter(account=position.account, instrument=position.instrument, side=side, type__in=types)
    return [GuardRow(order) for order in orders.filter(state__in=["working", "partially filled"]).order_by("id")]


def commands_of_guards(position: Position, rows: list[GuardRow], written: Written) -> list[Command]:
    changes = [command for row in rows if (command := change_of(row, written, position)) is not None]
    return [*changes, *additions_to(position, written)]


def change_of(row: GuardRow, written: Written, position: Position) -> Command | None:
    """An emptied field takes the order away; an unchanged one leaves it."""
    if row.field not in written.values:
        return None
    if not written.text(row.field):
        return Cancel(row.order.pk)
    level = written.number(row.field)
    if level is None or level == row.level:
        return None
    terms = terms_of([position.instrument_id])[position.instrument_id]
    faults = faults_of_ticks(level, terms, row.field) if row.trails else faults_of_price(level, terms, row.field)
    written.refuse(faults)
    if row.trails:
        return Modify(row.order.pk, trail_ticks=level)
    if row.order.type == OrderType.LIMIT:
        return Modify(row.order.pk, price=level)
    return Modify(row.order.pk, stop_price=level)


def additions_to(position: Position, written: Written) -> list[Command]:
    """Orders of their own for what is not guarded yet."""
    side = Side.SELL if position.qty > 0 else Side.BUY
    terms = terms_of([position.instrument_id])[position.instrument_id]
    found: list[Command] = []
    for kind, type_, public in (("stopLoss", OrderType.STOP, "stopPrice"), ("takeProfit", OrderType.LIMIT, "price")):
        price, qty = written.number(kind), written.number(f"{kind}Qty")
        if price is None:
            continue
        qty = trimmed(qty if qty is not None else abs(position.qty))
        stop, limit = (price, None) if type_ is OrderType.STOP else (None, price)
        place = Place(0, position.instrument_id, type_, side, qty, None, limit, stop, validity=Validity.GTC)
        for fault in faults_of_place(place, terms, timezone.now()):
            written.fault(kind if fault.field == public else f"{kind}Qty", fault.text)
        if qty > abs(position.qty):
            written.fault(f"{kind}Qty", f"must be at most the position, {trimmed(abs(position.qty)):f} lots")
        found.append(place)
    return found
