"""Throw-away products: the real processes on free ports, with a database of their own, killable one by one."""

from __future__ import annotations

import base64
import fcntl
import http.client
import itertools
import json
import os
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from webhooks_terminal.run.instance import Instance
from webhooks_terminal.run.postgres import create_database, drop_database

HERE = Path(__file__).resolve().parent
WORLD = HERE / "conformance" / "world.json"
# Another customer, with nothing to do with Alice and Bob.
STRANGER: dict[str, list[dict[str, Any]]] = {
    "users": [
        {"username": "mallory", "password": "mallory-demo-pass-1", "email": "mallory@example.test", "groups": []}
    ],
    "subscriptions": [{"user": "mallory", "product": "trading-webhooks"}],
    "accounts": [{"name": "MALLORY-1", "user": "mallory", "currency": "USD", "deposit": "100000"}],
    "keys": [{"user": "mallory", "name": "conformance"}],
}
EMPTY: dict[str, list[dict[str, Any]]] = {
    name: [] for name in ("users", "products", "subscriptions", "accounts", "instruments", "quotes", "keys")
}
REQUEST_SECONDS = 20
numbers = itertools.count(1)


def database_url(name: str) -> str:
    """A database of that name on the run's server."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def server_url() -> str:
    return database_url("postgres")


@dataclass(frozen=True)
class Key:
    user: str
    name: str
    api: str
    secret: str

    @property
    def path(self) -> str:
        return f"/webhook/{self.api}/{self.secret}"

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.api}:{self.secret}".encode()).decode()


def keys_of(printed: str) -> dict[str, Key]:
    """What seeding printed: keys by "user/name"; a user's first one by "user"."""
    keys: dict[str, Key] = {}
    for row in json.loads(printed or "[]"):
        key = Key(row["user"], row["name"], row["apiKey"], row["secretKey"])
        keys[f"{key.user}/{key.name}"] = key
        keys.setdefault(key.user, key)
    return keys


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Trader:
    """A user of a product, with a password to sign in, an account to trade in and a key to post with."""

    username: str
    password: str
    account: str
    key: Key


def ask(base: str, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    """One request on a connection of its own."""
    address = urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=REQUEST_SECONDS)
    try:
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        text = reply.read().decode("utf-8", "replace")
        return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, text)
    finally:
        connection.close()


@dataclass(frozen=True)
class World:
    """A database with world.json and a stranger in it. Products start from copies of it."""

    database: str
    keys: dict[str, Key]

    @classmethod
    def shared(cls, folder: Path) -> World:
        """The run's one world; whichever process needs it first makes it."""
        printed = folder / "world-keys.json"
        with (folder / "world-lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not printed.exists():
                printed.write_text(cls.make(folder))
        return cls(os.environ["WORLD_DATABASE"], keys_of(printed.read_text()))

    @staticmethod
    def make(folder: Path) -> str:
        database = os.environ["WORLD_DATABASE"]
        create_database(server_url(), database)
        instance = Instance(folder, database_url=database_url(database), redis_url=os.environ["REDIS_URL"])
        instance.prepare()
        instance.manage("migrate", "--no-input", "--verbosity", "0")
        return instance.manage("seed", str(whole_world(folder)))


def whole_world(folder: Path) -> Path:
    """A file with world.json and the stranger."""
    world = json.loads(WORLD.read_text())
    return written(folder / "world.json", {name: rows + STRANGER.get(name, []) for name, rows in world.items()})


def written(path: Path, world: dict[str, list[dict[str, Any]]]) -> Path:
    path.write_text(json.dumps(EMPTY | world))
    return path


@dataclass
class Product:
    """A running product and the ways into it that a customer, a sender and an operator have."""

    instance: Instance
    keys: dict[str, Key]
    lines: list[tuple[str, str]] = field(default_factory=list)  # (process, what it logged)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return self.instance.url

    def webhook_url(self, key: str | Key = "alice") -> str:
        return self.url + self.key(key).path

    def key(self, key: str | Key) -> Key:
        return key if isinstance(key, Key) else self.keys[key]

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        return ask(self.url, method, path, body, headers)

    def post(self, body: dict[str, Any] | str | bytes, key: str | Key = "alice", query: str = "") -> Answer:
        """Posts to a key's webhook: an object as JSON, text and bytes as they are."""
        raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        path = self.key(key).path + (f"?{query}" if query else "")
        return self.ask("POST", path, raw, {"Content-Type": "application/json"})

    def read(self, path: str, key: str | Key = "alice") -> Any:
        """What the read API answers: the whole body, which must be a good one."""
        answer = self.ask("GET", path, headers={"Authorization": self.key(key).basic})
        assert answer.status == 200, f"GET {path}: HTTP {answer.status} {answer.text}"
        return answer.json

    def quote(self, *quotes: dict[str, Any]) -> Answer:
        token = f"Bearer {self.instance.own_settings()['QUOTE_FEED_TOKEN']}"
        headers = {"Authorization": token, "Content-Type": "application/json"}
        return self.ask("POST", "/api/v1/quotes", json.dumps(quotes).encode(), headers)

    def reset_prices(self) -> None:
        """The prices of world.json, whatever the test before did to them."""
        answer = self.quote(*json.loads(WORLD.read_text())["quotes"])
        assert answer.status == 200, answer.text

    def manage(self, *words: str) -> str:
        """An operator's command that must succeed; what it printed."""
        return self.instance.manage(*words)

    def try_manage(self, *words: str) -> CompletedProcess[str]:
        """An operator's command, whatever its end."""
        return self.instance.try_manage(*words)

    def seed(self, world: dict[str, list[dict[str, Any]]]) -> dict[str, Key]:
        """Adds to the world; the new keys, which `keys` has from now on, too."""
        path = written(self.instance.folder / f"seed-{next(numbers)}.json", world)
        new = keys_of(self.manage("seed", str(path)))
        self.keys |= new
        return new

    def newcomer(self, *, deposit: str = "100000", currency: str = "USD", subscribed: bool = True) -> Trader:
        """A trader nobody else knows: an empty account, a subscription and a key named `first`."""
        name = f"trader-{secrets.token_hex(4)}"
        account, password = f"{name}-1".upper(), f"{name}-demo-pass"
        user = {"username": name, "password": password, "email": f"{name}@example.test", "groups": []}
        world: dict[str, list[dict[str, Any]]] = {
            "users": [user],
            "accounts": [{"name": account, "user": name, "currency": currency, "deposit": deposit}],
            "keys": [{"user": name, "name": "first"}],
        }
        if subscribed:
            world["subscriptions"] = [{"user": name, "product": "trading-webhooks"}]
        return Trader(name, password, account, self.seed(world)[name])

    def kill(self, name: str) -> None:
        """SIGKILL to web, worker, pump, postgres or redis, with all its children."""
        self.instance.kill(name)

    def restart(self, name: str) -> None:
        self.instance.restart(name)

    def freeze(self, name: str) -> None:
        """SIGSTOP to a process and all its children."""
        self.instance.freeze(name)

    def thaw(self, name: str) -> None:
        self.instance.thaw(name)

    def hear(self, name: str, line: str) -> None:
        with self.lock:
            self.lines.append((name, line))

    def log(self) -> str:
        """All that the processes logged so far."""
        with self.lock:
            return "\n".join(f"{name}: {line}" for name, line in self.lines)


class throw_away:  # noqa: N801  reads as a statement: with throw_away(world, folder) as product
    """Starts a product from a copy of a world; everything of it is gone afterwards.

    `own_postgres` gives it a server of its own that may be killed (and seeds it anew); other options are `Instance`'s.
    """

    def __init__(self, world: World, folder: Path, *, own_postgres: bool = False, **options: Any) -> None:
        self.world = world
        self.database = "" if own_postgres else f"product_{secrets.token_hex(6)}"
        if self.database:
            options |= {"database_url": database_url(self.database), "migrate": False}
        self.instance = Instance(folder, polite_seconds=0.2, **options)
        self.product = Product(self.instance, dict(world.keys))
        self.instance.report = self.product.hear

    def __enter__(self) -> Product:
        if self.database:
            create_database(server_url(), self.database, template=self.world.database)
        try:
            self.instance.start()
            if not self.database:
                world = whole_world(self.instance.folder)
                self.product.keys = keys_of(self.product.manage("seed", str(world)))
        except BaseException:
            self.close()
            raise
        return self.product

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error:
            print(self.product.log())
        self.close()

    def close(self) -> None:
        self.instance.stop()
        if self.database:
            drop_database(server_url(), self.database)
        elif self.instance.postgres:
            self.instance.postgres.forget()
