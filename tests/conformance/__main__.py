"""`make conformance`: starts a throw-away product, seeds the world, plays the cases, stops everything.

    python -m tests.conformance [--cases DIR] [--only PATTERN] [--world FILE] [-v]

DATABASE_URL in the environment replaces the embedded server; the product gets an empty database of its own on it.
The exit status is the runner's: 0 all passed, 1 a case failed, 2 nothing could be played.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from webhooks_terminal.run.instance import PROJECT, Instance
from webhooks_terminal.run.postgres import create_database, drop_database
from webhooks_terminal.run.secret_file import write_private
from webhooks_terminal.run.trouble import TroubleError

HERE = Path(__file__).resolve().parent
CANNOT_PLAY = 2


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make conformance", description="Plays cases against a throw-away product.")
    parser.add_argument("--cases", type=Path, default=HERE / "cases", help="folder of case files")
    parser.add_argument("--world", type=Path, default=HERE / "world.json", help="what the product is seeded with")
    parser.add_argument("--only", default="", metavar="PATTERN", help="part of `file / name`, with * and ?")
    parser.add_argument("-v", "--verbose", action="store_true", help="show passed cases and every exchange")
    return parser.parse_args()


@contextmanager
def empty_database() -> Iterator[str]:
    """The URL of a new database on the server of DATABASE_URL; empty (the product brings a server) without one."""
    given = os.environ.get("DATABASE_URL", "")
    if not given:
        yield ""
        return
    name = f"conformance_{secrets.token_hex(6)}"
    create_database(given, name)
    try:
        yield urlsplit(given)._replace(path=f"/{name}").geturl()
    finally:
        drop_database(given, name)


@contextmanager
def throw_away_product(log: list[str]) -> Iterator[Instance]:
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder, empty_database() as database_url:
        Path(folder).chmod(0o711)
        instance = Instance(
            Path(folder) / "data",
            database_url=database_url,
            polite_seconds=0.2,
            report=lambda name, line: log.append(f"{name}: {line}"),
        )
        try:
            with instance:
                yield instance
        finally:
            if instance.postgres:
                instance.postgres.forget()


def play(instance: Instance, options: argparse.Namespace) -> int:
    keys = instance.folder / "keys.json"
    write_private(keys, instance.manage("seed", str(options.world.resolve())))
    command = [sys.executable, str(HERE / "run.py"), "--base", instance.url, "--keys", str(keys)]
    command += ["--manage", shlex.join([sys.executable, "manage.py"]), "--world", str(options.world.resolve())]
    command += ["--cases", str(options.cases.resolve())]
    command += [f"--only={options.only}"] if options.only else []
    command += ["--verbose"] if options.verbose else []
    return subprocess.run(command, cwd=PROJECT, env=instance.environment("manage"), check=False).returncode


def main() -> int:
    options = arguments()
    if not options.cases.is_dir():
        print(f"no folder of cases: {options.cases}", file=sys.stderr)
        return CANNOT_PLAY
    log: list[str] = []
    try:
        with throw_away_product(log) as instance:
            status = play(instance, options)
    except TroubleError as trouble:
        print(trouble, file=sys.stderr)
        status = CANNOT_PLAY
    if status != 0 and log:
        print("\n".join(["the last lines that the product logged:", *log[-30:]]), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
