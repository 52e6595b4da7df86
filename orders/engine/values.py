"""The words of the market: sides, types, states, instruments, quotes. All frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum

ZERO = Decimal(0)


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    MARKET = "Market"
    LIMIT = "Limit"
    STOP = "Stop"
    STOP_LIMIT = "Stop limit"
    TRAILING_STOP = "Trailing stop"
    CARE = "Care"


class Validity(StrEnum):
    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"
    GTD = "GTD"
    FOK = "FOK"
    GTS = "GTS"


class State(StrEnum):
    PENDING = "pending"
    WORKING = "working"
    PARTIALLY_FILLED = "partially filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    INACTIVE = "inactive"

    @property
    def is_final(self) -> bool:
        return self in FINAL_STATES


FINAL_STATES = frozenset({State.FILLED, State.CANCELLED, State.REJECTED, State.EXPIRED})


class StopLossType(StrEnum):
    ABSOLUTE = "absolute"
    TICKS = "offset in ticks"
    TRAILING = "tr. offset"
    PERCENT = "offset in %"


class TakeProfitType(StrEnum):
    ABSOLUTE = "absolute"
    TICKS = "offset in ticks"
    PERCENT = "offset in %"


class SymbolType(StrEnum):
    CRYPTO = "CRYPTO"
    EQUITY = "EQUITY"
    EQUITY_CFD = "EQUITY_CFD"
    ETF = "ETF"
    FIXED_INCOME = "FIXED_INCOME"
    FOREX = "FOREX"
    FUTURES = "FUTURES"
    FUTURES_CFD = "FUTURES_CFD"
    OPTIONS = "OPTIONS"
    SPREADBET = "SPREADBET"


class StrikeType(StrEnum):
    PUT = "Put"
    CALL = "Call"


class InstrumentStatus(StrEnum):
    OPEN = "open"
    HALTED = "halted"
    CLOSED = "closed"


class Leg(Enum):
    STOP_LOSS = "stopLoss"
    TAKE_PROFIT = "takeProfit"


@dataclass(frozen=True, slots=True)
class Commission:
    """Charged on each fill: per lot, per cent of the amount, or fixed; in the instrument's currency."""

    per_lot: Decimal = ZERO
    percent: Decimal = ZERO
    fixed: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Instrument:
    """Terms of an instrument. Quantities are in lots; `lot_size` is units (or the multiplier) of one lot."""

    id: int
    symbol: str
    symbol_type: SymbolType
    currency: str
    lot_size: Decimal
    tick_size: Decimal
    min_lot: Decimal
    max_lot: Decimal
    lot_step: Decimal
    margin_rate: Decimal
    tick_ranges: tuple[tuple[Decimal, Decimal], ...] = ()
    short_allowed: bool = True
    low_price_limit: Decimal | None = None
    high_price_limit: Decimal | None = None
    base_currency: str = ""
    isin: str = ""
    contract_month: date | None = None
    strike_price: Decimal | None = None
    strike_type: StrikeType | None = None
    calendar: str = "24/7"
    status: InstrumentStatus = InstrumentStatus.OPEN
    last_trading_day: date | None = None
    max_quote_age_seconds: int | None = None
    commission: Commission = field(default_factory=Commission)

    def tick_at(self, price: Decimal) -> Decimal:
        """The tick that holds at a price."""
        sizes = [size for start, size in self.tick_ranges if start <= price]
        return sizes[-1] if sizes else self.tick_size


@dataclass(frozen=True, slots=True)
class Quote:
    """The market of one instrument. `time` is the source's, `at` is when it was accepted."""

    instrument_id: int
    seq: int
    bid: Decimal
    ask: Decimal
    time: datetime
    at: datetime
    bid_size: Decimal | None = None
    ask_size: Decimal | None = None

    def hit_by(self, side: Side) -> Decimal:
        """The price that an order of this side meets: the ask for a buy, the bid for a sell."""
        return self.ask if side is Side.BUY else self.bid

    def size_for(self, side: Side) -> Decimal | None:
        """Lots on offer to an order of this side; None is without bound."""
        return self.ask_size if side is Side.BUY else self.bid_size

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True)
class Session:
    """A trading session; `day_closes` ends the trading day it belongs to."""

    opens: datetime
    closes: datetime
    day_closes: datetime


@dataclass(frozen=True, slots=True)
class Guard:
    """A stop loss or take profit as asked for: a price, ticks, or per cent, by its type."""

    value: Decimal
    type: StopLossType | TakeProfitType


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done. `code` is stable and in the public catalogue; `text` follows the field's name."""

    code: str
    text: str
    field: str = ""
