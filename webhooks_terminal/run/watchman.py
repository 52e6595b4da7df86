"""Ends what a process started when that process dies, however it dies.

The watchman is a tiny process in a session of its own. It reads "+GROUP SIGNAL" and "-GROUP" lines from a pipe that
only the watched process can write to. When the pipe closes (an orderly end, or SIGKILL) it sends the signals of the
groups that are still on its list. It runs as a plain script and imports nothing of the product.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import IO


class Watchman:
    """The watched process's end of the pipe; the watching process starts with the first group."""

    def __init__(self) -> None:
        self.pipe: IO[str] | None = None
        self.owner = 0
        self.lock = threading.Lock()

    def guard(self, group: int, last_signal: signal.Signals = signal.SIGKILL) -> None:
        self.tell(f"+{group} {int(last_signal)}")

    def release(self, group: int) -> None:
        self.tell(f"-{group}")

    def tell(self, line: str) -> None:
        with self.lock:
            if self.pipe is None or self.owner != os.getpid():
                self.pipe = self.begin()
            with contextlib.suppress(BrokenPipeError):  # somebody killed the watchman: the rest still works
                print(line, file=self.pipe, flush=True)

    def begin(self) -> IO[str]:
        self.owner = os.getpid()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        atexit.register(self.end, process)
        assert process.stdin is not None
        return process.stdin

    @staticmethod
    def end(process: subprocess.Popen[str]) -> None:
        """An orderly end waits for the watchman, so that truly nothing is left."""
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        process.wait()


def watch(lines: IO[str]) -> None:
    groups: dict[int, int] = {}
    for line in lines:
        group, _, last_signal = line[1:].strip().partition(" ")
        if line.startswith("+"):
            groups[int(group)] = int(last_signal)
        else:
            groups.pop(int(group), None)
    for number, last in groups.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(number, signal.SIGCONT)
            os.killpg(number, last)


if __name__ == "__main__":
    for unwanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(unwanted, signal.SIG_IGN)
    watch(sys.stdin)
