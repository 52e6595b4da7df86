"""Trading sessions of the world's exchanges, from the exchange_calendars package (`pip install '.[calendars]'`)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction

from orders.models import Instrument, Session

ROUND_THE_CLOCK = frozenset({"24/7", "24/5"})
BACK_DAYS = 7


class CalendarError(ValueError):
    """A calendar that cannot be had."""


def wanted_calendars() -> list[str]:
    """Those that instruments name and that need sessions."""
    found = Instrument.objects.exclude(calendar__in=ROUND_THE_CLOCK).values_list("calendar", flat=True)
    return sorted(set(found))


def write_sessions(code: str, today: date, days: int) -> int:
    """Brings a calendar's sessions up to date, from a week back; the number of those that changed."""
    first = datetime.combine(today - timedelta(days=BACK_DAYS), datetime.min.time(), UTC)
    wanted = {session.opens: session for session in sessions_of(code, first.date(), today + timedelta(days=days))}
    with transaction.atomic():
        held = {row.opens: row for row in Session.objects.filter(calendar=code, opens__gte=first)}
        stale = [row.pk for opens, row in held.items() if opens not in wanted or differs(row, wanted[opens])]
        fresh = [row for opens, row in wanted.items() if opens not in held or differs(held[opens], row)]
        Session.objects.filter(pk__in=stale).delete()
        Session.objects.bulk_create(fresh)
    return len(fresh) + sum(held[opens].pk in stale for opens in held if opens not in wanted)


def differs(one: Session, other: Session) -> bool:
    return (one.closes, one.day_closes) != (other.closes, other.day_closes)


def sessions_of(code: str, first: date, last: date) -> Iterator[Session]:
    """The sessions of each trading day: one, or two around a lunch break."""
    for row in schedule(code, first, last).itertuples():
        opens, pause, again, closes = (moment(stamp) for stamp in row[1:5])
        if opens is None or closes is None:
            continue
        if pause is not None and again is not None:
            yield Session(calendar=code, opens=opens, closes=pause, day_closes=closes)
            opens = again
        yield Session(calendar=code, opens=opens, closes=closes, day_closes=closes)


def schedule(code: str, first: date, last: date) -> Any:
    try:
        import exchange_calendars
    except ImportError:
        raise CalendarError("the package exchange_calendars is missing: pip install exchange_calendars") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # how that package uses pandas is none of an operator's business
            return exchange_calendars.get_calendar(code, start=first.isoformat(), end=last.isoformat()).schedule
    except exchange_calendars.errors.InvalidCalendarName:
        raise CalendarError(f"no calendar {code}") from None
    except ValueError as error:
        raise CalendarError(f"{code}: {str(error).splitlines()[0]}") from None


def moment(stamp: Any) -> datetime | None:
    """A pandas time stamp as Python's own; None for its "not a time"."""
    return None if stamp != stamp else stamp.to_pydatetime().astimezone(UTC)
