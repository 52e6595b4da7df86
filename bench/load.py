"""A sender of webhooks that costs little itself: plain sockets, prepared bytes, one small reader of answers."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import uvloop

PATIENCE_SECONDS = 30
Body = Callable[[int], tuple[str, bytes]]  # by the number of a request: path and body


def request(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass
class Tally:
    """What came back: statuses, seconds per answer, and how long it all took."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lost: int = 0
    took: float = 0.0

    @property
    def rate(self) -> float:
        return self.statuses[200] / self.took if self.took else 0.0

    def quantile(self, share: float) -> float:
        ordered = sorted(self.seconds) or [float("nan")]
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class Sender(asyncio.Protocol):
    """One keep-alive connection: sends a request, and hands over its answer's status."""

    def __init__(self) -> None:
        self.buffer = b""
        self.answer: asyncio.Future[int] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none of asyncio's classes

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, mark, rest = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) >= length and self.answer is not None and not self.answer.done():
            self.buffer = rest[length:]
            self.answer.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(error or ConnectionError("closed"))

    async def ask(self, raw: bytes) -> int:
        assert self.transport is not None
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(raw)
        return await asyncio.wait_for(self.answer, PATIENCE_SECONDS)


async def connected(base: str) -> Sender:
    address = urlsplit(base)
    _, sender = await asyncio.get_running_loop().create_connection(Sender, address.hostname, address.port)
    return sender


async def keep_sending(base: str, body: Body, connections: int, seconds: float) -> Tally:
    """A closed loop: every connection sends its next request when it has its answer."""
    tally, numbers = Tally(), iter(range(10**9))
    until = time.perf_counter() + seconds

    async def one(sender: Sender) -> None:
        while (started := time.perf_counter()) < until:
            try:
                tally.statuses[await sender.ask(request(*body(next(numbers))))] += 1
            except (OSError, TimeoutError):
                tally.lost += 1
                return
            tally.seconds.append(time.perf_counter() - started)

    senders = [await connected(base) for _ in range(connections)]
    began = time.perf_counter()
    await asyncio.gather(*map(one, senders))
    tally.took = time.perf_counter() - began
    close(senders)
    return tally


async def send_at_once(base: str, body: Body, connections: int) -> Tally:
    """As many connections at the same moment, one request each; the time runs from before connecting."""
    tally = Tally()

    async def one(number: int) -> None:
        started = time.perf_counter()
        try:
            sender = await asyncio.wait_for(connected(base), PATIENCE_SECONDS)
            tally.statuses[await sender.ask(request(*body(number)))] += 1
        except (OSError, TimeoutError):
            tally.lost += 1
            return
        tally.seconds.append(time.perf_counter() - started)
        close([sender])

    began = time.perf_counter()
    await asyncio.gather(*map(one, range(connections)))
    tally.took = time.perf_counter() - began
    return tally


async def send_steadily(base: str, body: Body, rate: float, seconds: float) -> Tally:
    """An open loop: requests leave at their times, whatever the answers do."""
    tally = Tally()
    idle = [await connected(base) for _ in range(8)]

    async def one(number: int) -> None:
        sender = idle.pop() if idle else await connected(base)
        started = time.perf_counter()
        try:
            tally.statuses[await sender.ask(request(*body(number)))] += 1
        except (OSError, TimeoutError):
            tally.lost += 1
            return
        tally.seconds.append(time.perf_counter() - started)
        idle.append(sender)

    began = time.perf_counter()
    tasks = []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(began + number / rate - time.perf_counter(), 0))
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
    tally.took = time.perf_counter() - began
    close(idle)
    return tally


def close(senders: list[Sender]) -> None:
    for sender in senders:
        if sender.transport is not None:
            sender.transport.close()


def run(work: Callable[[], object]) -> Tally:
    """Runs one of the above."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(work())  # type: ignore[arg-type]
    assert isinstance(found, Tally)
    return found
