"""A user's keys as the Keys table shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from accounts.models import User
from webhooks.keys import TRADINGVIEW_NETWORKS
from webhooks.models import WebhookKey
from webhooks.traffic import Traffic, traffic_of

EXPIRING_WITHIN: Final = timedelta(days=7)
ACTIONS: Final = ("place", "modify", "cancel")
LABELS: Final = {
    "active": "Active",
    "expiring": "Expiring",
    "rotating": "Rotating",
    "paused": "Paused",
    "expired": "Expired",
}
CAN_SEND: Final = ("active", "expiring", "rotating")
# From this many on, accounts and networks are counted instead of listed.
CHIPS_OF_A_KIND: Final = 3


@dataclass(frozen=True, slots=True)
class KeyRow:
    key: WebhookKey
    state: str
    traffic: Traffic
    limits: list[str]
    expires_in: str

    @property
    def label(self) -> str:
        return LABELS[self.state]

    @property
    def short_api_key(self) -> str:
        return short_api_key(self.key)


def short_api_key(key: WebhookKey) -> str:
    return f"{key.api_key[:7]}…{key.api_key[-4:]}"


def key_rows(user: User, now: datetime) -> list[KeyRow]:
    """The user's keys, newest first."""
    keys = WebhookKey.objects.undeleted().filter(user=user).prefetch_related("accounts")
    traffic = traffic_of([key.pk for key in keys], now)
    return [key_row(key, traffic.get(key.pk, Traffic()), now) for key in keys]


def key_row(key: WebhookKey, traffic: Traffic, now: datetime) -> KeyRow:
    return KeyRow(key, state_of(key, now), traffic, limits_of(key), expires_in(key, now))


def state_of(key: WebhookKey, now: datetime) -> str:
    """The one word that matters most about a key: what ends it comes before what will."""
    if key.expires_at and key.expires_at <= now:
        return "expired"
    if key.paused_at:
        return "paused"
    if key.previous_until and key.previous_until > now:
        return "rotating"
    if key.expires_at and key.expires_at <= now + EXPIRING_WITHIN:
        return "expiring"
    return "active"


def expires_in(key: WebhookKey, now: datetime) -> str:
    """ "in 5 days" or "21 days ago" when the expiry is near or past, else nothing."""
    if key.expires_at is None or key.expires_at > now + EXPIRING_WITHIN:
        return ""
    left = abs(key.expires_at - now)
    for size, word in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        count = int(left / size)
        if count:
            words = f"{count} {word}{'' if count == 1 else 's'}"
            return f"in {words}" if key.expires_at > now else f"{words} ago"
    return "now"


def limits_of(key: WebhookKey) -> list[str]:
    """What narrows the key, in a few words each."""
    limits = listed([account.name for account in key.accounts.all()], "accounts")
    if key.actions:
        limits.append(f"{key.actions[0]} only" if len(key.actions) == 1 else ", ".join(key.actions))
    if set(key.networks) == set(TRADINGVIEW_NETWORKS):
        limits.append("TradingView only")
    else:
        limits += listed(key.networks, "networks")
    if key.requests_per_minute:
        limits.append(f"{key.requests_per_minute}/min")
    if key.identical_window_seconds:
        limits.append(f"no repeat in {key.identical_window_seconds} s")
    return limits


def terms_of(key: WebhookKey) -> str:
    """All that the key may do and until when, for the audit trail: nothing is counted instead of named."""
    terms = [f"expires {key.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if key.expires_at else "never expires"]
    if accounts := sorted(account.name for account in key.accounts.all()):
        terms.append(f"accounts {', '.join(accounts)}")
    if key.actions:
        terms.append(f"actions {', '.join(key.actions)}")
    if key.networks:
        terms.append(f"networks {', '.join(key.networks)}")
    if key.requests_per_minute:
        terms.append(f"{key.requests_per_minute}/min")
    if key.identical_window_seconds:
        terms.append(f"no repeat in {key.identical_window_seconds} s")
    return "; ".join(terms)


def listed(words: list[str], plural: str) -> list[str]:
    return list(words) if len(words) <= CHIPS_OF_A_KIND else [f"{len(words)} {plural}"]


def summary(rows: list[KeyRow]) -> str:
    """ "4 can send · 1 expires within 7 days"."""
    can_send = sum(row.state in CAN_SEND for row in rows)
    expiring = sum(bool(row.expires_in) and row.state != "expired" for row in rows)
    words = [f"{can_send} can send"]
    if expiring:
        words.append(f"{expiring} expire{'s' if expiring == 1 else ''} within 7 days")
    return " · ".join(words)
