"""What columns of the same meaning have in common."""

from __future__ import annotations

from typing import Any

MONEY: dict[str, Any] = {"max_digits": 28, "decimal_places": 8}
PRICE: dict[str, Any] = {"max_digits": 28, "decimal_places": 10}
LOTS: dict[str, Any] = {"max_digits": 28, "decimal_places": 10}
# Rows that only the product itself writes have no permission to add, change or delete them.
LOOKED_AT = ("view",)
