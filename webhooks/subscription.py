"""The line that says whether a user may send at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts.models import Product, Subscription, User

WORDS: Final = {
    "active": "Trading Webhooks active",
    "requested": "Trading Webhooks requested",
    "expired": "Trading Webhooks expired",
    "none": "Not subscribed",
}
# What `.state` in the stylesheet calls them.
LOOKS: Final = {"active": "active", "requested": "requested", "expired": "expired", "none": "paused"}


@dataclass(frozen=True, slots=True)
class SubscriptionLine:
    state: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def words(self) -> str:
        return WORDS[self.state]

    @property
    def look(self) -> str:
        return LOOKS[self.state]

    @property
    def is_active(self) -> bool:
        return self.state == "active"


def subscription_line(user: User, now: datetime) -> SubscriptionLine:
    """Where the user stands with *Trading Webhooks*; the best of all their subscriptions counts."""
    theirs = Subscription.objects.filter(user=user, product__code=Product.TRADING_WEBHOOKS).order_by("-starts_at")
    lines = [line_of(subscription, now) for subscription in theirs]
    return min(lines, key=lambda line: list(WORDS).index(line.state), default=SubscriptionLine("none"))


def line_of(subscription: Subscription, now: datetime) -> SubscriptionLine:
    status, ends_at = subscription.status, subscription.ends_at
    if status == Subscription.Status.REQUESTED:
        state = "requested"
    elif status == Subscription.Status.ACTIVE and (ends_at is None or ends_at > now):
        state = "active" if subscription.starts_at <= now else "requested"
    elif ends_at is not None and ends_at <= now and status != Subscription.Status.REJECTED:
        state = "expired"
    else:
        state = "none"
    return SubscriptionLine(state, subscription.starts_at, ends_at)
