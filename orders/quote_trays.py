"""Quotes on their way into trays: one quote may concern ten thousand accounts at once.

The same rules as for every other command hold: trays are locked in account order, numbers follow each other.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from django.db import connection

from orders.engine.commands import SeeQuote
from orders.engine.values import Quote
from orders.tray_codec import encode, kind_of

ENGINE: Final = {"kind": "engine"}
LOCK_SQL: Final = """
SELECT account_id, next_seq FROM orders_tray WHERE account_id = ANY(%s) ORDER BY account_id FOR UPDATE
"""
ADVANCE_SQL: Final = """
UPDATE orders_tray AS t SET next_seq = n.next_seq
FROM unnest(%s::bigint[], %s::bigint[]) AS n (account_id, next_seq) WHERE t.account_id = n.account_id
"""
PUT_SQL: Final = """
INSERT INTO orders_ordercommand (account_id, seq, kind, payload, origin, status, attempts, accepted_at)
SELECT t.account_id, t.seq, %s, p.payload::jsonb, %s::jsonb, 0, 0, clock_timestamp()
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS t (account_id, seq, n)
JOIN unnest(%s::text[]) WITH ORDINALITY AS p (payload, n) ON p.n = t.n
"""


def tell(quotes: Iterable[tuple[Quote, list[int]]]) -> set[int]:
    """Puts each quote into the trays of its accounts, in the order given; the accounts that got any.

    Works inside the caller's transaction; who calls it rings after the commit.
    """
    quotes = list(quotes)
    numbers = defaultdict(list)
    for n, (_, account_ids) in enumerate(quotes, start=1):
        for account_id in account_ids:
            numbers[account_id].append(n)
    if not numbers:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(LOCK_SQL, [sorted(numbers)])
        next_seqs: dict[int, int] = dict(cursor.fetchall())
        rows = [
            (account_id, seq, n)
            for account_id, first in next_seqs.items()
            for seq, n in enumerate(numbers[account_id], start=first)
        ]
        put(cursor, rows, [quote for quote, _ in quotes])
        after = [next_seqs[account_id] + len(numbers[account_id]) for account_id in next_seqs]
        cursor.execute(ADVANCE_SQL, [list(next_seqs), after])
    return set(next_seqs)


def put(cursor: Any, rows: list[tuple[int, int, int]], quotes: list[Quote]) -> None:
    commands = [SeeQuote(quote) for quote in quotes]
    payloads = [json.dumps(encode(command)) for command in commands]
    columns = [list(column) for column in zip(*rows, strict=True)]
    cursor.execute(PUT_SQL, [kind_of(commands[0]), json.dumps(ENGINE), *columns, payloads])
