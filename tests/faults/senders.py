"""Senders that behave like TradingView: three seconds of patience, and what was not taken is sent again.

A connection that breaks or is refused counts like the 502 that a proxy in front would answer.
"""

from __future__ import annotations

import http.client
import itertools
import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.faults.alerts import Alert
from tests.instance import Answer, Product

PATIENCE_SECONDS = 3.0
RESENDS = 3
PAUSE_SECONDS = 1.0  # TradingView waits 5 s; what matters is that it sends the same bytes again
NO_ANSWER, TIMED_OUT = 0, -1


@dataclass
class Sent:
    """An alert and the answers to each time it was sent; status 0 is a broken connection, -1 a time-out."""

    alert: Alert
    answers: list[Answer] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    @property
    def last(self) -> Answer:
        return self.answers[-1]

    @property
    def is_accepted(self) -> bool:
        return self.last.status == 200

    @property
    def is_answered(self) -> bool:
        return 200 <= self.last.status < 500


def send_once(product: Product, alert: Alert, query: str = "") -> tuple[Answer, float]:
    address = urlsplit(product.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE_SECONDS)
    begun = time.monotonic()
    try:
        connection.request("POST", alert.trader.key.path + query, alert.raw, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        text = reply.read().decode()
        answer = Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, text)
    except TimeoutError:
        answer = Answer(TIMED_OUT, {}, "")
    except (OSError, http.client.HTTPException):
        answer = Answer(NO_ANSWER, {}, "")
    finally:
        connection.close()
    return answer, time.monotonic() - begun


def is_sent_again(answer: Answer) -> bool:
    return answer.status == NO_ANSWER or (500 <= answer.status <= 599 and answer.status != 504)


def send(product: Product, alert: Alert, query: str = "", pause: float = PAUSE_SECONDS) -> Sent:
    sent = Sent(alert)
    for attempt in range(1 + RESENDS):
        if attempt:
            time.sleep(pause)
        answer, took = send_once(product, alert, query)
        sent.answers.append(answer)
        sent.took.append(took)
        if not is_sent_again(answer):
            break
    return sent


def together(works: Iterable[Callable[[], Sent]]) -> list[Sent]:
    """All at the same moment, each in a thread of its own."""
    results: dict[int, Sent] = {}
    works = list(works)
    start = threading.Barrier(len(works))

    def run(number: int, work: Callable[[], Sent]) -> None:
        start.wait()
        results[number] = work()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[number] for number in range(len(works))]


class Load:
    """A sender for each story, one message after the other, all of them together at `rate` a second.

    As a context manager: the load runs beside the block, and is over when the block has ended and all is told, or
    `stop` was called.
    """

    def __init__(self, product: Product, stories: Sequence[Sequence[Alert]], rate: float = 50, query: str = "") -> None:
        self.product, self.query = product, query
        self.sent: list[Sent] = []
        self.stopped = threading.Event()
        gap = len(stories) / rate
        self.threads = [
            threading.Thread(target=self.tell, args=(story, number / rate, gap), daemon=True)
            for number, story in enumerate(stories)
        ]

    def tell(self, story: Sequence[Alert], offset: float, gap: float) -> None:
        begun = time.monotonic() + offset
        for number, alert in enumerate(story):
            if self.stopped.wait(max(0.0, begun + number * gap - time.monotonic())):
                return
            self.sent.append(send(self.product, alert, self.query))

    def stop(self) -> None:
        """What is not sent yet is not sent any more."""
        self.stopped.set()

    @property
    def is_running(self) -> bool:
        return any(thread.is_alive() for thread in self.threads)

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self.threads:
            thread.join()

    # --- What came of it --------------------------------------------------------------------------------

    @property
    def answers(self) -> list[Answer]:
        return list(itertools.chain.from_iterable(sent.answers for sent in self.sent))

    @property
    def statuses(self) -> dict[int, int]:
        found = [answer.status for answer in self.answers]
        return {status: found.count(status) for status in sorted(set(found))}

    @property
    def slowest(self) -> float:
        return max(itertools.chain.from_iterable(sent.took for sent in self.sent))

    def share_accepted(self) -> float:
        return sum(sent.is_accepted for sent in self.sent) / len(self.sent)

    def within(self, share: float) -> float:
        """That share of all answers took no longer."""
        took = sorted(itertools.chain.from_iterable(sent.took for sent in self.sent))
        return took[math.ceil(share * len(took)) - 1]
