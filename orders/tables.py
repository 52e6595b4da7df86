"""The tables of the terminal: their columns, and how a person likes them: which are hidden, what they are sorted by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from accounts.models import User
from accounts.preferences import keep, preference

# Columns in the order of the template. The first names the row and the last acts on it: those stay.
COLUMNS: Final[dict[str, Sequence[str]]] = {
    "positions": (
        *("Symbol", "Side", "Quantity", "Open price", "Current price", "SL", "TP", "Gross P/L", "Fee", "Net P/L"),
        *("Value", "Margin", "Opened", "Last order", ""),
    ),
    "working": (
        *("Symbol", "Side", "Type", "Quantity", "Filled", "Remaining", "Price", "Stop price", "Current price"),
        *("Validity", "SL", "TP", "Bound to", "Status", "Order ID", "Time", "Origin", ""),
    ),
}
TITLES: Final = {"positions": "Positions", "working": "Working orders"}
NOTHING: Final = Decimal("-Infinity")  # what is unknown stands at the small end

Key = Callable[[dict[str, Any]], Any]
SORTS: Final[dict[str, dict[str, Key]]] = {
    "positions": {
        "Symbol": lambda row: str(row["held"].instrument),
        "Side": lambda row: row["held"].side,
        "Quantity": lambda row: abs(row["held"].position.qty),
        "Gross P/L": lambda row: row["held"].gross,
        "Net P/L": lambda row: row["held"].net,
        "Value": lambda row: row["held"].value,
        "Margin": lambda row: row["held"].margin,
        "Opened": lambda row: row["held"].position.opened_at,
    },
}


@dataclass(frozen=True, slots=True)
class Liking:
    """How a person likes one table."""

    table: str
    hidden: frozenset[str] = frozenset()
    sort: str = ""  # a column's name; with a minus before it, the greatest first

    @property
    def hides(self) -> str:
        """The numbers of the hidden columns, for the style sheet."""
        return " ".join(str(n) for n, column in enumerate(COLUMNS[self.table], 1) if column in self.hidden)

    @property
    def choices(self) -> list[tuple[str, bool]]:
        return [(column, column not in self.hidden) for column in COLUMNS[self.table][1:] if column]

    @property
    def sorted_by(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def direction(self) -> str:
        return "descending" if self.sort.startswith("-") else "ascending"


def liking_of(user: User, table: str) -> Liking:
    kept = preference(user, f"table-{table}")
    kept = kept if isinstance(kept, dict) else {}
    hidden = frozenset(kept.get("hidden", ())) & hideable(table)
    sort = str(kept.get("sort", ""))
    return Liking(table, hidden, sort if sort.removeprefix("-") in SORTS.get(table, {}) else "")


def hideable(table: str) -> frozenset[str]:
    return frozenset(column for column in COLUMNS[table][1:] if column)


def show_only(user: User, table: str, shown: Iterable[str]) -> None:
    liking = liking_of(user, table)
    keep(user, f"table-{table}", {"hidden": sorted(hideable(table) - set(shown)), "sort": liking.sort})


def sort_by(user: User, table: str, column: str) -> None:
    """By a column, smallest first; once more turns it round, and a third time puts the table back."""
    liking = liking_of(user, table)
    turned = {column: f"-{column}", f"-{column}": ""}
    keep(user, f"table-{table}", {"hidden": sorted(liking.hidden), "sort": turned.get(liking.sort, column)})


def in_order(rows: list[dict[str, Any]], liking: Liking) -> list[dict[str, Any]]:
    if not liking.sort:
        return rows
    key = SORTS[liking.table][liking.sorted_by]
    return sorted(
        rows, key=lambda row: NOTHING if (value := key(row)) is None else value, reverse=liking.sort[0] == "-"
    )
