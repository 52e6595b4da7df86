"""A key as the gate needs it: whose it is, what opens it, what it may do."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from webhooks.errors import Fault
from webhooks.keys import is_secret_of
from webhooks.sources import is_within, networks_of

# The database's clock decides what has expired and which subscription runs. What opens nothing costs what a good key
# costs: the row of an ended key is read whole, and for an unknown one some other key's.
BADGE_SQL: Final = """
SELECT asked.api_key,
       k.api_key = asked.api_key AND k.deleted_at IS NULL AND u.is_active
           AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp()) AS lives,
       k.id, k.api_key, k.name, k.user_id, u.username, k.secret_hash, k.pepper,
       CASE WHEN k.previous_until > clock_timestamp() THEN k.previous_hash END AS previous_hash, k.previous_pepper,
       k.paused_at IS NOT NULL AS paused, k.actions, k.networks, k.requests_per_minute, k.identical_window_seconds,
       ARRAY(SELECT a.tradingaccount_id FROM webhooks_webhookkey_accounts a WHERE a.webhookkey_id = k.id) AS accounts,
       EXISTS (
           SELECT FROM accounts_subscription s JOIN accounts_product p ON p.id = s.product_id
           WHERE s.user_id = k.user_id AND p.code = 'trading-webhooks' AND s.status = 'active'
             AND s.starts_at <= clock_timestamp() AND (s.ends_at IS NULL OR s.ends_at > clock_timestamp())
       ) AS subscribed
FROM unnest(%s::text[]) AS asked (api_key)
JOIN webhooks_webhookkey k ON k.id = coalesce(
    (SELECT known.id FROM webhooks_webhookkey known WHERE known.api_key = asked.api_key),
    (SELECT max(other.id) FROM webhooks_webhookkey other)
)
JOIN accounts_user u ON u.id = k.user_id
"""
BADGE_COLUMNS: Final = (
    *("id", "api_key", "name", "user_id", "username", "secret_hash", "pepper", "previous_hash", "previous_pepper"),
    *("paused", "actions", "networks", "requests_per_minute", "identical_window_seconds", "accounts", "subscribed"),
)
ACCOUNT_SQL: Final = "SELECT name, id, user_id, status FROM accounts_tradingaccount WHERE name = ANY(%s)"

NO_SECRET: Final = "-"  # no request's secret: those are well formed


@dataclass(frozen=True, slots=True)
class Badge:
    id: int
    api_key: str
    name: str
    user_id: int
    username: str
    secret_hash: bytes
    pepper: int
    previous_hash: bytes | None
    previous_pepper: int | None
    paused: bool
    subscribed: bool
    accounts: frozenset[int]
    actions: frozenset[str]
    networks: tuple[str, ...]
    requests_per_minute: int | None
    identical_window_seconds: int
    opened: list[str] = field(default_factory=lambda: [NO_SECRET], repr=False, compare=False)  # by which secret last

    def was_opened_by(self, secret: str) -> bool:
        return hmac.compare_digest(self.opened[0].encode(), secret.encode())

    def allows_account(self, account_id: int) -> bool:
        return not self.accounts or account_id in self.accounts

    def allows_action(self, action: str) -> bool:
        return not self.actions or action in self.actions

    def fault_at_the_door(self, address: str | None) -> Fault | None:
        """Why the key opens nothing now, or not from there."""
        if self.paused:
            return Fault("key_paused", "this key is paused")
        return self.fault_of_address(address)

    def fault_of_owner(self) -> Fault | None:
        """Why the key opens nothing now, from wherever."""
        if self.paused:
            return Fault("key_paused", "this key is paused")
        if not self.subscribed:
            return Fault("not_subscribed", "the key's owner is not subscribed to Trading Webhooks")
        return None

    def fault_of_address(self, address: str | None) -> Fault | None:
        if self.networks and not is_within(address, networks_of(self.networks)):
            return Fault("address_not_allowed", f"this key does not allow requests from {address or 'this address'}")
        return None


def badges_of(rows: Iterable[Sequence[Any]]) -> dict[str, Badge]:
    """From the rows of BADGE_SQL: the keys that live, by what was asked for."""
    made = [(api_key, lives, badge_of(values)) for api_key, lives, *values in rows]
    return {api_key: badge for api_key, lives, badge in made if lives}


def badge_of(values: Sequence[Any]) -> Badge:
    row = dict(zip(BADGE_COLUMNS, values, strict=True))
    previous = row["previous_hash"]
    return Badge(
        id=row["id"],
        api_key=row["api_key"],
        name=row["name"],
        user_id=row["user_id"],
        username=row["username"],
        secret_hash=bytes(row["secret_hash"]),
        pepper=row["pepper"],
        previous_hash=None if previous is None else bytes(previous),
        previous_pepper=row["previous_pepper"],
        paused=row["paused"],
        subscribed=row["subscribed"],
        accounts=frozenset(row["accounts"]),
        actions=frozenset(row["actions"]),
        networks=tuple(row["networks"]),
        requests_per_minute=row["requests_per_minute"],
        identical_window_seconds=row["identical_window_seconds"],
    )


def opens(badge: Badge | None, secret: str) -> bool:
    """Whether the secret, or the one before a rotation, is the key's; an unknown key takes as long."""
    if badge is None:
        pairs: list[tuple[bytes | None, int | None]] = [(None, None), (None, None)]
    else:
        pairs = [(badge.secret_hash, badge.pepper), (badge.previous_hash, badge.previous_pepper)]
    now, before = (is_secret_of(secret, stored, pepper) for stored, pepper in pairs)
    if badge is not None and (now or before):
        badge.opened[0] = secret
    return now or before


@dataclass(frozen=True, slots=True)
class AccountRef:
    id: int
    user_id: int
    status: str
