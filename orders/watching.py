"""The watchlist: a person's own choice of instruments, in the order they were added."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from accounts.models import TradingAccount, User
from accounts.preferences import keep, preference
from orders.candles import day_open
from orders.models import Instrument, Position

NAME = "watchlist"
MOST = 50
USUAL_MANY = 8


@dataclass(frozen=True, slots=True)
class Watched:
    instrument: Instrument
    day_open: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """Since 00:00 UTC, in per cent of the bid."""
        quote = getattr(self.instrument, "quote", None)
        if not quote or quote.bid is None or not self.day_open:
            return None
        return (quote.bid / self.day_open - 1) * 100

    @property
    def spread_ticks(self) -> Decimal | None:
        quote = getattr(self.instrument, "quote", None)
        if not quote or quote.bid is None or quote.ask is None:
            return None
        return (quote.ask - quote.bid) / self.instrument.tick_size


def watched_ids(user: User, account: TradingAccount | None) -> list[int]:
    """What was chosen; before that what is held, and the first of the catalogue that have a price."""
    chosen = preference(user, NAME)
    if isinstance(chosen, list):
        return [number for number in chosen if isinstance(number, int)][:MOST]
    held = list(Position.objects.filter(account=account).values_list("instrument_id", flat=True)) if account else []
    quoted = Instrument.objects.filter(quote__bid__isnull=False).values_list("pk", flat=True)
    return list(dict.fromkeys([*held, *quoted[:USUAL_MANY]]))[: max(USUAL_MANY, len(held))]


def watched(user: User, account: TradingAccount | None) -> list[Watched]:
    ids = watched_ids(user, account)
    found = Instrument.objects.select_related("quote").in_bulk(ids)
    return [Watched(found[number], day_open(number)) for number in ids if number in found]


def watch(user: User, account: TradingAccount | None, instrument_id: int, *, on: bool) -> None:
    ids = [number for number in watched_ids(user, account) if number != instrument_id]
    keep(user, NAME, [*ids, instrument_id][-MOST:] if on else ids)
