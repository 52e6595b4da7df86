"""How a person likes a table: which columns in which order, sorted by what, narrowed to what. Kept for them alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from accounts.models import User
from accounts.preferences import keep, preference
from accounts.tables.declared import Column, Filter, Table


@dataclass(frozen=True, slots=True)
class Liking:
    """How a person likes one table."""

    table: Table
    order: tuple[str, ...]  # the names of all columns that can be moved
    shown: frozenset[str]
    sort: str  # a column's key; with a minus before it, the greatest first
    filters: Mapping[str, str]  # only those that narrow

    @property
    def columns(self) -> list[Column]:
        """Those that are shown, from left to right."""
        by_name = {column.name: column for column in self.table.columns}
        chosen = [by_name[name] for name in self.order if name in self.shown]
        return [self.table.columns[0], *chosen, *([by_name[""]] if "" in by_name else [])]

    @property
    def choices(self) -> list[tuple[str, bool]]:
        return [(name, name in self.shown) for name in self.order]

    @property
    def sorted_by(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def direction(self) -> str:
        return "descending" if self.sort.startswith("-") else "ascending"

    @property
    def fields(self) -> list[tuple[Filter, str]]:
        """The filters with what they are set to."""
        return [(one, self.filters.get(one.name, "")) for one in self.table.filters]

    @property
    def is_sorted_otherwise(self) -> bool:
        now, usual = (self.table.column(key) for key in (self.sorted_by, self.table.usual_sort.removeprefix("-")))
        return (now and now.sort) != (usual and usual.sort)

    @property
    def is_sorted_by_search(self) -> bool:
        column = self.table.column(self.sorted_by)
        return self.is_sorted_otherwise and not (column and column.indexed)

    @property
    def is_searched(self) -> bool:
        """Whether a page must look for its rows instead of taking the next ones of an index."""
        if self.is_sorted_by_search:
            return True
        set_ones = [one for one, value in self.fields if value]
        return any(not one.indexed for one in set_ones) or bool(set_ones and self.is_sorted_otherwise)


def liking_of(user: User, table: Table, asked: Mapping[str, str] | None = None) -> Liking:
    """What was kept; what an address asks for comes before it."""
    kept = preference(user, f"table-{table.name}")
    kept = kept if isinstance(kept, dict) else {}
    usual = [column.name for column in table.movable]
    order = [name for name in listed(kept, "order") if name in usual]
    order += [name for name in usual if name not in order]
    shown = {column.name for column in table.movable if column.usual}
    # A column that came into being after the choice is as it usually is.
    if "shown" in kept:
        shown = (shown - set(listed(kept, "order"))) | (set(listed(kept, "shown")) & set(usual))
    sort = str(kept.get("sort", ""))
    sort = sort if table.can_sort_by(sort) else table.usual_sort
    return Liking(table, tuple(order), frozenset(shown), sort, narrowed(table, kept.get("filters"), asked or {}))


def listed(kept: Mapping[str, Any], name: str) -> list[str]:
    found = kept.get(name)
    return [str(one) for one in found] if isinstance(found, list) else []


def narrowed(table: Table, kept: object, asked: Mapping[str, str]) -> dict[str, str]:
    before = kept if isinstance(kept, dict) else {}
    found = {one.name: one.read(asked.get(one.name, before.get(one.name, ""))) for one in table.filters}
    return {name: value for name, value in found.items() if value}


def keep_liking(user: User, liking: Liking) -> None:
    kept = {"order": liking.order, "shown": sorted(liking.shown), "sort": liking.sort, "filters": dict(liking.filters)}
    keep(user, f"table-{liking.table.name}", kept)


# --- What can be changed about it ------------------------------------------------------------------------


def show_only(liking: Liking, order: Sequence[str], shown: Sequence[str]) -> Liking:
    known = [name for name in dict.fromkeys(order) if name in liking.order]
    whole = tuple(known + [name for name in liking.order if name not in known])
    return replace(liking, order=whole, shown=frozenset(shown) & set(whole))


def move(liking: Liking, name: str, steps: int) -> Liking:
    """A column so many places to the right; as far as it goes."""
    if name not in liking.order:
        return liking
    rest = [one for one in liking.order if one != name]
    at = min(max(liking.order.index(name) + steps, 0), len(rest))
    return replace(liking, order=(*rest[:at], name, *rest[at:]))


def sort_by(liking: Liking, key: str) -> Liking:
    """By a column, smallest first; once more turns it round, and a third time puts the table back."""
    usual = liking.table.usual_sort
    turns = {key: f"-{key}", f"-{key}": usual if usual.removeprefix("-") != key else key}
    return replace(liking, sort=turns.get(liking.sort, key))


def narrow(liking: Liking, asked: Mapping[str, str]) -> Liking:
    """To what the form of the filters says; what it does not speak of stays."""
    return replace(liking, filters=narrowed(liking.table, liking.filters, asked))
