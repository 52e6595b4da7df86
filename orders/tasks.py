"""What a bell makes a worker do: empty trays. A task takes account ids and calls one function for each."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Final

import psycopg
from celery import shared_task

from orders import bell, wire
from orders.execution import visit

log = logging.getLogger("orders.tasks")

SECONDS_A_BELL: Final = 5.0


@shared_task(name="orders.drain_accounts", ignore_result=True)
def drain_accounts(account_ids: list[int]) -> None:
    """What does not fit into its time is rung for again; one account's trouble is not another's."""
    until = time.monotonic() + SECONDS_A_BELL
    left = list(account_ids)
    again: set[int] = set()
    while left and time.monotonic() < until:
        account_id = left.pop()
        try:
            if visit(account_id).more:
                again.add(account_id)
        except psycopg.Error as problem:  # the tray keeps what is in it, and the pump comes round
            log.warning("account %d: not drained: %s", account_id, str(problem).strip())
            wire.hang_up()
        except Exception:
            log.exception("account %d: not drained", account_id)
    if again or left:
        ring(again.union(left))


def _send(account_ids: list[int]) -> None:
    drain_accounts.apply_async((account_ids,), retry=False, expires=30)


_ringer = bell.Ringer(_send)


def ring(account_ids: Iterable[int]) -> bool:
    """Rings for accounts: at most about half a second, errors counted, nothing raised. False: the bell was not rung."""
    return _ringer.ring(account_ids)


class Bell(bell.Bell):
    """The same from a thread of its own, for the gate: returns at once."""

    def __init__(self) -> None:
        super().__init__(ring)
