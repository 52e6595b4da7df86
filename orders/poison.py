"""What is to blame when a command cannot be carried out, and a watch over the engine's time."""

from __future__ import annotations

import signal
import threading
from typing import Any, Final

import psycopg

ENGINE_SECONDS: Final = 3.0

# What the database says of a command's effects; anything else it says is its own trouble.
BLAMED: Final = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.QueryCanceled,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.RaiseException,  # a trigger's
    LookupError,
    ValueError,
    ArithmeticError,
    AssertionError,
)


class CommandFailedError(Exception):
    """Carrying out one command of the batch raised: a bug."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(f"command {index} of the batch")


class OutOfStepError(RuntimeError):
    """The tray has a gap: nothing may be executed behind it."""


class OverrunError(Exception):
    """The engine did not come back in time."""


class Watch:
    """Raises OverrunError in the engine when one command takes too long. Works in a process's main thread only."""

    def __init__(self) -> None:
        self.works = threading.current_thread() is threading.main_thread()
        self.previous: Any = None

    def __enter__(self) -> Watch:
        if self.works:
            self.previous = signal.signal(signal.SIGALRM, self._overrun)
        return self

    def begin(self, seconds: float = ENGINE_SECONDS) -> None:
        if self.works:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def __exit__(self, *_: object) -> None:
        if self.works:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self.previous)

    @staticmethod
    def _overrun(*_: object) -> None:
        raise OverrunError("a command took too long")
