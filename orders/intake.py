"""The doors to the tray: for the gate, for people and operators, for whoever waits for an outcome.

A command is accepted when the transaction that put it in has committed; ring only after that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection, transaction

from accounts.models import TradingAccount
from orders.engine.terms import faults_of_place
from orders.instruments import Catalogue, Selectors, catalogue, find_instrument, ignored_selectors, refresh
from orders.script import Answers, Connection, Statement
from orders.tasks import Bell, ring
from orders.tray import OPEN_SQL, Accepted, Group, Slip, UnknownAccountError, open_trays, put

__all__ = [
    "OUTCOMES_SQL",
    "Accepted",
    "Bell",
    "Catalogue",
    "Connection",
    "Selectors",
    "Slip",
    "Statement",
    "UnknownAccountError",
    "catalogue",
    "faults_of_place",
    "find_instrument",
    "ignored_selectors",
    "insert",
    "insert_commands",
    "open_books",
    "outcome_of",
    "refresh",
    "ring",
    "submit",
    "submit_all",
]

# For whoever waits for many: two arrays, account ids and numbers; answers those that are decided.
OUTCOMES_SQL: Final = """
SELECT c.account_id, c.seq, c.status, c.outcome
FROM unnest(%s::bigint[], %s::bigint[]) AS w (account_id, seq)
JOIN orders_ordercommand c ON c.account_id = w.account_id AND c.seq = w.seq
WHERE c.status <> 0
"""
OUTCOME_SQL: Final = "SELECT outcome::text FROM orders_ordercommand WHERE account_id = %s AND seq = %s AND status <> 0"

# --- From async code --------------------------------------------------------------------------------------


async def insert_commands(
    conn: Connection, slips: Sequence[Slip], *before: Statement
) -> tuple[list[Accepted], Answers]:
    """Puts a group in, inside the transaction that is open or that `before` begins, in one round trip.

    With what `before` answered: the rows of each of its statements that answers some.
    """
    group = Group(slips)
    indexes = group.open_indexes()
    found = await conn.run(*before, *(group.statements(indexes) if indexes else ()))
    if indexes and (unopened := group.take(indexes, found.pop())):
        # Accounts that were made without `open_books` are healed.
        await conn.run(*((sql, (unopened,)) for sql in OPEN_SQL))
        indexes = group.open_indexes()
        group.take(indexes, (await conn.run(*group.statements(indexes))).pop())
    return group.accepted(), found


# --- From Django --------------------------------------------------------------------------------------------


def insert(slips: Sequence[Slip]) -> list[Accepted]:
    """The same through Django's connection, inside the caller's `atomic`; who calls it rings after the commit."""
    with connection.cursor() as cursor:
        return put(cursor, slips)


def open_books(account: TradingAccount) -> None:
    """Gives a new account its tray and its book; a second time changes nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        open_trays(cursor, [account.pk])


def submit(slip: Slip) -> Accepted:
    """Puts one command in and rings, for people and operators."""
    return submit_all([slip])[0]


def submit_all(slips: Sequence[Slip]) -> list[Accepted]:
    """Puts a group in, in a transaction of its own, and rings."""
    with transaction.atomic():
        accepted = insert(slips)
    ring({slip.account_id for slip in slips})
    return accepted


def outcome_of(account_id: int, seq: int, wait_seconds: float) -> dict[str, Any] | None:
    """The outcome of a command, waiting for it; None when it is still undecided."""
    until = time.monotonic() + wait_seconds
    pause = 0.003
    while True:
        with connection.cursor() as cursor:
            row = cursor.execute(OUTCOME_SQL, (account_id, seq)).fetchone()
        if row:
            return json.loads(row[0])
        if time.monotonic() >= until:
            return None
        time.sleep(min(pause, max(until - time.monotonic(), 0)))
        pause = min(pause * 1.5, 0.05)
