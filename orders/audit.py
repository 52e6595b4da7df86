"""The invariants of the books, asked of the books themselves: each a query that must find nothing.

docs/engine.md lists them. Everything is read of one moment, so that a running product can be audited.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orders.rules_of_accounts import ACCOUNT_RULES
from orders.rules_of_orders import ORDER_RULES, Rule
from orders.wire import BEGIN, Call, Statement, Wire

MOST_OF_EACH: Final = 20
SETTINGS: Final = Call(
    Statement(
        "",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL enable_seqscan = on;"
        " SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'; SET LOCAL statement_timeout = 0",
    ),
    (),
)
RULES: Final = (*ORDER_RULES, *ACCOUNT_RULES)


def broken(wire: Wire) -> Iterator[tuple[Rule, str]]:
    """Every rule that the books break, with the places; a rule broken often is told of the first twenty times."""
    with wire.undone_on_error():
        wire.run(BEGIN, SETTINGS)
        for rule in RULES:
            query = Call(Statement("", f"SELECT * FROM ({rule.query}) AS found LIMIT {MOST_OF_EACH}"), ())
            for (place,) in wire.run(query)[0]:
                yield rule, place
        wire.conn.execute("ROLLBACK")
