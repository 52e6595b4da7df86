"""The promise that every fault must leave standing: what was acknowledged is stored, and executed once and in order.

Read from the tables, apart from the product's own `audit` and `replay`, which are asked too.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from tests.faults.senders import Sent
from tests.instance import Product

SETTLE_SECONDS = 20.0

COMMANDS_SQL = """
SELECT c.fingerprint, a.name, c.seq, c.kind, c.status, c.order_id, c.outcome, c.accepted_at, c.done_at
FROM orders_ordercommand c JOIN accounts_tradingaccount a ON a.id = c.account_id
WHERE a.name = ANY(%s) AND c.fingerprint IS NOT NULL ORDER BY a.name, c.seq
"""
UNSETTLED_SQL = "SELECT count(*) FROM orders_ordercommand WHERE status = 0"
# Every lane is done to the end of its tray.
BEHIND_SQL = """
SELECT a.name, t.next_seq - 1, b.done_seq FROM orders_tray t JOIN orders_book b USING (account_id)
JOIN accounts_tradingaccount a ON a.id = t.account_id WHERE b.done_seq <> t.next_seq - 1
"""
# Numbers without a gap or a double.
GAPS_SQL = """
SELECT a.name, count(*), max(c.seq), count(DISTINCT c.seq) FROM orders_ordercommand c
JOIN accounts_tradingaccount a ON a.id = c.account_id
GROUP BY a.name HAVING count(*) <> max(c.seq) OR count(*) <> count(DISTINCT c.seq)
"""
# The history of an account is written in the order of its commands.
OUT_OF_ORDER_SQL = """
SELECT account_id, seq, before FROM (
    SELECT account_id, seq, lag(seq) OVER (PARTITION BY account_id ORDER BY id) AS before FROM orders_orderevent
) AS events WHERE seq < before
"""
# An accepted place made its order, and what was refused by the message made none that trades.
ORDERS_SQL = """
SELECT c.order_id FROM orders_ordercommand c LEFT JOIN orders_order o ON o.id = c.order_id
WHERE c.kind = 'place' AND c.status = 1 AND (o.id IS NULL OR o.account_id <> c.account_id)
"""
FILLS_SQL = """
SELECT o.id, o.filled_qty, coalesce(sum(f.qty), 0) FROM orders_order o LEFT JOIN orders_fill f ON f.order_id = o.id
GROUP BY o.id HAVING o.filled_qty <> coalesce(sum(f.qty), 0) OR o.filled_qty > o.qty
"""
BROKEN_SQL = {"behind": BEHIND_SQL, "gaps": GAPS_SQL, "history": OUT_OF_ORDER_SQL, "orders": ORDERS_SQL}
BROKEN_SQL |= {"fills": FILLS_SQL}


@dataclass(frozen=True)
class Command:
    fingerprint: bytes
    account: str
    seq: int
    kind: str
    status: int
    order_id: int | None
    outcome: dict[str, Any] | None
    accepted_at: datetime
    done_at: datetime | None

    @property
    def is_void(self) -> bool:
        """Refused because there is no such order: a repeat of the message is looked at anew."""
        errors = (self.outcome or {}).get("errors") or [{}]
        return errors[0].get("code") == "order_unknown"

    @property
    def seconds(self) -> float:
        assert self.done_at is not None
        return (self.done_at - self.accepted_at).total_seconds()


def look(product: Product, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the product's database."""
    with psycopg.connect(product.instance.database_url, autocommit=True, connect_timeout=5) as connection:
        return connection.execute(sql, values).fetchall()


def commands_of(product: Product, accounts: Sequence[str]) -> list[Command]:
    rows = look(product, COMMANDS_SQL, list(accounts))
    return [Command(bytes(row[0]), *row[1:]) for row in rows]


def await_settled(product: Product, seconds: float = SETTLE_SECONDS) -> float:
    """Until nothing waits in any tray; how long that took."""
    begun = time.monotonic()
    while waiting := look(product, UNSETTLED_SQL)[0][0]:
        assert time.monotonic() - begun < seconds, f"{waiting} commands still wait after {seconds:.0f} s"
        time.sleep(0.05)
    return time.monotonic() - begun


def kept(product: Product, sent: Sequence[Sent]) -> list[Command]:
    """Nothing acknowledged was lost, doubled or reordered. Returns the commands that these messages became."""
    await_settled(product)
    accounts = sorted({one.alert.trader.account for one in sent})
    marks = {one.alert.fingerprint for one in sent}
    commands = [command for command in commands_of(product, accounts) if command.fingerprint in marks]
    by_bytes = {command.fingerprint: command for command in commands}
    many = Counter(command.fingerprint for command in commands if not command.is_void)
    doubled = [told(one) for one in sent if many[one.alert.fingerprint] > 1]
    assert not doubled, f"in a tray twice: {doubled[:10]}"
    faults = [fault for one in sent for fault in faults_of(one, by_bytes.get(one.alert.fingerprint))]
    assert not faults, "\n".join(faults[:20])
    reordered = [line for account in accounts for line in out_of_order(account, sent, by_bytes)]
    assert not reordered, "\n".join(reordered[:20])
    for name, sql in BROKEN_SQL.items():
        assert not (rows := look(product, sql)), f"{name}: {rows[:10]}"
    assert all(command.status in (1, 2) for command in commands), "a command was given up"
    audited(product, accounts)
    return commands


def told(sent: Sent) -> str:
    answers = [
        f"{answer.status} {answer.text} after {took:.3f} s"
        for answer, took in zip(sent.answers, sent.took, strict=True)
    ]
    return f"{sent.alert.trader.account} {sent.alert.raw.decode()} -> {'; '.join(answers)}"


def faults_of(sent: Sent, command: Command | None) -> list[str]:
    """What the sender was told must be what the tray holds."""
    alert, answer = sent.alert, sent.last
    about = told(sent) + ": "
    if answer.status == 200 and command is None:
        return [about + "acknowledged and lost"]
    if command is None or not sent.is_answered:
        return []
    said, outcome = answer.json, command.outcome or {}
    if said.get("d", {}).get("state") == "pending":
        return []
    if answer.status == 200 and not outcome.get("ok"):
        return [about + f"told ok, but {outcome}"]
    if answer.status != 200 and outcome.get("ok"):
        return [about + f"told no, but {outcome}"]
    if answer.status == 200 and alert.action == "place" and said["d"]["orderId"] != command.order_id:
        return [about + f"another order: {command.order_id}"]
    return []


def out_of_order(account: str, sent: Iterable[Sent], by_bytes: dict[bytes, Command]) -> list[str]:
    """A sender that waits for each answer finds its messages in the tray as it sent them, executed in that order."""
    mine = [one for one in sent if one.alert.trader.account == account and one.is_accepted]
    mine.sort(key=lambda one: one.alert.number)
    found = [(one, by_bytes[one.alert.fingerprint]) for one in mine]
    return [
        f"{told(first)}\n  is {one}\n{told(second)}\n  is {other}"
        for (first, one), (second, other) in itertools.pairwise(found)
        if one.seq >= other.seq or not one.done_at or not other.done_at or one.done_at > other.done_at
    ]


def audited(product: Product, accounts: Sequence[str]) -> None:
    """The operators' own checks, in one process: `audit`, and `replay` of each account."""
    calls = [("audit",), *(("replay", account) for account in accounts)]
    script = f"from django.core.management import call_command\nfor words in {calls!r}:\n    call_command(*words)"
    product.manage("shell", "-c", script)
