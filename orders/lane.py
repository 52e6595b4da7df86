"""The lanes of accounts: their locks, and what is read under them. One transaction may hold several; none waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from orders.readings import ORDER_FIELDS, UNFINISHED, Reading, Waiting, assembled
from orders.wire import BEGIN, COMMIT, Call, Statement, Wire

__all__ = ["Reading", "Waiting", "let_go_and_lock", "lock_and_read", "read_only"]

BOOKS: Final = Statement(
    "lane_books",
    """
SELECT b.account_id, a.currency, trim_scale(b.balance), b.halted, b.risk, b.day, b.done_seq, b.look, clock_timestamp(),
       (SELECT coalesce(bool_or(everywhere), false) FROM orders_tradinghalt)
FROM orders_book b JOIN accounts_tradingaccount a ON a.id = b.account_id
WHERE b.account_id = ANY($1::bigint[]) ORDER BY b.account_id FOR UPDATE OF b SKIP LOCKED
""",
)
# For whoever only looks: the same without the lock, which a transaction that cannot write may not take.
BOOKS_SEEN: Final = Statement("lane_books_seen", BOOKS.sql.replace(" FOR UPDATE OF b SKIP LOCKED", ""))
BEGIN_READ_ONLY: Final = Call(Statement("", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), ())
COMMANDS: Final = Statement(
    "lane_commands",
    """
SELECT b.account_id, c.seq, c.kind, c.payload, c.origin, c.attempts, c.accepted_at
FROM orders_book b CROSS JOIN LATERAL (
    SELECT * FROM orders_ordercommand WHERE account_id = b.account_id AND seq > b.done_seq ORDER BY seq LIMIT $2
) AS c
WHERE b.account_id = ANY($1::bigint[]) ORDER BY b.account_id, c.seq
""",
)
ORDERS: Final = Statement(
    "lane_orders",
    f"SELECT account_id, {ORDER_FIELDS} FROM orders_order"
    f" WHERE account_id = ANY($1::bigint[]) AND {UNFINISHED} ORDER BY account_id, id",
)
POSITIONS: Final = Statement(
    "lane_positions",
    """
SELECT account_id, instrument_id, trim_scale(qty), trim_scale(avg_price), opened_at, trim_scale(fee),
       wakes_at_or_below, wakes_at_or_above
FROM orders_position WHERE account_id = ANY($1::bigint[]) ORDER BY account_id, instrument_id
""",
)
RELOCK: Final = Statement(
    "lane_relock",
    """
SELECT account_id, done_seq FROM orders_book WHERE account_id = ANY($1::bigint[])
ORDER BY account_id FOR UPDATE SKIP LOCKED
""",
)


def lock_and_read(wire: Wire, account_ids: Sequence[int], limit: int) -> list[Reading]:
    """Begins a transaction, locks lanes and reads their accounts, with up to so many commands each.

    Accounts whose lane somebody else has are not among them.
    """
    mine = (list(account_ids),)
    books, commands, orders, positions = wire.run(
        BEGIN, Call(BOOKS, mine), Call(COMMANDS, (*mine, limit)), Call(ORDERS, mine), Call(POSITIONS, mine)
    )
    return assembled(books, commands, orders, positions)


def read_only(wire: Wire, account_id: int) -> Reading | None:
    """The account as it stands, in a transaction that cannot write; nothing waits in it. None: there is no book."""
    mine = ([account_id],)
    books, orders, positions = wire.run(
        BEGIN_READ_ONLY, Call(BOOKS_SEEN, mine), Call(ORDERS, mine), Call(POSITIONS, mine)
    )
    return next(iter(assembled(books, [], orders, positions)), None)


def let_go_and_lock(wire: Wire, readings: Sequence[Reading], *calls: Call) -> list[Reading]:
    """Commits some calls and takes the lanes again. Left out: where somebody else was quicker."""
    account_ids = [reading.account_id for reading in readings]
    [locked] = wire.run(*calls, COMMIT, BEGIN, Call(RELOCK, (account_ids,)))
    positions: dict[int, int] = dict(locked)
    return [reading for reading in readings if positions.get(reading.account_id) == reading.done_seq]
