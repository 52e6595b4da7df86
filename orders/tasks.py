"""What a bell makes a worker do: empty trays. A task takes account ids and calls one function."""

from __future__ import annotations

from collections.abc import Iterable

from celery import shared_task

from orders import bell
from orders.execution import drain


@shared_task(name="orders.drain_accounts", ignore_result=True)
def drain_accounts(account_ids: list[int]) -> None:
    for account_id in account_ids:
        drain(account_id)


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
