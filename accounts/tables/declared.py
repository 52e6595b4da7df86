"""What a table is: its columns, its filters, and where its rows come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.text import slugify

from accounts.signed_in import SignedInRequest

MOST_LETTERS: Final = 64


@dataclass(frozen=True, slots=True)
class Column:
    """`sort` is a field or an expression of stored rows, and of listed ones a key. Without it the head is no button.

    `indexed`: an index has the stored rows in that order, so that all of them are sorted, however many.
    """

    name: str
    cell: Callable[[Any], object] | None = None  # in a file; without it the column is only on the screen
    sort: Any = None
    indexed: bool = False
    num: bool = False
    usual: bool = True  # shown until its reader says otherwise
    look: str = ""  # classes of its cells
    card: str = ""  # its place where rows are cards, see terminal.css
    hint: str = ""  # what its cells are called there

    @property
    def key(self) -> str:
        return slugify(self.name)

    @property
    def classes(self) -> str:
        return " ".join(filter(None, ("num" if self.num else "", self.look)))


@dataclass(frozen=True, slots=True)
class Filter:
    """One of some options, or with none of them free words."""

    name: str
    label: str
    narrows: Callable[[str], Q]
    options: Mapping[str, str] = field(default_factory=dict)
    placeholder: str = ""
    indexed: bool = False  # an index has the rows of each option together

    def read(self, value: object) -> str:
        """What is meant; empty when it narrows nothing."""
        words = str(value).replace("\0", "").strip()[:MOST_LETTERS]
        return words if not self.options or words in self.options else ""


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows that are few and at hand."""

    rows: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows that may be many: only those of a page are read, and then dressed with what is shown beside them."""

    rows: QuerySet[Any]
    dress: Callable[[Sequence[Any]], Sequence[Any]] = list
    key: Callable[[Any], Any] = lambda row: row.pk  # of a dressed row


Source = Listed | Stored


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the row and the last, when it has no name, acts on it: those stay where they are.

    Stored rows that are sorted or narrowed by what no index helps with are looked for among the newest `window` of
    them, so that a page costs as much as ever when the table has grown.
    """

    name: str
    title: str
    view: str  # the page it stands on
    columns: tuple[Column, ...]
    read: Callable[[SignedInRequest], Source | None]  # None: there is nothing to read from, such as no account
    usual_sort: str = ""  # a column's key; with a minus before it, the greatest first
    filters: tuple[Filter, ...] = ()
    size: int = 50
    window: int = 10_000
    events: tuple[str, ...] = ("book",)  # what happens on the page when its rows may have changed
    file: Callable[[SignedInRequest], str] = lambda request: ""  # what else is in the name of its file

    @property
    def movable(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns[1:] if column.name)

    @property
    def told(self) -> str:
        """The event that says that its reader likes it otherwise."""
        return f"table-{self.name}"

    def column(self, key: str) -> Column | None:
        return next((column for column in self.columns if column.key == key and column.name), None)

    def can_sort_by(self, sort: str) -> bool:
        column = self.column(sort.removeprefix("-"))
        return column is not None and column.sort is not None


TABLES: Final[dict[str, Table]] = {}


def declare(table: Table) -> Table:
    TABLES[table.name] = table
    return table
