"""Halts: of an account (through its tray), of a symbol's instruments, of everything."""

from __future__ import annotations

from django.db import transaction

from orders.engine.values import InstrumentStatus, SymbolType
from orders.instruments import catalogue, forget
from orders.models import Instrument, TradingHalt

EVERYWHERE = 1  # the key of the single row


def halt_everywhere(on: bool) -> None:
    TradingHalt.objects.update_or_create(pk=EVERYWHERE, defaults={"everywhere": on})


def is_halted_everywhere() -> bool:
    return TradingHalt.objects.filter(everywhere=True).exists()


def halt_symbol(symbol: str, symbol_type: SymbolType | None, on: bool) -> list[Instrument]:
    """Halts, or reopens, all of a symbol; those it found. What is closed stays closed."""
    named = catalogue(0).index.named(symbol)
    ids = [one.id for one in named if symbol_type in (None, one.symbol_type)]
    halt_instruments(ids, on)
    return list(Instrument.objects.filter(pk__in=ids))


def halt_instruments(ids: list[int], on: bool) -> int:
    """How many changed."""
    before, after = (InstrumentStatus.OPEN, InstrumentStatus.HALTED)[:: 1 if on else -1]
    with transaction.atomic():
        changed = Instrument.objects.filter(pk__in=ids, status=before).update(status=after)
    forget()
    return changed
