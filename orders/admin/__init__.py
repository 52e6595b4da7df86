"""The operators' desk: accounts, the market, the Care desk, the tray and the books."""

from orders.admin import accounts, books, care, market, tray

__all__ = ["accounts", "books", "care", "market", "tray"]
