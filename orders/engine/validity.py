"""How long an order lives: one small class for each validity."""

from __future__ import annotations

from datetime import datetime

from orders.engine.hours import Hours
from orders.engine.values import OrderType, Validity


class Lasting:
    """GTC: until cancelled, or the contract's end, which bounds every validity."""

    may_rest = True
    all_at_once = False

    def ends(self, hours: Hours, now: datetime, asked: datetime | None) -> datetime | None:
        return None


class TradingDay(Lasting):
    """DAY: until the close of the trading day."""

    def ends(self, hours: Hours, now: datetime, asked: datetime | None) -> datetime | None:
        return hours.day_end(now)


class TradingSession(Lasting):
    """GTS: until the end of the session under way, else of the next."""

    def ends(self, hours: Hours, now: datetime, asked: datetime | None) -> datetime | None:
        return hours.session_end(now)


class TillDate(Lasting):
    """GTD: until the date that was asked for."""

    def ends(self, hours: Hours, now: datetime, asked: datetime | None) -> datetime | None:
        return asked


class AtOnce(Lasting):
    """IOC: fills what it can at once; the rest is cancelled."""

    may_rest = False


class AllAtOnce(AtOnce):
    """FOK: everything at once, or refused."""

    all_at_once = True


RULES: dict[Validity, Lasting] = {
    Validity.DAY: TradingDay(),
    Validity.GTC: Lasting(),
    Validity.IOC: AtOnce(),
    Validity.GTD: TillDate(),
    Validity.FOK: AllAtOnce(),
    Validity.GTS: TradingSession(),
}

# What rests by nature cannot be asked to fill at once.
RESTING_TYPES = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP, OrderType.CARE})


def rule_of(validity: Validity) -> Lasting:
    return RULES[validity]


def suits(validity: Validity, type_: OrderType) -> bool:
    return RULES[validity].may_rest or type_ not in RESTING_TYPES


def expiry(
    validity: Validity, hours: Hours, now: datetime, asked: datetime | None, contract_end: datetime | None
) -> datetime | None:
    """When an order's time is up: by its validity, and never after the contract's end."""
    ends = [end for end in (RULES[validity].ends(hours, now, asked), contract_end) if end is not None]
    return min(ends, default=None)
