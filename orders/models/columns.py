"""What columns of the same meaning have in common."""

from __future__ import annotations

from typing import Any

MONEY: dict[str, Any] = {"max_digits": 28, "decimal_places": 8}
PRICE: dict[str, Any] = {"max_digits": 28, "decimal_places": 10}
LOTS: dict[str, Any] = {"max_digits": 28, "decimal_places": 10}
# Rows that only the product itself writes have no permission to add, change or delete them.
LOOKED_AT = ("view",)

# Of rows that only the porter and the intake write, from accounts, instruments and orders that they have just read. The
# database's own check would cost a lookup and a lock on the account's and instrument's row for each row written, and
# those locks are shared by all workers; `manage.py audit` checks the same. Deleting through models stays protected.
UNCHECKED: dict[str, Any] = {"db_constraint": False}
