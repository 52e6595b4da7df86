"""One child process: in a session of its own, its words passed on line by line, its end certain."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from webhooks.secrecy import redacted
from webhooks_terminal.run.trouble import StoppedError, TroubleError
from webhooks_terminal.run.watchman import Watchman

Report = Callable[[str, str], None]  # (who speaks, one line)
watchman = Watchman()
POLL_SECONDS = 0.02


def say_nothing(name: str, line: str) -> None:
    """A report nobody reads."""


@dataclass
class Process:
    name: str
    command: list[str]
    environment: Mapping[str, str]
    folder: Path
    report: Report = say_nothing
    user: int | None = None
    group: int | None = None
    told_at_start: str = ""
    polite_signal: signal.Signals = signal.SIGTERM
    last_signal: signal.Signals = signal.SIGKILL
    is_quiet: bool = False  # its lines are kept as last words only
    popen: subprocess.Popen[bytes] | None = None
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=20))

    def start(self) -> None:
        try:
            self.popen = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                cwd=self.folder,
                stdin=subprocess.PIPE if self.told_at_start else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
                group=self.group,
                extra_groups=None if self.user is None else [],
            )
        except OSError as error:
            raise TroubleError(f"{self.name} cannot be started: {self.command[0]}: {error.strerror}") from error
        watchman.guard(self.popen.pid, self.last_signal)
        if self.popen.stdin:
            with contextlib.suppress(BrokenPipeError), self.popen.stdin as stdin:
                stdin.write(self.told_at_start.encode())
        self.last_lines.clear()
        assert self.popen.stdout is not None
        threading.Thread(target=self.pass_on, args=[self.popen.stdout], daemon=True, name=f"log-{self.name}").start()

    def pass_on(self, stream: IO[bytes]) -> None:
        """Reports each line without secrets, whatever the child writes."""
        with stream:
            for raw in stream:
                line = redacted(raw.decode(errors="replace").rstrip())
                if not line:
                    continue
                self.last_lines.append(line)
                if not self.is_quiet:
                    self.report(self.name, line)

    @property
    def pid(self) -> int:
        return self.popen.pid if self.popen else 0

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs, or when it was never started."""
        return self.popen.poll() if self.popen else None

    @property
    def is_running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def last_words(self) -> str:
        return self.last_lines[-1] if self.last_lines else f"exit status {self.status}"

    def signal(self, number: signal.Signals) -> None:
        """Sends to the process and all it started in its session's group."""
        if self.popen:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.popen.pid, number)

    def ask_to_stop(self) -> None:
        """Only the process itself is asked: it ends its own children in its own order."""
        if self.is_running:
            os.kill(self.pid, signal.SIGCONT)
            os.kill(self.pid, self.polite_signal)

    def wait(self, seconds: float) -> bool:
        """True when it has ended within the time."""
        deadline = time.monotonic() + seconds
        while self.is_running and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        return not self.is_running

    def kill(self) -> None:
        """SIGKILL to the whole group, and nobody of it is left when this returns."""
        if not self.popen:
            return
        self.signal(self.last_signal)
        self.signal(signal.SIGCONT)
        if not self.wait(5):
            self.signal(signal.SIGKILL)
        self.popen.wait()
        self.sweep()

    def kill_hard(self) -> None:
        """SIGKILL, as the kernel's out-of-memory killer would; for tests of what must survive it."""
        if self.popen:
            self.signal(signal.SIGKILL)
            self.popen.wait()
            self.sweep()

    def stop(self, seconds: float) -> None:
        self.ask_to_stop()
        if self.wait(seconds):
            self.sweep()
        else:
            self.kill()

    def sweep(self) -> None:
        """What the process left behind in its group goes with it."""
        self.signal(signal.SIGKILL)
        watchman.release(self.pid)


def run_to_end(
    command: list[str], environment: Mapping[str, str], folder: Path, seconds: float, stopping: Callable[[], bool]
) -> subprocess.CompletedProcess[str]:
    """Runs a command in a session of its own; kills it when the time is over or somebody asks to stop."""
    popen = subprocess.Popen(
        command,
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    watchman.guard(popen.pid)
    deadline = time.monotonic() + seconds
    try:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                out, err = popen.communicate(timeout=0.1)
                return subprocess.CompletedProcess(command, popen.returncode, out, err)
            if stopping():
                raise StoppedError
            if time.monotonic() > deadline:
                raise TroubleError(f"{' '.join(command)} did not end within {seconds:.0f} s")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(popen.pid, signal.SIGKILL)
        popen.communicate()
        watchman.release(popen.pid)
