"""Writes down what accounts are worth, so that their equity has a curve.

Each minute, for every account that holds something or was changed, unless it is worth what it was. Minutes are kept for
two days, then the last one of each hour for a year, then the last one of each day.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import connection

from accounts.models import TradingAccount
from orders.models import Book, Position
from orders.valuation import market_now, worth

MINUTE: Final = 60.0
HOUR: Final = 3600.0
MOST_AT_ONCE: Final = 200  # of accounts: the pump has other duties
MOST_THINNED: Final = 20_000

CONCERNED_SQL: Final = """
SELECT account_id FROM orders_position
UNION SELECT account_id FROM orders_book WHERE changed_at > statement_timestamp() - interval '2 minutes'
"""
RECORD_SQL: Final = """
INSERT INTO orders_equity (account_id, at, balance, equity)
SELECT new.account, date_trunc('minute', statement_timestamp()), new.balance, new.equity
FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS new (account, balance, equity)
LEFT JOIN LATERAL (
    SELECT balance, equity FROM orders_equity WHERE account_id = new.account ORDER BY at DESC LIMIT 1
) AS last ON true
WHERE (new.balance, new.equity) IS DISTINCT FROM (last.balance, last.equity)
ON CONFLICT (account_id, at) DO UPDATE SET balance = EXCLUDED.balance, equity = EXCLUDED.equity
"""
THIN_SQL: Final = """
DELETE FROM orders_equity WHERE id IN (
    SELECT old.id FROM orders_equity AS old
    WHERE old.at < statement_timestamp() - %(after)s::interval
      AND old.at >= statement_timestamp() - %(after)s::interval - interval '2 days'
      AND EXISTS (
          SELECT FROM orders_equity AS later WHERE later.account_id = old.account_id AND later.at > old.at
            AND later.at < date_trunc(%(unit)s, old.at) + ('1 ' || %(unit)s)::interval
      )
    LIMIT %(most)s
)
"""
KEPT: Final = (("2 days", "hour"), ("366 days", "day"))


class EquityRecorder:
    """A duty of the pump: a few accounts at each look, until the minute's are done."""

    def __init__(self) -> None:
        self.next_round = self.next_thinning = 0.0
        self.left: list[int] = []

    def go_on(self) -> None:
        now = time.time()
        if not self.left and now >= self.next_round:
            self.next_round = now - now % MINUTE + MINUTE
            self.left = concerned()
        if self.left:
            some, self.left = self.left[:MOST_AT_ONCE], self.left[MOST_AT_ONCE:]
            record(some)
        elif now >= self.next_thinning:
            self.next_thinning = now + HOUR
            thin()


def concerned() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(CONCERNED_SQL)
        return [number for (number,) in cursor]


def record(account_ids: Sequence[int]) -> None:
    """What these accounts are worth now; one whose currency cannot be converted is left out."""
    found = worths_now(account_ids)
    columns = [[row[column] for row in found] for column in range(3)]
    with connection.cursor() as cursor:
        cursor.execute(RECORD_SQL, columns)


def worths_now(account_ids: Sequence[int]) -> list[tuple[int, Decimal, Decimal]]:
    accounts, books = TradingAccount.objects.in_bulk(account_ids), Book.objects.in_bulk(account_ids)
    held: dict[int, list[Position]] = defaultdict(list)
    for position in Position.objects.filter(account__in=account_ids).select_related("instrument"):
        held[position.account_id].append(position)
    market = market_now({one.instrument_id for positions in held.values() for one in positions})
    # Working orders block margin, but change nothing about what an account is worth.
    worths = [worth(accounts[n], books[n], held[n], [], market) for n in account_ids if n in accounts and n in books]
    return [(one.account.pk, one.book.balance, one.figures.equity) for one in worths if one.figures]


def thin() -> None:
    with connection.cursor() as cursor:
        for after, unit in KEPT:
            cursor.execute(THIN_SQL, {"after": after, "unit": unit, "most": MOST_THINNED})


def recorded_since(account: TradingAccount, since: datetime, step: float) -> list[tuple[datetime, Decimal, Decimal]]:
    """(time, balance, equity), the last of each slice of so many seconds."""
    with connection.cursor() as cursor:
        cursor.execute(SLICES_SQL, {"account": account.pk, "since": since, "step": step})
        return cursor.fetchall()


SLICES_SQL: Final = """
SELECT DISTINCT ON (floor(extract(epoch FROM at - %(since)s) / %(step)s)) at, balance, equity
FROM orders_equity WHERE account_id = %(account)s AND at >= %(since)s
ORDER BY floor(extract(epoch FROM at - %(since)s) / %(step)s), at DESC
"""
