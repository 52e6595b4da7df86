"""Key pairs: how they are made, told apart from typing errors, checked, replaced and ended.

`apiKey` is public; the row keeps a keyed hash of `secretKey` and nobody can show that again. The secret has 256
random bits, so a fast hash is enough: a slow one would only hand strangers a processor to burn.
"""

from __future__ import annotations

import hmac
import re
import secrets
import string
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from coolname import generate_slug
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import TradingAccount, User
from webhooks.models import WebhookKey

BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
API_KEY: Final = re.compile(r"wk_[0-9A-Za-z]{22}")
SECRET_KEY: Final = re.compile(r"ws_[0-9A-Za-z]{49}")
RANDOM_CHARACTERS_OF_SECRET: Final = 43
CHECK_CHARACTERS: Final = 6
NAME_ATTEMPTS: Final = 20
# Compared with when there is no stored hash, so that an unknown key costs what a wrong secret costs.
NO_HASH: Final = bytes(32)

TRADINGVIEW_NETWORKS: Final = ("52.89.214.238", "34.212.75.30", "54.218.53.128", "52.32.178.7")


class NameTakenError(ValueError):
    """The user has a living key of that name."""


# --- The pair ----------------------------------------------------------------------------------------


def mint() -> tuple[str, str]:
    """A new apiKey and secretKey."""
    body = "ws_" + random_base62(RANDOM_CHARACTERS_OF_SECRET)
    return "wk_" + random_base62(22), body + check_characters(body)


def random_base62(length: int) -> str:
    return "".join(secrets.choice(BASE62) for _ in range(length))


def check_characters(body: str) -> str:
    """CRC-32 in base62: tells a truncated paste without a look-up, and lets scanners discard look-alikes."""
    number, digits = zlib.crc32(body.encode("ascii")), ""
    for _ in range(CHECK_CHARACTERS):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits


def is_api_key(text: str) -> bool:
    return API_KEY.fullmatch(text) is not None


def is_secret_key(text: str) -> bool:
    if SECRET_KEY.fullmatch(text) is None:
        return False
    return check_characters(text[:-CHECK_CHARACTERS]) == text[-CHECK_CHARACTERS:]


# --- The keyed hash ----------------------------------------------------------------------------------


def newest_pepper() -> int:
    peppers: dict[int, bytes] = settings.WEBHOOK_PEPPERS
    return max(peppers)


def hash_of(secret: str, pepper: int) -> bytes:
    peppers: dict[int, bytes] = settings.WEBHOOK_PEPPERS
    # A pepper that was taken out of the settings ends the secrets it hashed; the time stays the same.
    return hmac.digest(peppers.get(pepper) or secrets.token_bytes(32), secret.encode(), sha256)


def is_secret_of(secret: str, stored: bytes | None, pepper: int | None) -> bool:
    """Whether the hash was made of this secret, in the same time whatever the answer."""
    made = hash_of(secret, newest_pepper() if pepper is None else pepper)
    return hmac.compare_digest(made, stored or NO_HASH) and stored is not None


# --- A key's life ------------------------------------------------------------------------------------


def create_key(
    user: User,
    name: str = "",
    *,
    expires_at: datetime | None = None,
    accounts: Iterable[TradingAccount] = (),
    actions: Iterable[str] = (),
    networks: Iterable[str] = (),
    requests_per_minute: int | None = None,
    identical_window_seconds: int = 0,
) -> tuple[WebhookKey, str]:
    """The stored key and its secret, which exists nowhere else. Raises NameTakenError."""
    api_key, secret = mint()
    pepper = newest_pepper()
    key = WebhookKey(
        user=user,
        name=name.strip() or free_name(user),
        api_key=api_key,
        secret_hash=hash_of(secret, pepper),
        pepper=pepper,
        expires_at=expires_at,
        actions=list(actions),
        networks=list(networks),
        requests_per_minute=requests_per_minute,
        identical_window_seconds=identical_window_seconds,
    )
    with transaction.atomic():
        insert(key)
        key.accounts.set(accounts)
    return key, secret


def insert(key: WebhookKey) -> None:
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError as error:
        if "webhooks_key_name_of_user" in str(error):
            raise NameTakenError(key.name) from None
        raise


def free_name(user: User) -> str:
    """A random name that no living key of the user has: "swift-otter"."""
    taken = set(WebhookKey.objects.undeleted().filter(user=user).values_list("name", flat=True))
    for _ in range(NAME_ATTEMPTS):
        name: str = generate_slug(2)
        if name not in taken:
            return name
    return f"{name}-{secrets.token_hex(4)}"


def delete_key(key: WebhookKey) -> None:
    """Ends the key at once and for good; its row and its deliveries stay."""
    key.deleted_at = timezone.now()
    WebhookKey.objects.undeleted().filter(pk=key.pk).update(deleted_at=key.deleted_at)


def pause_key(key: WebhookKey) -> None:
    key.paused_at = timezone.now()
    key.save(update_fields=["paused_at"])


def resume_key(key: WebhookKey) -> None:
    key.paused_at = None
    key.save(update_fields=["paused_at"])


def limit_key(
    key: WebhookKey,
    *,
    accounts: Iterable[TradingAccount],
    actions: Iterable[str],
    networks: Iterable[str],
    requests_per_minute: int | None,
    identical_window_seconds: int,
) -> None:
    """Narrows the key to these, and to nothing else; what is empty is no limit."""
    key.actions, key.networks = list(actions), list(networks)
    key.requests_per_minute, key.identical_window_seconds = requests_per_minute, identical_window_seconds
    with transaction.atomic():
        key.save(update_fields=["actions", "networks", "requests_per_minute", "identical_window_seconds"])
        key.accounts.set(accounts)


def renew_key(key: WebhookKey, expires_at: datetime | None) -> None:
    key.expires_at = expires_at
    key.save(update_fields=["expires_at"])


def rotate_key(key: WebhookKey, overlap: timedelta) -> str:
    """A new secret for the key; the present one works on until the overlap has passed. Returns the new secret."""
    _, secret = mint()
    if overlap > timedelta(0):
        key.previous_hash, key.previous_pepper = bytes(key.secret_hash), key.pepper
        key.previous_until = timezone.now() + overlap
    else:
        key.previous_hash = key.previous_pepper = key.previous_until = None
    key.pepper = newest_pepper()
    key.secret_hash = hash_of(secret, key.pepper)
    fields = ["secret_hash", "pepper", "previous_hash", "previous_pepper", "previous_until"]
    key.save(update_fields=fields)
    return secret
