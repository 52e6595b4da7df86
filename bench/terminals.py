"""P-7: what open terminals cost: 200 traders look at their positions while prices move and orders fill.

python -m bench.terminals [--terminals 200] [--seconds 20] [--quotes 2] [--fills 5]

Each terminal does what a page does: it holds a stream, asks again for the parts that news concern, at most so often,
with the mark of what it shows, and asks for the latency now and then. What they cost is the difference to the same
market and the same orders without any terminal, in cores, the database's share included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.load import Sender, request
from bench.place import Place, place

GOAL_CORES = 0.5
APART_SECONDS = 0.6  # as static/js/live.js
PING_SECONDS = 15.0
PARTS = (("/positions/", "positions"), ("/surroundings/", "figures"))
CLOCK = os.sysconf("SC_CLK_TCK")
# Each account gets an owner of its own, with a session; no password, whose hash would cost more than all the rest.
SESSIONS_CODE = """
import json
from importlib import import_module
from django.conf import settings
from accounts.models import Product, Subscription, TradingAccount, User
from webhooks.models import WebhookKey
store = import_module(settings.SESSION_ENGINE).SessionStore
product = Product.objects.get(code=Product.TRADING_WEBHOOKS)
keys = {}
for account in TradingAccount.objects.filter(name__startswith="B-"):
    user = User.objects.create(username=account.name, password="!")
    Subscription.objects.create(user=user, product=product)
    TradingAccount.objects.filter(pk=account.pk).update(user=user)
    WebhookKey.objects.filter(name=f"bench-{account.name[2:]}").update(user=user)
    session = store()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    keys[account.name] = [session.session_key, account.pk]
print("SESSIONS", json.dumps(keys))
"""


@dataclass
class Seen:
    """What all terminals together were told and sent."""

    events: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    stream_bytes: int = 0
    page_bytes: int = 0
    lost: int = 0


@dataclass
class Terminal:
    base: str
    session: str
    account: int
    seen: Seen
    news: asyncio.Event = field(default_factory=asyncio.Event)
    marks: dict[str, str] = field(default_factory=dict)

    async def live(self) -> None:
        tasks = [asyncio.create_task(work()) for work in (self.listen, self.refresh, self.ping)]
        try:
            await asyncio.gather(*tasks)
        except (OSError, asyncio.IncompleteReadError):
            self.seen.lost += 1
        finally:
            for task in tasks:
                task.cancel()

    async def listen(self) -> None:
        address = urlsplit(self.base)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(f"GET /live?since={time.time():.3f} HTTP/1.1\r\n{self.head()}\r\n".encode())
        name = ""
        while line := await reader.readline():
            self.seen.stream_bytes += len(line)
            if line.startswith(b"event: "):
                name = line[7:].strip().decode()
                self.seen.events[name] += 1
            elif name == "books" and line.startswith(b"data: ") and self.account in json.loads(line[6:]):
                self.news.set()
        self.seen.lost += 1

    async def refresh(self) -> None:
        while True:
            await self.news.wait()
            self.news.clear()
            await asyncio.gather(*(self.part(path, target) for path, target in PARTS))
            await asyncio.sleep(APART_SECONDS)

    async def part(self, path: str, target: str) -> None:
        head = f"HX-Request: true\r\nHX-Target: {target}\r\n"
        if target in self.marks:
            head += f"X-Shown: {self.marks[target]}\r\n"
        status, mark, size = await self.get(path, head)
        self.seen.answers[status] += 1
        self.seen.page_bytes += size
        if mark:
            self.marks[target] = mark

    async def ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self.get("/live/ping", "")

    async def get(self, path: str, more: str) -> tuple[int, str, int]:
        """Status, mark and size of an answer."""
        address = urlsplit(self.base)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(f"GET {path} HTTP/1.1\r\n{self.head()}{more}Connection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
        mark = next((line[9:] for line in head.split("\r\n") if line.lower().startswith("x-shown: ")), "")
        return int(head[9:12]), mark, len(answer)

    def head(self) -> str:
        return f"Host: {urlsplit(self.base).netloc}\r\nCookie: sessionid={self.session}\r\n"


# --- The day that they look at ---------------------------------------------------------------------------------


async def move_prices(base: str, token: str, rate: float) -> None:
    address = urlsplit(base)
    number = 0
    while True:
        bid = 64_000 + number % 100
        body = json.dumps({"symbol": "BTCUSDT", "bid": f"{bid}.00", "ask": f"{bid}.50"})
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        head = f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        first = f"POST /api/v1/quotes HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
        writer.write(f"{first}{head}\r\n{body}".encode())
        if b'"accepted":1' not in (answer := await reader.read()).replace(b" ", b""):
            raise RuntimeError(f"the quote was not taken: {answer[:200]!r}")
        writer.close()
        number += 1
        await asyncio.sleep(1 / rate)


async def fill_orders(here: Place, rate: float) -> None:
    sender, number = None, 0
    while True:
        sender = sender or await connected_to(here.base)
        await sender.ask(request(*here.order(number)))
        number += 1
        await asyncio.sleep(1 / rate)


async def connected_to(base: str) -> Sender:
    address = urlsplit(base)
    _, sender = await asyncio.get_running_loop().create_connection(Sender, address.hostname, address.port)
    return sender


# --- Measuring ---------------------------------------------------------------------------------------------------


def cpu_seconds(database: str) -> float:
    """Of the product's processes and of the database's on its behalf; not of this one, which plays the browsers."""
    parents, times = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (found := read(folder)):
            parents[int(folder.name)], times[int(folder.name)] = found
    own = {pid for pid in times if os.getpid() in ancestors(pid, parents)}
    served = {pid for pid in times if pid not in own and f" {database} " in title(pid)}
    return sum(times[pid] for pid in own | served)


def read(folder: Path) -> tuple[int, float] | None:
    """A process's parent and the seconds it has used."""
    try:
        values = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(values[1]), (int(values[11]) + int(values[12])) / CLOCK


def title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("latin-1").replace("\0", " ")
    except OSError:
        return ""


def ancestors(pid: int, parents: dict[int, int]) -> set[int]:
    found: set[int] = set()
    while (pid := parents.get(pid, 0)) and pid not in found:
        found.add(pid)
    return found


async def measured(here: Place, terminals: list[Terminal], options: argparse.Namespace, token: str) -> float:
    """Cores in use while the day goes on, with these terminals open."""
    tasks = [asyncio.create_task(one.live()) for one in terminals]
    if options.quotes:
        tasks.append(asyncio.create_task(move_prices(here.base, token, options.quotes)))
    if options.fills:
        tasks.append(asyncio.create_task(fill_orders(here, options.fills)))
    await asyncio.sleep(3)  # all are connected, caches are warm
    database = urlsplit(here.instance.database_url).path.removeprefix("/")
    before, began = cpu_seconds(database), time.perf_counter()
    await asyncio.sleep(options.seconds)
    cores = (cpu_seconds(database) - before) / (time.perf_counter() - began)
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    for one in ended:
        if isinstance(one, Exception):
            raise one
    return cores


def sessions_of(here: Place) -> dict[str, tuple[str, int]]:
    printed = here.instance.manage("shell", "--no-imports", "-c", SESSIONS_CODE)
    return json.loads(printed.partition("SESSIONS")[2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--terminals", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--quotes", type=float, default=2, help="a second")
    parser.add_argument("--fills", type=float, default=5, help="a second, over all accounts")
    options = parser.parse_args()
    with place(options.terminals) as here:
        seen, token = Seen(), here.instance.own_settings()["QUOTE_FEED_TOKEN"]
        terminals = [Terminal(here.base, *found, seen) for found in sessions_of(here).values()]
        asyncio.run(hold(here))
        without = asyncio.run(measured(here, [], options, token))
        cores = asyncio.run(measured(here, terminals, options, token))
        print(
            f"{len(terminals)} terminals, {options.quotes:g} quotes/s, {options.fills:g} fills/s:"
            f" {cores - without:.2f} cores (goal {GOAL_CORES}); {cores:.2f} with them, {without:.2f} without"
        )
        print(f"told {dict(seen.events)}, {seen.stream_bytes / 1e3:.0f} kB; asked again {dict(seen.answers)},")
        print(f"  {seen.page_bytes / 1e3:.0f} kB; {seen.lost} streams lost")


async def hold(here: Place) -> None:
    """One order each, so that there is a position to look at."""
    sender = await connected_to(here.base)
    for number in range(len(here.accounts)):
        await sender.ask(request(*here.order(number)))


if __name__ == "__main__":
    main()
