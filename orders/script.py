"""Many statements in one message to the server, for an event loop: `wire` does the same for threads.

Each statement is prepared once for each connection. Compared with a pipeline of single statements this halves the time
spent in the driver, and all of it is one round trip.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from orders.wire import literal

Statement = tuple[str, tuple[Any, ...]]  # SQL with %s, and what stands for them
Answers = list[list[TupleRow]]


class Connection(psycopg.AsyncConnection[TupleRow]):
    """After an error nobody knows which statements are prepared: such a connection is thrown away."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.names: dict[str, str] = {}

    async def run(self, *statements: Statement) -> Answers:
        """Sends them as one script; the rows of each that answers rows, in order."""
        if not statements:
            return []
        text = "; ".join(self._text(query, values) for query, values in statements)
        cursor = await self.execute(text, prepare=False)
        found = [await cursor.fetchall()] if cursor.description is not None else []
        while cursor.nextset():
            if cursor.description is not None:
                found.append(await cursor.fetchall())
        return found

    async def undo(self) -> None:
        """Rolls back. The driver lets go of all prepared statements then, and so of these."""
        await self.execute("ROLLBACK", prepare=False)
        await self.execute("DEALLOCATE ALL", prepare=False)
        self.names.clear()

    def _text(self, query: str, values: tuple[Any, ...]) -> str:
        if not values:
            return query
        name, preparing = self.names.get(query), ""
        if name is None:
            name = self.names[query] = f"script_{len(self.names)}"
            numbers = count(1)
            parts = query.split("%s")
            numbered = parts[0] + "".join(f"${next(numbers)}{part}" for part in parts[1:])
            preparing = f"PREPARE {name} AS {numbered}; "
        return f"{preparing}EXECUTE {name} ({', '.join(literal(value, self) for value in values)})"
