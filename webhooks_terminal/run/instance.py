"""A running product: its databases and its four kinds of process, started, watched and stopped as one thing."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from subprocess import CompletedProcess
from types import TracebackType

import redis

from webhooks_terminal.run.ports import free_port, is_loopback
from webhooks_terminal.run.postgres import PostgresServer, create_database
from webhooks_terminal.run.process import Process, Report, run_to_end, say_nothing
from webhooks_terminal.run.redis_server import RedisServer
from webhooks_terminal.run.secret_file import kept_secrets, write_private
from webhooks_terminal.run.trouble import TroubleError
from webhooks_terminal.run.waiting import wait_until

PROJECT = Path(__file__).resolve().parent.parent.parent
DATABASE = "webhooks_terminal"
WEB_SECONDS = 60
WORKER_SECONDS = 20
MANAGE_SECONDS = 300
# A stop is over within five seconds: what did not end politely by then is killed, and nothing accepted is lost.
POLITE_SECONDS = 2.0
# A process that died this often within a minute is not started again.
MOST_DEATHS = 5
# The line of a traceback, or of a command's own complaint, that says what was wrong.
ERROR_LINE = re.compile(r"[\w.]*(?:Error|Configured): ")
SECRET_SETTINGS = ("SECRET_KEY", "WEBHOOK_PEPPERS", "QUOTE_FEED_TOKEN")


@dataclass
class Instance:
    """Everything of it lives in `folder`. An empty database_url or redis_url means a server of its own; port 0, any."""

    folder: Path
    port: int = 0
    host: str = "127.0.0.1"
    database_url: str = ""
    redis_url: str = ""
    demo: bool = False
    simulator: bool = False
    migrate: bool = True
    redis_memory: str = "256mb"
    polite_seconds: float = POLITE_SECONDS
    settings: Mapping[str, str] = field(default_factory=dict)  # further environment variables
    report: Report = say_nothing
    stopping: threading.Event = field(default_factory=threading.Event)
    postgres: PostgresServer | None = field(default=None, init=False)
    redis: RedisServer | None = field(default=None, init=False)
    processes: dict[str, Process] = field(default_factory=dict, init=False)
    deaths: dict[str, list[float]] = field(default_factory=dict, init=False)
    greeting: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.any_port = self.port == 0

    # --- The start ------------------------------------------------------------------------------------

    def start(self) -> None:
        self.prepare()
        self.start_databases()
        if self.migrate:
            self.manage("migrate", "--no-input", "--verbosity", "0")
        if self.demo:
            self.greeting = self.manage("demo")
        for name in self.commands():
            self.start_process(name)
        self.await_web()
        self.await_worker()

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # PostgreSQL's user passes through; the secrets in here are closed files.
        self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        self.secrets = kept_secrets(self.folder / "secrets.json")

    def start_databases(self) -> None:
        if not self.database_url:
            self.postgres = PostgresServer(
                self.folder, self.secrets["DATABASE_PASSWORD"], self.report, self.stopping.is_set
            )
            self.postgres.start()
            create_database(self.postgres.url(), DATABASE)
            self.database_url = self.postgres.url(DATABASE)
        if not self.redis_url:
            password = self.secrets["REDIS_PASSWORD"]
            self.redis = RedisServer(self.folder, password, self.report, self.stopping.is_set, self.redis_memory)
            self.redis.start()
            self.redis_url = self.redis.url
        # For operators' commands beside the running product.
        lines = [f"{name}={value}\n" for name, value in self.own_settings().items()]
        write_private(self.folder / "environment", "".join(lines))

    def own_settings(self) -> dict[str, str]:
        """What distinguishes this instance. The caller's environment wins over generated secrets."""
        secrets = {name: os.environ.get(name) or self.secrets[name] for name in SECRET_SETTINGS}
        places = {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}
        return secrets | places | ({"ADMIN_SECOND_FACTOR": "0"} if self.opens_desk else {}) | dict(self.settings)

    @property
    def opens_desk(self) -> bool:
        """The demo's operator, where nobody else reaches the product, signs in with the printed password alone."""
        has_demo_users = "sign in as " in self.greeting
        return has_demo_users and is_loopback(self.host) and not os.environ.get("ADMIN_SECOND_FACTOR")

    def environment(self, role: str) -> dict[str, str]:
        return {**os.environ, **self.own_settings(), "ROLE": role, "PYTHONUNBUFFERED": "1"}

    def commands(self) -> dict[str, list[str]]:
        if self.any_port and not self.port:
            self.port = free_port(self.host)
        web = ["-m", "granian", "--interface", "asgi", "--host", self.host, "--port", str(self.port)]
        web += ["--http", "1", "--no-ws", "--backlog", "8192", "--backpressure", "8192", "--workers", "1"]
        # A reload leaves the old process so long beside the new one, which must be ready by then on a busy machine too.
        web += ["--respawn-failed-workers", "--respawn-interval", "8"]
        web += ["--workers-kill-timeout", "2", "--log-level", "warning"]
        worker = ["-W", "ignore:You're running the worker", "-m", "celery", "--quiet", "-A", "webhooks_terminal"]
        worker += ["worker", "-Q", "bells", "-c", "2", "--loglevel", "WARNING"]
        worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        found = {"web": [*web, "webhooks_terminal.asgi:application"], "worker": worker, "pump": ["manage.py", "pump"]}
        return found | ({"simulator": ["manage.py", "simulate"]} if self.simulator else {})

    def start_process(self, name: str) -> None:
        """Starts one of the product's processes; after `kill`, again in the same place."""
        command = [sys.executable, *self.commands()[name]]
        self.processes[name] = Process(name, command, self.environment(name), PROJECT, self.report)
        self.processes[name].start()

    def await_web(self) -> None:
        """The web process answers. A port that somebody else took meanwhile is given up, if any port will do."""
        web = self.processes["web"]
        wait_until(lambda: self.answers() or not web.is_running, WEB_SECONDS, stopping=self.stopping.is_set)
        if not web.is_running and self.any_port and any("in use" in line for line in web.last_lines):
            self.port = 0
            self.start_process("web")
            return self.await_web()
        if not web.is_running or not self.answers():
            raise TroubleError(f"the web process does not start: {web.last_words()}")
        return None

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def await_worker(self) -> None:
        """The worker listens for bells. If it cannot be told, or takes long, the pump does its work: no failure."""
        wait_until(self.worker_listens, WORKER_SECONDS, stopping=self.stopping.is_set, pause=0.05)

    def worker_listens(self) -> bool:
        if not self.processes["worker"].is_running:
            return True
        client = redis.Redis.from_url(self.redis_url, socket_timeout=1, socket_connect_timeout=1)
        try:
            return any(row.get("cmd") == "brpop" for row in client.client_list())
        except redis.RedisError:
            return True
        finally:
            client.close()

    # --- While it runs --------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"

    def manage(self, *words: str) -> str:
        """Runs `manage.py` with these words against this instance; what it said. TroubleError when it failed."""
        done = self.try_manage(*words)
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
            errors = [line for line in lines if ERROR_LINE.match(line)] or lines
            raise TroubleError(f"manage.py {words[0]}: {errors[-1]}")
        return done.stdout

    def try_manage(self, *words: str) -> CompletedProcess[str]:
        """Runs `manage.py` with these words against this instance, to its end, whatever that is."""
        command = [sys.executable, "manage.py", *words]
        return run_to_end(command, self.environment("manage"), PROJECT, MANAGE_SECONDS, self.stopping.is_set)

    def look_after(self) -> None:
        """Starts again what has died, with a line. What dies again and again ends it all."""
        servers = {"postgres": self.postgres, "redis": self.redis}
        for name, server in servers.items():
            if server and server.process and not server.is_running:
                self.note_death(name, server.process)
                server.restart()
        for name, process in self.processes.items():
            if not process.is_running:
                self.note_death(name, process)
                process.sweep()
                self.start_process(name)

    def note_death(self, name: str, process: Process) -> None:
        now = time.monotonic()
        recent = [then for then in self.deaths.get(name, []) if now - then < 60]
        self.deaths[name] = [*recent, now]
        if len(recent) >= MOST_DEATHS:
            raise TroubleError(f"{name} dies again and again; its last words: {process.last_words()}")
        self.report("run", f"{name} died (exit status {process.status}); starting it again")

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all its children: web, worker, pump, simulator, postgres or redis."""
        self.process(name).kill_hard()

    def freeze(self, name: str) -> None:
        """Stops a process and its children where they stand; they keep what they hold, and say nothing."""
        self.process(name).signal(SIGSTOP)

    def thaw(self, name: str) -> None:
        self.process(name).signal(SIGCONT)

    def process(self, name: str) -> Process:
        server = {"postgres": self.postgres, "redis": self.redis}.get(name)
        found = server.process if server else self.processes.get(name)
        if found is None:
            raise TroubleError(f"no process of this product is called {name}")
        return found

    def restart(self, name: str) -> None:
        """Starts what was killed again, on the same port."""
        if name == "postgres" and self.postgres:
            self.postgres.restart()
        elif name == "redis" and self.redis:
            self.redis.restart()
        else:
            self.start_process(name)
            if name == "web":
                self.await_web()

    # --- The end --------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stops everything within five seconds; safe to call at any moment, also in the middle of a start."""
        for process in self.processes.values():
            process.is_quiet = True
            process.ask_to_stop()
        deadline = time.monotonic() + self.polite_seconds
        for process in self.processes.values():
            process.stop(max(0.0, deadline - time.monotonic()))
        for server in (self.redis, self.postgres):
            if server:
                server.stop(1.2)
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "environment").unlink()

    def __enter__(self) -> Instance:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
