"""What must hold of every account: positions, money, the tray; and of the quotes they trade by."""

from __future__ import annotations

from typing import Final

from orders.rules_of_orders import Rule

ACCOUNT_RULES: Final = (
    # --- Positions and money
    Rule(
        "a position is the sum of the signed fills",
        """
        SELECT format('account %s, instrument %s: position %s, fills %s', account_id, instrument_id, p.qty, f.qty)
        FROM orders_position p FULL JOIN (
            SELECT account_id, instrument_id, sum(CASE side WHEN 'buy' THEN qty ELSE -qty END) AS qty
            FROM orders_fill GROUP BY account_id, instrument_id
        ) AS f USING (account_id, instrument_id)
        WHERE coalesce(p.qty, 0) <> coalesce(f.qty, 0) OR p.qty = 0
        """,
    ),
    Rule(
        "the balance is the sum of the ledger",
        """
        SELECT format('account %s: balance %s, ledger %s', b.account_id, b.balance, l.amount) FROM orders_book b
        LEFT JOIN (SELECT account_id, sum(amount) AS amount FROM orders_ledgerentry GROUP BY account_id) AS l
          USING (account_id)
        WHERE b.balance <> coalesce(l.amount, 0)
        """,
    ),
    Rule(
        "every ledger entry moves the balance by its amount",
        """
        SELECT format('account %s: entry %s', account_id, id) FROM (
            SELECT id, account_id, amount, balance,
                   lag(balance, 1, 0::numeric) OVER (PARTITION BY account_id ORDER BY seq, number) AS before
            FROM orders_ledgerentry
        ) AS l WHERE balance <> before + amount
        """,
    ),
    Rule(
        "every fill's profit and commission stand in the ledger, and nothing else does as such",
        """
        SELECT format('order %s, fill %s: gross %s and fee %s, ledger %s and %s', order_id, number, f.gross, f.fee,
                      l.gross, l.fee)
        FROM (SELECT account_id, order_id, number, gross, fee FROM orders_fill) AS f FULL JOIN (
            SELECT account_id, order_id, fill_number AS number,
                   sum(amount) FILTER (WHERE kind = 'realised P/L') AS gross,
                   -sum(amount) FILTER (WHERE kind = 'commission') AS fee
            FROM orders_ledgerentry WHERE kind IN ('realised P/L', 'commission') GROUP BY 1, 2, 3
        ) AS l USING (account_id, order_id, number)
        WHERE coalesce(f.gross, 0) <> coalesce(l.gross, 0) OR coalesce(f.fee, 0) <> coalesce(l.fee, 0)
        """,
    ),
    # --- The tray
    Rule(
        "commands are numbered without a gap, up to where the tray stands",
        """
        SELECT format('account %s: %s commands, numbers up to %s, next %s', t.account_id, c.many, c.last, t.next_seq)
        FROM orders_tray t LEFT JOIN (
            SELECT account_id, count(*) AS many, max(seq) AS last FROM orders_ordercommand GROUP BY account_id
        ) AS c USING (account_id)
        WHERE coalesce(c.many, 0) <> t.next_seq - 1 OR coalesce(c.last, 0) <> t.next_seq - 1
        """,
    ),
    Rule(
        "a command has exactly one outcome once the lane has passed it, and none before",
        """
        SELECT format('account %s, command %s: status %s, the lane at %s', c.account_id, c.seq, c.status, b.done_seq)
        FROM orders_ordercommand c LEFT JOIN orders_book b USING (account_id)
        WHERE b.account_id IS NULL OR (c.seq <= b.done_seq) <> (c.status <> 0)
           OR (c.status <> 0) <> (c.outcome IS NOT NULL) OR (c.status <> 0) <> (c.done_at IS NOT NULL)
           OR (c.status = 1) <> coalesce((c.outcome->>'ok')::boolean, false)
        """,
    ),
    Rule(
        "an order has the one command that placed it",
        """
        SELECT format('order %s: %s commands', o.id, coalesce(c.many, 0)) FROM orders_order o LEFT JOIN (
            SELECT order_id, account_id, count(*) AS many FROM orders_ordercommand
            WHERE kind IN ('place', 'stop out') AND status IN (1, 2) GROUP BY order_id, account_id
        ) AS c ON c.order_id = o.id AND c.account_id = o.account_id
        WHERE o.parent_id IS NULL AND coalesce(c.many, 0) <> 1
        """,
    ),
    Rule(
        "a command that placed an order has it in the books",
        """
        SELECT format('account %s, command %s: order %s', c.account_id, c.seq, c.order_id) FROM orders_ordercommand c
        LEFT JOIN orders_order o ON o.id = c.order_id
        WHERE c.kind = 'place' AND c.status = 1 AND o.id IS NULL
        """,
    ),
    Rule(
        "what is written was caused by a command that was executed",
        """
        SELECT format('account %s, command %s: %s', w.account_id, w.seq, w.what) FROM (
            SELECT DISTINCT account_id, seq, 'an event' AS what FROM orders_orderevent
            UNION ALL SELECT DISTINCT account_id, seq, 'a fill' FROM orders_fill
            UNION ALL SELECT DISTINCT account_id, seq, 'a ledger entry' FROM orders_ledgerentry
        ) AS w LEFT JOIN orders_ordercommand c USING (account_id, seq)
        WHERE c.id IS NULL OR c.status NOT IN (1, 2)
        """,
    ),
    # --- The market
    Rule(
        "quotes are numbered without a gap, and none is crossed",
        """
        SELECT format('instrument %s: %s quotes from %s on, numbers up to %s, newest %s', l.instrument_id, q.many,
                      l.whole_from, q.last, l.seq)
        FROM orders_lastquote l LEFT JOIN (
            SELECT instrument_id, count(*) FILTER (WHERE q.seq >= l.whole_from) AS many, max(q.seq) AS last,
                   bool_or(q.bid > q.ask OR q.bid <= 0) AS crossed
            FROM orders_quote q JOIN orders_lastquote l USING (instrument_id) GROUP BY instrument_id
        ) AS q USING (instrument_id)
        WHERE coalesce(q.many, 0) <> l.seq - l.whole_from + 1 OR coalesce(q.last, 0) <> l.seq OR q.crossed
        """,
    ),
    Rule(
        "a quote that was shown has reached every order it concerns",
        """
        SELECT format('order %s: has seen quote %s, not %s', o.id, o.seen_seq, q.seq) FROM orders_order o
        JOIN orders_book b ON b.account_id = o.account_id AND b.look = '{}'
        JOIN orders_tray t ON t.account_id = o.account_id AND t.next_seq = b.done_seq + 1
        JOIN orders_instrument i ON i.id = o.instrument_id AND i.calendar = '24/7' AND i.status = 'open'
          AND i.max_quote_age_seconds IS NULL AND (i.last_trading_day IS NULL OR i.last_trading_day > now())
        JOIN orders_lastquote n ON n.instrument_id = o.instrument_id
        JOIN orders_quote q ON q.instrument_id = n.instrument_id AND q.seq = n.seq AND q.shown
        WHERE o.state IN ('working', 'partially filled') AND o.seen_seq < q.seq
          AND (o.expire_at IS NULL OR o.expire_at > q.at)
          AND (CASE o.side WHEN 'buy' THEN q.ask ELSE q.bid END <= o.wakes_at_or_below
               OR CASE o.side WHEN 'buy' THEN q.ask ELSE q.bid END >= o.wakes_at_or_above)
        """,
    ),
    Rule(
        "every row is of an account and an instrument that exist",
        """
        SELECT format('%s %s', w.what, w.id) FROM (
            SELECT 'order' AS what, id, account_id, instrument_id FROM orders_order
            UNION ALL SELECT 'fill', id, account_id, instrument_id FROM orders_fill
            UNION ALL SELECT 'position', id, account_id, instrument_id FROM orders_position
        ) AS w LEFT JOIN accounts_tradingaccount a ON a.id = w.account_id
        LEFT JOIN orders_instrument i ON i.id = w.instrument_id
        WHERE a.id IS NULL OR i.id IS NULL
        """,
    ),
)
