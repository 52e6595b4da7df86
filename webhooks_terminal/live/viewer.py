"""One open terminal: what it may see, and what it has not been told yet."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Viewer:
    """`since` is when its page was made: what changed after that is news to it. Times are seconds since 1970.

    News wait here by name, not in a queue: a terminal that reads slowly gets the newest state, never a backlog.
    """

    user_id: int
    session_key: str
    password_digest: bytes
    since: float
    all_quotes: bool = False
    accounts: set[int] = field(default_factory=set)
    instruments: set[int] = field(default_factory=set)
    new: bool = True
    over: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)
    books: set[int] = field(default_factory=set)
    requests: bool = False
    quotes: dict[int, tuple[str, str]] = field(default_factory=dict)
    beat: str = ""

    def tell_book(self, account_id: int) -> None:
        self.books.add(account_id)
        self.news.set()

    def tell_requests(self) -> None:
        self.requests = True
        self.news.set()

    def tell_quote(self, instrument_id: int, bid: str, ask: str) -> None:
        self.quotes[instrument_id] = (bid, ask)
        self.news.set()

    def tell_beat(self, beat: str) -> None:
        self.beat = beat
        self.news.set()

    def end(self) -> None:
        """Its session is over: the stream closes."""
        self.over = True
        self.news.set()

    def take_news(self) -> bytes:
        """Everything untold, as events; the beat last, because its time says up to when all is told."""
        events = []
        if self.books:
            events.append(event("books", sorted(self.books)))
        if self.requests:
            events.append(event("requests", 1))
        if self.quotes:
            events.append(event("quotes", [[number, *prices] for number, prices in self.quotes.items()]))
        if self.beat:
            events.append(f"event: beat\ndata: {self.beat}\n\n")
        self.books, self.requests, self.quotes, self.beat = set(), False, {}, ""
        self.news.clear()
        return "".join(events).encode()


def event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
