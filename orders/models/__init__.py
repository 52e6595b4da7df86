"""The tray, the market and the books.

Only `intake` writes commands, only `execution` (through `ledger`) writes books, only `quotes` writes quotes.
"""

from orders.models.books import Book, CareOrder, Fill, LedgerEntry, Order, OrderEvent, Position
from orders.models.equity import Equity
from orders.models.market import (
    Instrument,
    InstrumentTerms,
    LastQuote,
    Quote,
    RetentionWalk,
    Session,
    TradingHalt,
    UsedQuote,
)
from orders.models.tray import OrderCommand, Tray

__all__ = [
    "Book",
    "CareOrder",
    "Equity",
    "Fill",
    "Instrument",
    "InstrumentTerms",
    "LastQuote",
    "LedgerEntry",
    "Order",
    "OrderCommand",
    "OrderEvent",
    "Position",
    "Quote",
    "RetentionWalk",
    "Session",
    "TradingHalt",
    "Tray",
    "UsedQuote",
]
