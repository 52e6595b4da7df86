"""What the core may know of the outside while it executes: terms, quotes, rates, sessions, halts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from orders.engine.values import Instrument, Quote, Session, SymbolType


@dataclass(slots=True)
class Market:
    """A view of the market, fixed for one batch of commands.

    `sessions` are by calendar, ascending, from a day back to some weeks ahead; 24/7 and 24/5 need none.
    `used` collects the instruments whose quote was read, so that a replay can be shown the same.
    """

    instruments: Mapping[int, Instrument]
    quotes: dict[int, Quote]
    sessions: Mapping[str, tuple[Session, ...]] = field(default_factory=dict)
    halted: bool = False
    stop_out_level: Decimal = Decimal("0.5")
    used: set[int] = field(default_factory=set)
    _pairs: dict[tuple[str, str], list[int]] | None = None

    def instrument(self, instrument_id: int) -> Instrument:
        return self.instruments[instrument_id]

    def quote(self, instrument_id: int) -> Quote | None:
        self.used.add(instrument_id)
        return self.quotes.get(instrument_id)

    @property
    def pairs(self) -> Mapping[tuple[str, str], list[int]]:
        """The currency pairs: (base, counter) -> its instruments, by age."""
        if self._pairs is None:
            self._pairs = {}
            for number, terms in sorted(self.instruments.items()):
                if terms.symbol_type is SymbolType.FOREX and terms.base_currency:
                    self._pairs.setdefault((terms.base_currency, terms.currency), []).append(number)
        return self._pairs
