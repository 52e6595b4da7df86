"""A user's deliveries, newest first: filtered, searched, and paged by where the last page ended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from orders.reading import NOT_DONE, TURNED_DOWN, WAITING, is_one_of
from webhooks.delivery_rows import DeliveryRow, delivery_rows
from webhooks.models import Delivery, WebhookKey

OUTCOMES: Final = {"all": "All", "accepted": "Accepted", "refused": "Refused", "pending": "Pending"}
PAGE: Final = 25
# Counting stops here: nobody pages further, and the count stays quick. What is filtered costs more to count.
MOST_COUNTED: Final = 100_000
MOST_COUNTED_OF_FILTERED: Final = 1_000
# Filters look through that many of the newest: a search for what is not there must come to an end.
MOST_SEARCHED: Final = 100_000
ORDER_NUMBER: Final = re.compile(r"#?(\d{1,18})")
# The answer left before the engine's decision, or never.
LEFT_PENDING: Final = Q(answer__d__state="pending") | Q(answer__isnull=True, seq__isnull=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user wants to see: filters, and the cursor of a page."""

    outcome: str = "all"
    search: str = ""
    before: str = ""
    after: str = ""
    start: int = 1  # the number of the page's first row, as far as the links know

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Wanted:
        outcome, start = query.get("outcome", ""), query.get("start", "")
        return cls(
            outcome=outcome if outcome in OUTCOMES else "all",
            search=query.get("search", "").replace("\0", "").strip()[:64],
            before=query.get("before", ""),
            after=query.get("after", ""),
            start=int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 1,
        )

    @property
    def filters(self) -> dict[str, str]:
        chosen = {"outcome": self.outcome if self.outcome != "all" else "", "search": self.search}
        return {name: value for name, value in chosen.items() if value}

    def query(self, **more: object) -> str:
        return urlencode(self.filters | {name: str(value) for name, value in more.items()})


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[DeliveryRow]
    wanted: Wanted
    start: int
    total: int
    has_older: bool
    has_newer: bool

    @property
    def end(self) -> int:
        return self.start + len(self.rows) - 1

    @property
    def is_newest(self) -> bool:
        return not (self.wanted.before or self.wanted.after)

    @property
    def counted_to_the_end(self) -> bool:
        return self.total < most_counted(self.wanted)

    @property
    def older(self) -> str:
        return self.wanted.query(before=cursor_of(self.rows[-1].delivery), start=self.end + 1) if self.has_older else ""

    @property
    def newer(self) -> str:
        """The page before this one; the first page has no cursor, so that it lives."""
        if not self.has_newer:
            return ""
        start = self.start - PAGE
        if start <= 1:
            return self.wanted.query()
        return self.wanted.query(after=cursor_of(self.rows[0].delivery), start=start)


def requests_context(user: User, query: Mapping[str, str]) -> dict[str, Any]:
    wanted = Wanted.from_query(query)
    return {"page": page_of(user, wanted), "wanted": wanted, "outcomes": OUTCOMES, "most_searched": MOST_SEARCHED}


def page_of(user: User, wanted: Wanted) -> Page:
    found = deliveries_of(user, wanted)
    beside, forward = beside_cursor(found, wanted)
    deliveries = list(beside.select_related("key")[: PAGE + 1])
    more, deliveries = len(deliveries) > PAGE, deliveries[:PAGE]
    if not forward:
        deliveries.reverse()
    at_start = not (wanted.before or wanted.after)
    return Page(
        rows=delivery_rows(deliveries),
        wanted=wanted,
        start=1 if at_start else wanted.start,
        total=found.order_by()[: most_counted(wanted)].count(),
        has_older=more if forward else bool(deliveries),
        has_newer=bool(deliveries) and not at_start if forward else more,
    )


def most_counted(wanted: Wanted) -> int:
    return MOST_COUNTED_OF_FILTERED if wanted.filters else MOST_COUNTED


def beside_cursor(found: QuerySet[Delivery], wanted: Wanted) -> tuple[QuerySet[Delivery], bool]:
    """The rows from the cursor on, and whether they run from new to old."""
    if at := parsed_cursor(wanted.before):
        moment, id_ = at
        return found.filter(Q(received_at__lt=moment) | Q(received_at=moment, pk__lt=id_)), True
    if at := parsed_cursor(wanted.after):
        moment, id_ = at
        newer = found.filter(Q(received_at__gt=moment) | Q(received_at=moment, pk__gt=id_))
        return newer.order_by("received_at", "id"), False
    return found, True


def batch_after(user: User, wanted: Wanted, last: Delivery | None, size: int) -> list[Delivery]:
    """The next deliveries that the filters let through, from new to old."""
    found, _ = beside_cursor(
        deliveries_of(user, wanted), replace(wanted, before=cursor_of(last) if last else "", after="")
    )
    return list(found.select_related("key")[:size])


def cursor_of(delivery: Delivery) -> str:
    return f"{delivery.received_at.isoformat()}_{delivery.pk}"


def parsed_cursor(cursor: str) -> tuple[datetime, UUID] | None:
    """The place a cursor names; None when it names none, as if there were no cursor."""
    moment, _, id_ = cursor.partition("_")
    try:
        at, delivery = datetime.fromisoformat(moment), UUID(id_)
        return (at.astimezone(UTC), delivery) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def deliveries_of(user: User, wanted: Wanted) -> QuerySet[Delivery]:
    """The user's deliveries that the filters let through."""
    found = Delivery.objects.filter(user=user)
    if wanted.filters and (oldest := found.values_list("received_at", flat=True)[MOST_SEARCHED:][:1].first()):
        found = found.filter(received_at__gt=oldest)
    if wanted.outcome == "accepted":
        found = found.filter(http__lt=400).exclude(LEFT_PENDING & Q(is_one_of(NOT_DONE)))
    elif wanted.outcome == "refused":
        found = found.filter(Q(http__gte=400) | LEFT_PENDING & Q(is_one_of(TURNED_DOWN)))
    elif wanted.outcome == "pending":
        found = found.filter(LEFT_PENDING, is_one_of(WAITING), http__lt=400)
    return found.filter(searched(user, wanted.search)) if wanted.search else found


def searched(user: User, words: str) -> Q:
    """Rows whose key, order, account, answer or sender the words name."""
    keys = WebhookKey.objects.filter(user=user, name__icontains=words).values_list("pk", flat=True)
    named = Q(key__in=list(keys)) | Q(summary__icontains=words) | Q(account_name__icontains=words)
    named |= Q(code__icontains=words) | Q(body__icontains=words)
    if number := ORDER_NUMBER.fullmatch(words):
        named |= Q(answer__d__orderId=int(number[1]))
    with suppress(ValueError):
        named |= Q(pk=UUID(words))
    return named
