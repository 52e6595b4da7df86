"""When an instrument trades: around the clock, around the clock on weekdays, or by listed sessions."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from orders.engine.market import Market
from orders.engine.values import Instrument, Session

DAY = timedelta(days=1)
SATURDAY = 5


class Hours(Protocol):
    def is_open(self, moment: datetime) -> bool: ...

    def day_end(self, moment: datetime) -> datetime | None:
        """The close of the trading day under way, else of the next; None when none is known."""

    def session_end(self, moment: datetime) -> datetime | None:
        """The close of the session under way, else of the next."""

    def next_open(self, moment: datetime) -> datetime | None: ...

    def end_of(self, day: date) -> datetime:
        """The end of the trading day with this date."""


def midnight_after(moment: datetime) -> datetime:
    return midnight(moment.astimezone(UTC).date() + DAY)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


class AroundTheClock:
    """24/7: always open; trading days, and the sessions in them, end at 00:00 UTC."""

    def is_open(self, moment: datetime) -> bool:
        return True

    def day_end(self, moment: datetime) -> datetime | None:
        return midnight_after(moment)

    def session_end(self, moment: datetime) -> datetime | None:
        return self.day_end(moment)

    def next_open(self, moment: datetime) -> datetime | None:
        return moment

    def end_of(self, day: date) -> datetime:
        return midnight(day + DAY)


class Weekdays(AroundTheClock):
    """24/5: from Monday 00:00 to Saturday 00:00 UTC."""

    def is_open(self, moment: datetime) -> bool:
        return moment.astimezone(UTC).weekday() < SATURDAY

    def day_end(self, moment: datetime) -> datetime | None:
        opens = self.next_open(moment)
        return midnight_after(opens) if opens else None

    def next_open(self, moment: datetime) -> datetime | None:
        while not self.is_open(moment):
            moment = midnight_after(moment)
        return moment


@dataclass(frozen=True, slots=True)
class Listed:
    """A calendar's own sessions, ascending."""

    sessions: tuple[Session, ...]

    def is_open(self, moment: datetime) -> bool:
        session = self._ending_after(moment)
        return session is not None and session.opens <= moment

    def day_end(self, moment: datetime) -> datetime | None:
        return next((s.day_closes for s in self.sessions if s.day_closes > moment), None)

    def session_end(self, moment: datetime) -> datetime | None:
        session = self._ending_after(moment)
        return session.closes if session else None

    def next_open(self, moment: datetime) -> datetime | None:
        session = self._ending_after(moment)
        return max(session.opens, moment) if session else None

    def end_of(self, day: date) -> datetime:
        closes = [s.day_closes for s in self.sessions if s.day_closes.astimezone(UTC).date() == day]
        return max(closes, default=midnight(day + DAY))

    def _ending_after(self, moment: datetime) -> Session | None:
        place = bisect_right(self.sessions, moment, key=lambda session: session.closes)
        return self.sessions[place] if place < len(self.sessions) else None


BUILT_IN: dict[str, Hours] = {"24/7": AroundTheClock(), "24/5": Weekdays()}


def hours_of(instrument: Instrument, market: Market) -> Hours:
    return BUILT_IN.get(instrument.calendar) or Listed(market.sessions.get(instrument.calendar, ()))


def contract_end(instrument: Instrument, hours: Hours) -> datetime | None:
    """When the contract stops trading; None for what never does."""
    last_day = instrument.last_trading_day or instrument.contract_month
    return hours.end_of(last_day) if last_day else None


def trades_at(instrument: Instrument, market: Market, moment: datetime) -> bool:
    """In session, and before the contract's end."""
    hours = hours_of(instrument, market)
    end = contract_end(instrument, hours)
    return hours.is_open(moment) and (end is None or moment < end)
