"""`make bench`: every measurement after the other, or those asked for: python -m bench P-1 P-3

Starts a PostgreSQL and a Redis for them unless DATABASE_URL and REDIS_URL name some. Each prints its figures beside the
limit that was measured in the same minutes; an absolute figure is worth nothing on a shared machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webhooks_terminal.run.instance import DATABASE, PROJECT
from webhooks_terminal.run.postgres import PostgresServer, create_database
from webhooks_terminal.run.redis_server import RedisServer
from webhooks_terminal.run.secret_file import make_secrets

MEASUREMENTS = {
    "P-1": "bench.intake",
    "P-2": "bench.burst",
    "P-3": "bench.latency",
    "P-4": "bench.execution",
    "P-5": "bench.quotes",
    "P-6": "bench.growth",
    "P-7": "bench.terminals",
    "A-02": "bench.guessing",
}


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """The environment that a measurement runs in."""
    secrets = make_secrets()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres = PostgresServer(folder, secrets.pop("DATABASE_PASSWORD"))
        redis = RedisServer(folder, secrets.pop("REDIS_PASSWORD"))
        try:
            postgres.start()
            redis.start()
            create_database(postgres.url(), DATABASE)
            own = {"DATABASE_URL": postgres.url(DATABASE), "REDIS_URL": redis.url}
            yield secrets | own | dict(os.environ)
        finally:
            redis.stop()
            postgres.stop()
            postgres.forget()


def main() -> int:
    wanted = sys.argv[1:] or list(MEASUREMENTS)
    if unknown := [name for name in wanted if name not in MEASUREMENTS]:
        print(f"no such measurement: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    failed = 0
    with servers() as environment:
        for name in wanted:
            print(f"--- {name} ({MEASUREMENTS[name]})", flush=True)
            command = [sys.executable, "-m", MEASUREMENTS[name]]
            failed |= subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())
