"""The connection of drains: apart from Django's, with prepared statements, many of them in one round trip.

A script is one message to the server: `run` sends all its calls together and takes all their rows. Compared with a
pipeline of single statements it halves the time spent in the driver.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import psycopg
from django.db import connection as django_connection
from psycopg import sql
from psycopg.rows import tuple_row

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with $1, $2, ... that is prepared once for each connection."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Call:
    statement: Statement
    arguments: tuple[Any, ...]


BEGIN: Final = Call(Statement("", "BEGIN"), ())
COMMIT: Final = Call(Statement("", "COMMIT"), ())


def literal(value: Any, conn: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> str:
    """A value as it stands in a script."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, list):
        return f"ARRAY[{', '.join(literal(member, conn) for member in value)}]" if value else "'{}'"
    if isinstance(value, datetime):
        return f"'{value.isoformat()}'"
    if isinstance(value, Decimal):
        return f"'{value}'"
    return sql.quote(value, conn)


class Wire:
    """A database connection in autocommit, that a drain, the pump or a replay works with."""

    def __init__(self) -> None:
        parameters = django_connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}
        parameters |= {"autocommit": True, "prepare_threshold": None, "row_factory": tuple_row}
        parameters["context"] = None  # not Django's readings of JSON and times
        self.conn: psycopg.Connection[tuple[Any, ...]] = psycopg.connect(**parameters)
        self.prepared: set[str] = set()
        # Everything a drain reads goes by an index, whatever the statistics of a young table say.
        self.conn.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; SET TIME ZONE 'UTC'")

    def run(self, *calls: Call) -> list[Rows]:
        """Sends the calls as one script; the rows of each that answers rows, in order."""
        text = "; ".join(self._text(call) for call in calls)
        cursor = self.conn.execute(text)  # no parameters: so it may be many statements
        self.prepared.update(call.statement.name for call in calls)
        answers = [cursor.fetchall()] if cursor.description else []
        while cursor.nextset():
            if cursor.description:
                answers.append(cursor.fetchall())
        return answers

    def rows(self, statement: Statement, *arguments: Any) -> Rows:
        return self.run(Call(statement, arguments))[0]

    def _text(self, call: Call) -> str:
        statement = call.statement
        if not statement.name:
            return statement.sql
        arguments = ", ".join(literal(argument, self.conn) for argument in call.arguments)
        execute = f"EXECUTE {statement.name} ({arguments})" if arguments else f"EXECUTE {statement.name}"
        if statement.name in self.prepared:
            return execute
        self.prepared.add(statement.name)
        return f"PREPARE {statement.name} AS {statement.sql}; {execute}"

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Whatever goes wrong inside, no transaction stays open and no statement half prepared."""
        try:
            yield
        except BaseException:
            try:
                self.conn.execute("ROLLBACK")
                self.conn.execute("DEALLOCATE ALL")
                self.prepared.clear()
            except psycopg.Error:
                self.conn.close()
            raise


_here = threading.local()


def wire() -> Wire:
    """This thread's wire: made when needed, and again when it was lost."""
    held: Wire | None = getattr(_here, "wire", None)
    if held is None or held.conn.closed or _here.pid != os.getpid():
        _here.wire, _here.pid = Wire(), os.getpid()
    return _here.wire


def hang_up() -> None:
    """Closes this thread's wire."""
    held: Wire | None = getattr(_here, "wire", None)
    if held is not None:
        held.conn.close()
        _here.wire = None
