"""Old quotes go, a few thousand at a time, once nothing needs them any more: no replay, no fill, no chart.

Two walks follow each other through the past. The first goes over commands and fills and notes which quotes they used;
the second deletes what lies behind it and is not noted. An instrument's `whole_from` tells from which number on none of
its quotes is missing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from orders.candles import MOST_QUOTES
from orders.wire import wire

COMMANDS_A_STEP: Final = 2_000
QUOTES_A_STEP: Final = 5_000
QUEUED: Final = 0

# Whatever is in the way, the pump has better things to do than to wait for it.
HURRY_SQL: Final = (
    "SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '3s'; SET LOCAL synchronous_commit = off"
)
OPEN_SQL: Final = (
    "INSERT INTO orders_retentionwalk (id, commands_until, fills_until) VALUES (1, 0, 0) ON CONFLICT DO NOTHING"
)
# Who has the row walks; a second pump leaves.
TAKE_SQL: Final = """
SELECT commands_until, fills_until, clock_timestamp() - make_interval(days => %s)
FROM orders_retentionwalk FOR UPDATE SKIP LOCKED
"""
COMMANDS_SQL: Final = """
SELECT id, accepted_at, status FROM orders_ordercommand WHERE id > %s ORDER BY id LIMIT %s
"""
FILLS_SQL: Final = "SELECT id, at, NULL FROM orders_fill WHERE id > %s ORDER BY id LIMIT %s"
NOTE_COMMANDS_SQL: Final = """
INSERT INTO orders_usedquote (instrument_id, seq)
SELECT read.key::bigint, read.value::bigint
FROM orders_ordercommand c, jsonb_each_text(c.context -> 'quotes') AS read WHERE c.id > %(after)s AND c.id <= %(last)s
UNION
SELECT (missed ->> 0)::bigint, (missed ->> 1)::bigint
FROM orders_ordercommand c, jsonb_array_elements(c.context -> 'before') AS missed
WHERE c.id > %(after)s AND c.id <= %(last)s
ON CONFLICT DO NOTHING
"""
NOTE_FILLS_SQL: Final = """
INSERT INTO orders_usedquote (instrument_id, seq)
SELECT DISTINCT instrument_id, quote_seq FROM orders_fill
WHERE id > %(after)s AND id <= %(last)s AND quote_seq IS NOT NULL ON CONFLICT DO NOTHING
"""
WALKED_SQL: Final = "UPDATE orders_retentionwalk SET commands_until = %s, fills_until = %s"

# An instrument with old quotes that no chart reaches, and up to where they may go: a quote is old only when the next
# one is, since it was the newest until then. The hour is for commands that were numbered in another order than they
# were accepted. What an account must still look at stays.
OLD_SQL: Final = f"""
SELECT l.instrument_id, l.whole_from, (
    SELECT max(seq) FROM orders_quote q
    WHERE q.instrument_id = l.instrument_id AND q.seq > l.whole_from AND q.at < %(until)s - interval '1 hour'
      AND q.seq <= least(l.whole_from + {QUOTES_A_STEP}, l.seq - {MOST_QUOTES}, looked.after)
) AS first_kept
FROM orders_lastquote l
JOIN orders_quote second ON second.instrument_id = l.instrument_id AND second.seq = l.whole_from + 1
    AND second.at < %(until)s - interval '1 hour'
LEFT JOIN (
    SELECT mark.key::bigint AS instrument_id, min(mark.value::bigint) AS after
    FROM orders_book, jsonb_each_text(look) AS mark WHERE look <> '{{}}' AND mark.key ~ '^[0-9]+$' GROUP BY 1
) AS looked ON looked.instrument_id = l.instrument_id
WHERE l.whole_from < l.seq - {MOST_QUOTES} AND l.whole_from < coalesce(looked.after, l.seq)
ORDER BY second.at LIMIT 1
"""
DELETE_SQL: Final = """
DELETE FROM orders_quote q
WHERE q.instrument_id = %(instrument)s AND q.seq >= %(first)s AND q.seq < %(kept)s AND q.shown AND NOT EXISTS (
    SELECT FROM orders_usedquote u WHERE u.instrument_id = q.instrument_id AND u.seq = q.seq
)
"""
FORGET_SQL: Final = "DELETE FROM orders_usedquote WHERE instrument_id = %(instrument)s AND seq < %(kept)s"
WHOLE_SQL: Final = "UPDATE orders_lastquote SET whole_from = %(kept)s WHERE instrument_id = %(instrument)s"


def forget_quotes(days: int) -> bool:
    """One step; whether there is more to do at once. 0 days: everything is kept."""
    if not days:
        return False
    conn = wire().conn
    with conn.transaction(), conn.cursor() as cursor:
        cursor.execute(HURRY_SQL)
        cursor.execute(OPEN_SQL)
        taken = cursor.execute(TAKE_SQL, (days,)).fetchone()
        if taken is None:
            return False
        commands, fills, until = taken
        command, is_held_up = walked(cursor, COMMANDS_SQL, commands, until)
        fill, _ = walked(cursor, FILLS_SQL, fills, until)
        if (command, fill) == (commands, fills):
            return not is_held_up and deleted(cursor, until)
        cursor.execute(NOTE_COMMANDS_SQL, {"after": commands, "last": command})
        cursor.execute(NOTE_FILLS_SQL, {"after": fills, "last": fill})
        cursor.execute(WALKED_SQL, (command, fill))
        return True


def walked(cursor: Any, sql: str, after: int, until: datetime) -> tuple[int, bool]:
    """The last old row of the next few, and whether something old that is not decided yet holds the walk up."""
    for number, at, status in cursor.execute(sql, (after, COMMANDS_A_STEP)).fetchall():
        if at >= until or status == QUEUED:
            return after, at < until
        after = number
    return after, False


def deleted(cursor: Any, until: datetime) -> bool:
    """The next unused quotes of one instrument; whether there were any old ones."""
    old = cursor.execute(OLD_SQL, {"until": until}).fetchone()
    if old is None or old[2] is None:
        return False
    names = {"instrument": old[0], "first": old[1], "kept": old[2]}
    for sql in (DELETE_SQL, FORGET_SQL, WHOLE_SQL):
        cursor.execute(sql, names)
    return True
