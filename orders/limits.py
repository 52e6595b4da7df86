"""The account's risk rules as gauges: how much of each is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from orders.models import Order
from orders.tallies import Tally
from orders.valuation import Worth


@dataclass(frozen=True, slots=True)
class Limit:
    rule: str
    name: str
    limit: Decimal
    used: Decimal | None  # None: nothing to measure it by before an order comes
    is_money: bool = False

    @property
    def low(self) -> Decimal:
        return self.limit * Decimal("0.75")

    @property
    def high(self) -> Decimal:
        return self.limit * Decimal("0.95")


def limits_of(worth: Worth, tally: Tally) -> list[Limit]:
    """The rules that are set, in the order that traders look for them."""
    risk = worth.book.risk
    return [
        Limit(rule, name, Decimal(str(risk[rule])), used(worth, tally), rule in MONEY)
        for rule, (name, used) in RULES.items()
        if risk.get(rule) is not None
    ]


def pending(worth: Worth, tally: Tally) -> Decimal:
    """As the rule counts them: working orders the user placed; no stop loss, no take profit, no Market order."""
    unfinished = Order.objects.filter(account=worth.account, state__in=["working", "partially filled"], leg="")
    return Decimal(unfinished.exclude(type="Market").count())


def loss_today(worth: Worth, tally: Tally) -> Decimal | None:
    start, now = worth.book.day.get("equity"), worth.figures and worth.figures.equity
    return None if start is None or now is None else max(Decimal(0), Decimal(str(start)) - now)


def orders_today(worth: Worth, tally: Tally) -> Decimal:
    return Decimal(str(worth.book.day.get("orders", tally.orders)))


def unknown(worth: Worth, tally: Tally) -> None:
    return None


MONEY = {"maxOrderCapital", "dailyLossLimit"}
RULES: dict[str, tuple[str, Callable[[Worth, Tally], Decimal | None]]] = {
    "maxOrdersCount": ("Orders today", orders_today),
    "maxPendingOrdersNumber": ("Pending orders", pending),
    "maxPositionsNumber": ("Positions", lambda worth, tally: Decimal(len(worth.holdings))),
    "maxOrderAmount": ("Largest order, in units", unknown),
    "maxOrderCapital": ("Largest order, in money", unknown),
    "totalMaxPositionQty": ("Largest position, in units", unknown),
    "dailyLossLimit": ("Loss today", loss_today),
    "maxDrawdownLevel": ("Drawdown", unknown),
}
