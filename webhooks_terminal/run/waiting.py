"""Waiting for something to become true, for a limited time, and never deaf to a stop."""

from __future__ import annotations

import time
from collections.abc import Callable

from webhooks_terminal.run.trouble import StoppedError


def never() -> bool:
    return False


def wait_until(
    check: Callable[[], bool], seconds: float, *, stopping: Callable[[], bool] = never, pause: float = 0.02
) -> bool:
    """True as soon as the check is; False when the time is over. StoppedError when somebody asked to stop."""
    deadline = time.monotonic() + seconds
    while not check():
        if stopping():
            raise StoppedError
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
