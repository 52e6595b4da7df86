"""The tables of the books and of the market."""

from orders.tables.books import EVENTS, FILLED, HISTORY, LEDGER, WORKING
from orders.tables.holdings import ACCOUNTS, POSITIONS
from orders.tables.market import INSTRUMENTS

__all__ = ["ACCOUNTS", "EVENTS", "FILLED", "HISTORY", "INSTRUMENTS", "LEDGER", "POSITIONS", "WORKING"]
