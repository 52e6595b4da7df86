"""Send test: a message is tried as a sender's would be, with the same rules and the same answer. Nothing is placed.

There is no way from here to a tray: what is read becomes a rehearsal, whether or not the message says `dryRun`.
"""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import psycopg
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.models import User
from webhooks import answers
from webhooks.answers import Answer
from webhooks.authentication import NOT_OPENED
from webhooks.badges import BADGE_SQL, Badge, badges_of
from webhooks.dry_run import as_dry_run, rehearsed_here
from webhooks.errors import Fault
from webhooks.models import Delivery, WebhookKey
from webhooks.ordering import NotOrderedError, ordered_here
from webhooks.payloads import MessageRefusedError, read_message
from webhooks.secrecy import redacted
from webhooks.subscription import subscription_line

SECONDS: Final = 2.0
MOST_BYTES: Final = 16_384


@dataclass(slots=True)
class Trial:
    """A message that is being tried, and what the log will say of it."""

    user: User
    key: WebhookKey | None
    raw: bytes
    source: str | None
    received_at: datetime = field(default_factory=timezone.now)
    started: float = field(default_factory=time.monotonic)
    action: str = ""
    account_name: str = ""
    summary: str = ""

    def run(self) -> Delivery:
        """The answer that a sender with this key would get, in its row of the delivery log."""
        try:
            answer = self.answer()
        except (LateError, DatabaseError, psycopg.OperationalError):
            answer = answers.unavailable()
        return self.noted(as_dry_run(answer))

    def answer(self) -> Answer:
        if len(self.raw) > MOST_BYTES:
            return answers.refused([Fault("body_too_large", "the body has more than 16384 bytes")])
        badge = badge_for(self.user, self.key)
        if badge is None:
            return answers.refused([Fault("invalid_key", NOT_OPENED)])
        if fault := badge.fault_of_owner():
            return answers.refused([fault])
        return self.read(badge)

    def read(self, badge: Badge) -> Answer:
        try:
            message = read_message(self.raw, self.received_at)
        except MessageRefusedError as error:
            self.action, self.account_name = error.action, error.account_name
            return answers.refused(error.faults, error.warnings)
        self.action, self.account_name, self.summary = message.action, message.account_name, message.summary
        try:
            order = ordered_here(badge, message, self.received_at)
        except NotOrderedError as error:
            return answers.refused(error.faults, error.warnings)
        return rehearsed_here(message, order, SECONDS)

    def noted(self, answer: Answer) -> Delivery:
        return Delivery.objects.create(
            key=self.key,
            user=self.user,
            received_at=self.received_at,
            source=self.source,
            method="POST",
            action=self.action,
            account_name=self.account_name[:64],
            summary=self.summary,
            body=redacted(self.raw[:MOST_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")),
            http=answer.status,
            code=answer.code,
            answer=answer.body,
            answered_at=timezone.now(),
            took_ms=(time.monotonic() - self.started) * 1000,
            dry_run=True,
        )


def badge_for(user: User, key: WebhookKey | None) -> Badge | None:
    """The key's; without a key one that is limited in nothing. None: the key opens nothing any more."""
    if key is None:
        return owners_badge(user)
    with connection.cursor() as cursor:
        rows = cursor.execute(BADGE_SQL, [[key.api_key]]).fetchall()
    return badges_of(rows).get(key.api_key)


def owners_badge(user: User) -> Badge:
    """What a key without limits would allow its owner."""
    return Badge(
        id=0,
        api_key="",
        name="",
        user_id=user.pk,
        username=user.username,
        secret_hash=b"",
        pepper=0,
        previous_hash=None,
        previous_pepper=None,
        paused=False,
        subscribed=subscription_line(user, timezone.now()).is_active,
        accounts=frozenset(),
        actions=frozenset(),
        networks=(),
        requests_per_minute=None,
        identical_window_seconds=0,
    )
