"""The tables of the Webhooks page: the keys, and every request that came with one."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.tables.declared import Column, Filter, Listed, Stored, Table, declare
from orders.reading import NOT_DONE, TURNED_DOWN, WAITING, is_one_of
from webhooks.delivery_rows import DeliveryRow, delivery_rows
from webhooks.key_rows import LABELS, KeyRow, key_rows
from webhooks.models import Delivery

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)
OUTCOMES: Final = {"": "All", "accepted": "Accepted", "refused": "Refused", "pending": "Pending"}
ORDER_NUMBER: Final = re.compile(r"#?(\d{1,18})")
# The answer left before the engine's decision, or never.
LEFT_PENDING: Final = Q(answer__d__state="pending") | Q(answer__isnull=True, seq__isnull=False)

# --- Keys ---------------------------------------------------------------------------------------------------


def of_key(name: str) -> Callable[[KeyRow], Any]:
    return lambda row: getattr(row.key, name)


KEYS: Final = declare(
    Table(
        "keys",
        "Keys",
        "webhooks:panel",
        (
            Column("Webhook name", of_key("name"), lambda row: row.key.name.casefold(), look="mono"),
            Column("API key", of_key("api_key")),
            Column("Creation date", of_key("created_at"), of_key("created_at"), card="none"),
            Column("Expiration date", of_key("expires_at"), lambda row: row.key.expires_at or LATEST),
            Column("Last used", of_key("last_used_at"), lambda row: row.key.last_used_at or EARLIEST),
            Column("Requests 24 h", lambda row: row.traffic.total, lambda row: row.traffic.total),
            Column("Refused 24 h", lambda row: row.traffic.total_refused, num=True, usual=False),
            Column("Limits", lambda row: "; ".join(row.limits), card="wide"),
            Column("Status", lambda row: row.label, lambda row: list(LABELS).index(row.state), card="state"),
            Column("", look="num"),
        ),
        lambda request: Listed(key_rows(request.user, timezone.now())),
        usual_sort="-creation-date",
        events=("webhook-keys", "traffic"),
    )
)

# --- Requests -----------------------------------------------------------------------------------------------


def outcome_is(outcome: str) -> Q:
    if outcome == "accepted":
        return Q(http__lt=400) & ~(LEFT_PENDING & Q(is_one_of(NOT_DONE)))
    if outcome == "refused":
        return Q(http__gte=400) | LEFT_PENDING & Q(is_one_of(TURNED_DOWN))
    return LEFT_PENDING & Q(is_one_of(WAITING)) & Q(http__lt=400)


def named(words: str) -> Q:
    """Rows whose key, order, account, answer or sender the words name."""
    found = Q(key__name__icontains=words) | Q(summary__icontains=words) | Q(account_name__icontains=words)
    found |= Q(code__icontains=words) | Q(body__icontains=words)
    if number := ORDER_NUMBER.fullmatch(words):
        found |= Q(answer__d__orderId=int(number[1]))
    with suppress(ValueError):
        found |= Q(pk=UUID(words))
    return found


def of_delivery(name: str) -> Callable[[DeliveryRow], Any]:
    return lambda row: getattr(row.delivery, name)


def asked(row: DeliveryRow) -> str:
    wish = row.asked
    return " ".join(filter(None, (wish.side, wish.qty, wish.symbol, wish.type, wish.order)))


REQUESTS: Final = declare(
    Table(
        "requests",
        "Requests",
        "webhooks:requests",
        (
            Column("Time", of_delivery("received_at"), "received_at", look="mono"),
            Column("Request", lambda row: str(row.delivery.pk), usual=False, card="none"),
            Column("Key", lambda row: row.delivery.key and row.delivery.key.name, "key__name"),
            Column("Source", of_delivery("source"), card="none"),
            Column("Action", of_delivery("action"), "action", card="none"),
            Column("Account", of_delivery("account_name"), "account_name", usual=False, card="none"),
            Column("Order", asked, card="end"),
            Column("Outcome", lambda row: row.label, card="state"),
            Column("Answer", lambda row: row.answer, look="stretch", card="wide"),
            Column("HTTP", of_delivery("http"), "http", num=True, card="none"),
            Column("Code", of_delivery("code"), "code", usual=False, card="none"),
            Column("Took", of_delivery("took_ms"), Coalesce("took_ms", Value(0.0)), num=True, card="none"),
        ),
        lambda request: Stored(Delivery.objects.filter(user=request.user).select_related("key"), delivery_rows),
        usual_sort="-time",
        filters=(
            Filter("outcome", "Outcome", outcome_is, OUTCOMES),
            Filter("search", "Search requests", named, placeholder="Key, symbol, order"),
        ),
        size=25,
        events=("requests",),
    )
)
