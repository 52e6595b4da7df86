"""A backup taken while orders come in is a whole one: it can be audited, replayed, and worked on."""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.alerts import story
from tests.faults.lengths import length
from tests.faults.promises import audited, await_settled, commands_of, kept
from tests.faults.senders import Load, send
from tests.instance import Product, Trader, database_url, server_url
from webhooks_terminal.run.instance import Instance
from webhooks_terminal.run.postgres import PROGRAMS, create_database, drop_database, wheel


@contextmanager
def restored(product: Product, dump: Path, folder: Path) -> Iterator[Product]:
    """The dump in a database of its own, with the product's commands but none of its processes."""
    name = f"copy_{secrets.token_hex(6)}"
    create_database(server_url(), name)
    copy = Instance(folder, database_url=database_url(name), redis_url=product.instance.redis_url)
    try:
        copy.prepare()
        program("pg_restore", "--no-owner", "--exit-on-error", "-d", copy.database_url, str(dump))
        yield Product(copy, dict(product.keys))
    finally:
        copy.stop()
        drop_database(server_url(), name)


def program(name: str, *words: str) -> None:
    done = subprocess.run([wheel() / PROGRAMS / name, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_backup_taken_under_load_is_whole(whole: Product, traders: list[Trader], tmp_path: Path) -> None:
    dump = tmp_path / "terminal.dump"
    early = [send(whole, story(trader, 1, "before the backup")[0]) for trader in traders]
    with Load(whole, [story(trader, 1_000, "backup") for trader in traders]) as load:
        for _ in range(length(1, 5)):
            time.sleep(0.5)
            program("pg_dump", "-Fc", "-f", str(dump), whole.instance.database_url)
        load.stop()
    kept(whole, [*early, *load.sent])
    accounts = [trader.account for trader in traders]
    with restored(whole, dump, tmp_path / "copy") as copy:
        audited(copy, accounts)
        saved = {command.fingerprint for command in commands_of(copy, accounts)}
        assert {sent.alert.fingerprint for sent in early} <= saved
        # What lay in a tray at that moment is executed where the copy is put to work.
        copy.instance.start_process("pump")
        await_settled(copy)
        audited(copy, accounts)
