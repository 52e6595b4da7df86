"""The one command: `python -m webhooks_terminal.run`, or `make run`."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO

from webhooks_terminal.run.console import Console
from webhooks_terminal.run.instance import PROJECT, Instance
from webhooks_terminal.run.ports import is_loopback, require_free
from webhooks_terminal.run.postgres import forget_data
from webhooks_terminal.run.trouble import StoppedError, TroubleError

LOOK_SECONDS = 0.25


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description="Runs the whole product until Ctrl-C.")
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help="address to listen on")
    parser.add_argument("--port", default=os.environ.get("PORT") or "8000", help="port to listen on")
    parser.add_argument("--data", type=Path, default=PROJECT / ".data", help="folder of the databases and secrets")
    parser.add_argument("--no-simulator", action="store_true", help="no invented quotes")
    parser.add_argument("--clean", action="store_true", help="delete the data folder instead")
    parser.add_argument("--manage", nargs=argparse.REMAINDER, help="run manage.py beside the running product instead")
    return parser.parse_args()


def port_number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 65536:
        raise TroubleError(f"PORT={text} is not a port; choose one from 1 to 65535")
    return int(text)


def wants_demo(host: str) -> bool:
    """Its passwords are published: where others can reach the product, it must be wanted by name."""
    said = os.environ.get("DEMO", "")
    if said not in ("", "0", "1"):
        raise TroubleError(f"DEMO={said} is neither 0 nor 1")
    if not said and not is_loopback(host):
        raise TroubleError(
            f"HOST={host} is open to others; choose DEMO=0, or DEMO=1 for users whose passwords are known"
        )
    return said != "0"


def locked(folder: Path) -> IO[str]:
    """The data folder belongs to one run at a time; the lock ends with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise TroubleError(f"{folder} is in use by another run; stop that first") from error
    return file


def clean(folder: Path) -> None:
    if folder.exists():
        with locked(folder):
            forget_data(folder)
            for path in folder.iterdir():
                path.unlink()
        folder.rmdir()
    print(f"deleted {folder}; the next run starts over")


def manage(folder: Path, words: list[str]) -> None:
    """Becomes `manage.py` with the settings of the running product."""
    try:
        lines = (folder / "environment").read_text().splitlines()
    except FileNotFoundError as error:
        raise TroubleError(f"nothing runs from {folder}; start it with: make run") from error
    settings = dict(line.split("=", 1) for line in lines)
    os.chdir(PROJECT)
    os.execve(sys.executable, [sys.executable, "manage.py", *words], {**os.environ, **settings})


def stop_on_signals(stopping: threading.Event) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def orphaned() -> Callable[[], bool]:
    """Whether `make` is gone: then no Ctrl-C reaches this process any more."""
    parent = os.getppid()
    return lambda: "MAKELEVEL" in os.environ and os.getppid() != parent


def run(options: argparse.Namespace, console: Console) -> None:
    stopping = threading.Event()
    stop_on_signals(stopping)
    lonely = orphaned()
    port = port_number(options.port)
    demo = wants_demo(options.host)
    with locked(options.data):
        require_free(options.host, port)
        instance = Instance(
            options.data,
            port=port,
            host=options.host,
            database_url=os.environ.get("DATABASE_URL", ""),
            redis_url=os.environ.get("REDIS_URL", ""),
            demo=demo,
            simulator=not options.no_simulator,
            report=console.report,
            stopping=stopping,
        )
        began = time.monotonic()
        console.report("run", "starting: databases, migrations, demo world, web, worker, pump, simulator")
        try:
            with instance:
                greet(console, instance, time.monotonic() - began)
                while not stopping.wait(LOOK_SECONDS) and not lonely():
                    instance.look_after()
                console.report("run", "stopping")
        except StoppedError:
            console.report("run", "stopped before the start was complete")
        else:
            console.report("run", "stopped; the data stay in " + str(options.data))


def greet(console: Console, instance: Instance, seconds: float) -> None:
    for line in instance.greeting.splitlines():
        console.report("run", line)
    if instance.opens_desk:
        console.report("run", "the operators' desk opens without a second factor; ADMIN_SECOND_FACTOR=1 asks for it")
    console.report("run", f"ready after {seconds:.1f} s at {instance.url} (Ctrl-C stops everything)")


def main() -> int:
    options = arguments()
    options.data = options.data.resolve()
    console = Console()
    try:
        if options.clean:
            clean(options.data)
        elif options.manage is not None:
            manage(options.data, options.manage)
        else:
            run(options, console)
    except TroubleError as trouble:
        console.report("run", str(trouble))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
