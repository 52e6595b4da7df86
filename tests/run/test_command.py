"""The one command a newcomer types: it starts everything, says where, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.instance import ask
from webhooks_terminal.run.instance import PROJECT
from webhooks_terminal.run.ports import free_port

COMMAND = [sys.executable, "-m", "webhooks_terminal.run"]
OF_THE_TESTS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "WEBHOOK_PEPPERS", "QUOTE_FEED_TOKEN", "MAKELEVEL")
START_SECONDS = 120
END_SECONDS = 15  # it promises five on a machine that does nothing else


class Run:
    """A run of the command on a port of its own, read from a file like a terminal's scrollback."""

    def __init__(self, data: Path, output: Path, port: int | None = None) -> None:
        self.data, self.output = data, output
        self.port = port or free_port()
        environment = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
        with output.open("w") as file:
            self.process = subprocess.Popen(
                [*COMMAND, "--data", str(data), "--port", str(self.port)],
                env=environment,
                cwd=PROJECT,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text()

    def await_words(self, words: str, seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not re.search(words, self.said()):
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, f"never said {words!r}:\n{self.said()}"
            time.sleep(0.05)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, words: str) -> psutil.Process:
        """The direct child whose command line has these words."""
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if words in " ".join(child.cmdline()))

    def end(self, number: signal.Signals) -> list[psutil.Process]:
        """Sends the signal; which of its processes are still there afterwards."""
        family = self.family()
        self.process.send_signal(number)
        self.process.wait(END_SECONDS)
        _, alive = psutil.wait_procs(family, END_SECONDS)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(**options: int) -> Run:
        runs.append(Run(tmp_path / "data", tmp_path / f"output-{len(runs)}", **options))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()
    deadline = time.monotonic() + 10
    while clean(tmp_path / "data").returncode != 0:  # a killed run's databases may need a moment to end
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert not (tmp_path / "data").exists()


def clean(data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--clean", "--data", str(data)], cwd=PROJECT, capture_output=True, text=True, check=False
    )


def operator(data: Path, *words: str) -> str:
    command = [*COMMAND, "--data", str(data), "--manage", *words]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ctrl_c_stops_everything_and_the_data_survive(start: Callable[..., Run]) -> None:
    first = start()
    first.await_words(r"ready after .* at http://127\.0\.0\.1:\d+")
    assert ask(f"http://127.0.0.1:{first.port}", "GET", "/health").status == 200
    operator(
        first.data, "shell", "-v", "0", "-c", "from accounts.models import User; User.objects.create(username='w')"
    )
    assert first.end(signal.SIGINT) == []
    assert first.process.returncode == 0

    second = start()
    second.await_words("ready after")
    count = "from accounts.models import User; print(User.objects.filter(username='w').count())"
    assert operator(second.data, "shell", "-v", "0", "-c", count).strip() == "1"
    assert second.end(signal.SIGTERM) == []


def test_nothing_stays_when_the_command_itself_is_killed(start: Callable[..., Run]) -> None:
    run = start()
    run.await_words("ready after")
    assert run.end(signal.SIGKILL) == []


def test_a_dead_child_comes_back_with_a_line(start: Callable[..., Run]) -> None:
    run = start()
    run.await_words("ready after")
    for words, name in (("granian", "web"), ("bin/postgres", "postgres"), ("redis-server", "redis")):
        run.child(words).kill()
        run.await_words(f"{name} died .*; starting it again")
    deadline = time.monotonic() + 20
    while not is_well(run.port):
        assert time.monotonic() < deadline, run.said()
        time.sleep(0.1)


def is_well(port: int) -> bool:
    try:
        return ask(f"http://127.0.0.1:{port}", "GET", "/health").status == 200
    except OSError:
        return False


def test_the_logs_hold_no_secret_and_the_file_is_closed(start: Callable[..., Run]) -> None:
    run = start()
    run.await_words("ready after")
    for name in ("secrets.json", "environment"):
        assert stat.S_IMODE((run.data / name).stat().st_mode) == 0o600
    ask(f"http://127.0.0.1:{run.port}", "POST", "/webhook/wk_0123456789012345678901/ws_verysecretindeed")
    run.end(signal.SIGINT)
    secrets = json.loads((run.data / "secrets.json").read_text())
    assert [name for name, secret in secrets.items() if secret in run.said()] == []
    assert "verysecretindeed" not in run.said()


def test_a_taken_port_is_one_clear_line(start: Callable[..., Run]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = start(port=port)
        assert run.process.wait(timeout=20) == 1
        assert re.fullmatch(rf"run +\| port {port} is taken; choose another: .*\n", run.said())


def test_a_second_run_on_the_same_data_is_refused(start: Callable[..., Run]) -> None:
    first = start()
    first.await_words("starting")
    second = start()
    assert second.process.wait(timeout=20) == 1
    assert re.fullmatch(r"run +\| .* is in use by another run; stop that first\n", second.said())
    first.await_words("ready after")


@pytest.mark.parametrize("port", ["0", "70000", "x", ""])
def test_a_port_that_is_none_is_refused(port: str, tmp_path: Path) -> None:
    command = [*COMMAND, f"--port={port}", "--data", str(tmp_path / "data")]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"run +\| PORT=.* is not a port; choose one from 1 to 65535\n", done.stdout)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "terminal.example.com"])
def test_users_whose_passwords_are_known_are_not_shown_to_others(host: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DEMO"}
    command = [*COMMAND, f"--host={host}", "--data", str(tmp_path / "data")]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"run +\| HOST=.* is open to others; choose DEMO=0, or DEMO=1 .*\n", done.stdout)
