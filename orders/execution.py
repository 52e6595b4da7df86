"""The porter: carries an account's commands, oldest first, into the engine and the books."""

from __future__ import annotations


def drain(account_id: int) -> int:
    """Executes what waits in the account's tray and returns how many commands that were."""
    raise NotImplementedError(account_id)
