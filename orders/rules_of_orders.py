"""What must hold of every order: its fills, prices, triggers, brackets, and the story of its states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orders.engine.states import TABLE

STEPS: Final = ", ".join(sorted({f"('{old}', '{new}')" for (old, _), new in TABLE.items()}))
FINAL: Final = "('filled', 'cancelled', 'rejected', 'expired')"
# The side of a quote that a fill of this side hits.
HIT: Final = "CASE f.side WHEN 'buy' THEN f.quote_ask ELSE f.quote_bid END"
WORSE: Final = "CASE f.side WHEN 'buy' THEN 1 ELSE -1 END"


@dataclass(frozen=True, slots=True)
class Rule:
    """An invariant. The query answers one line for each place where it is broken."""

    says: str
    query: str


ORDER_RULES: Final = (
    # --- Orders and their fills
    Rule(
        "an order fills at most its quantity",
        "SELECT format('order %s: %s of %s', id, filled_qty, qty) FROM orders_order"
        " WHERE filled_qty > qty OR filled_qty < 0",
    ),
    Rule(
        "what an order filled is the sum of its fills, at their average price",
        """
        SELECT format('order %s: filled %s at %s, its %s fills %s at %s', o.id, o.filled_qty, o.avg_price, f.many,
                      f.qty, f.price)
        FROM orders_order o LEFT JOIN (
            SELECT order_id, count(*) AS many, max(number) AS last, sum(qty) AS qty,
                   sum(qty * price) / sum(qty) AS price
            FROM orders_fill GROUP BY order_id
        ) AS f ON f.order_id = o.id
        WHERE o.filled_qty <> coalesce(f.qty, 0) OR o.fill_count <> coalesce(f.many, 0)
           OR o.fill_count <> coalesce(f.last, 0)
           OR abs(coalesce(o.avg_price, 0) - coalesce(f.price, 0)) > 0.000000001
        """,
    ),
    Rule(
        "a fill belongs to an order of its account, instrument and side",
        """
        SELECT format('fill %s of order %s', f.id, f.order_id) FROM orders_fill f
        LEFT JOIN orders_order o ON o.id = f.order_id
        WHERE o.id IS NULL OR (o.account_id, o.instrument_id, o.side) <> (f.account_id, f.instrument_id, f.side)
           OR f.qty <= 0 OR f.price <= 0
        """,
    ),
    Rule(
        "an order is filled exactly when nothing remains of it",
        "SELECT format('order %s: %s with %s of %s', id, state, filled_qty, qty) FROM orders_order"
        " WHERE (state = 'filled') <> (filled_qty = qty AND qty > 0)",
    ),
    # --- Prices
    Rule(
        "a fill used a quote of its instrument",
        """
        SELECT format('fill %s of order %s: quote %s', f.id, f.order_id, f.quote_seq) FROM orders_fill f
        LEFT JOIN orders_quote q ON q.instrument_id = f.instrument_id AND q.seq = f.quote_seq
        WHERE f.quote_seq IS NOT NULL
          AND (q.id IS NULL OR (q.bid, q.ask) <> (f.quote_bid, f.quote_ask) OR q.at > f.at + interval '1 minute')
        """,
    ),
    Rule(
        "a fill is at the side of the quote it hits, or at the order's own limit where the quote is better",
        f"""
        SELECT format('fill %s of order %s: %s at %s, quote %s / %s', f.id, f.order_id, f.side, f.price, f.quote_bid,
                      f.quote_ask)
        FROM orders_fill f JOIN orders_order o ON o.id = f.order_id
        WHERE f.quote_seq IS NOT NULL AND f.price <> {HIT}
          AND (o.type NOT IN ('Limit', 'Stop limit') OR {WORSE} * (f.price - {HIT}) < 0)
        """,
    ),
    Rule(
        "a fill is never worse than the limit",
        f"""
        SELECT format('fill %s of order %s: %s at %s, limit %s', f.id, f.order_id, f.side, f.price, o.price)
        FROM orders_fill f JOIN orders_order o ON o.id = f.order_id
        WHERE o.price IS NOT NULL AND o.type <> 'Market' AND {WORSE} * (f.price - o.price) > 0
          AND NOT EXISTS (SELECT FROM orders_orderevent e WHERE e.order_id = o.id AND e.kind IN ('modified', 'resized'))
        """,
    ),
    Rule(
        "only a dealer fills without a quote, and only Care orders",
        "SELECT format('fill %s of order %s', f.id, f.order_id) FROM orders_fill f JOIN orders_order o"
        " ON o.id = f.order_id WHERE (f.quote_seq IS NULL) <> (o.type = 'Care')",
    ),
    Rule(
        "nothing fills out of session",
        """
        SELECT format('fill %s of order %s at %s', f.id, f.order_id, f.at) FROM orders_fill f
        JOIN orders_instrument i ON i.id = f.instrument_id
        LEFT JOIN orders_quote q ON q.instrument_id = f.instrument_id AND q.seq = f.quote_seq
        WHERE CASE i.calendar
            WHEN '24/7' THEN false
            WHEN '24/5' THEN extract(isodow FROM f.at AT TIME ZONE 'UTC') > 5
                             AND coalesce(extract(isodow FROM q.at AT TIME ZONE 'UTC') > 5, true)
            ELSE NOT EXISTS (SELECT FROM orders_session s WHERE s.calendar = i.calendar
                             AND (f.at >= s.opens AND f.at < s.closes OR q.at >= s.opens AND q.at < s.closes))
        END
        """,
    ),
    # --- Stops and brackets
    Rule(
        "no stop fills before its trigger",
        """
        SELECT format('fill %s of order %s', f.id, f.order_id)
        FROM orders_fill f JOIN orders_order o ON o.id = f.order_id
        WHERE o.type IN ('Stop', 'Stop limit', 'Trailing stop') AND NOT EXISTS (
            SELECT FROM orders_orderevent e WHERE e.order_id = o.id AND e.kind = 'triggered' AND e.seq <= f.seq
        )
        """,
    ),
    Rule(
        "a stop triggers only when the market is at it or through it",
        """
        SELECT format('order %s: %s', e.order_id, e.details) FROM orders_orderevent e
        WHERE e.kind = 'triggered' AND (
            (e.details->>'ask')::numeric < (e.details->>'stopPrice')::numeric
            OR (e.details->>'bid')::numeric > (e.details->>'stopPrice')::numeric
        )
        """,
    ),
    Rule(
        "stop loss and take profit together close at most what their order filled",
        """
        SELECT format('order %s: filled %s, its legs %s', p.id, p.filled_qty, sum(l.filled_qty))
        FROM orders_order l JOIN orders_order p ON p.id = l.parent_id
        GROUP BY p.id, p.filled_qty HAVING sum(l.filled_qty) > p.filled_qty
        """,
    ),
    Rule(
        "a stop loss or take profit is of an order of its account, against it",
        """
        SELECT format('order %s of %s', l.id, l.parent_id) FROM orders_order l
        LEFT JOIN orders_order p ON p.id = l.parent_id
        WHERE (l.parent_id IS NOT NULL OR l.leg <> '')
          AND (p.id IS NULL OR l.leg = '' OR p.side = l.side
               OR (p.account_id, p.instrument_id) <> (l.account_id, l.instrument_id))
        """,
    ),
    # --- History
    Rule(
        "every state follows from the one before",
        f"""
        SELECT format('order %s: %s after %s', order_id, state, before) FROM (
            SELECT order_id, state, lag(state) OVER (PARTITION BY order_id ORDER BY seq, number) AS before
            FROM orders_orderevent WHERE order_id IS NOT NULL
        ) AS e WHERE before <> state AND (before, state) NOT IN ({STEPS})
        """,
    ),
    Rule(
        "a final state is the last",
        f"""
        SELECT format('order %s: %s after %s', order_id, kind, before) FROM (
            SELECT order_id, kind, lag(state) OVER (PARTITION BY order_id ORDER BY seq, number) AS before
            FROM orders_orderevent WHERE order_id IS NOT NULL
        ) AS e WHERE before IN {FINAL}
        """,
    ),
    Rule(
        "an order's state is the one its last event tells",
        """
        SELECT format('order %s: %s, its last event %s', o.id, o.state, e.state) FROM orders_order o LEFT JOIN (
            SELECT DISTINCT ON (order_id) order_id, account_id, state FROM orders_orderevent
            WHERE order_id IS NOT NULL ORDER BY order_id, seq DESC, number DESC
        ) AS e ON e.order_id = o.id
        WHERE e.state IS DISTINCT FROM o.state OR e.account_id <> o.account_id
        """,
    ),
)
