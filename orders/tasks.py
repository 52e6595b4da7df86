"""What a bell makes a worker do: empty trays. A task takes account ids and calls one function for each."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import psycopg
from celery import shared_task

from orders import bell, wire
from orders.execution import visit_all

log = logging.getLogger("orders.tasks")


@shared_task(name="orders.drain_accounts", ignore_result=True)
def drain_accounts(account_ids: list[int]) -> None:
    """What does not fit into its time is rung for again; what fails is in the tray for the pump to find."""
    try:
        left = visit_all(account_ids)
    except psycopg.Error as problem:
        log.warning("%d accounts: not drained: %s", len(account_ids), str(problem).strip())
        wire.hang_up()
    else:
        if left:
            ring(left)


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
