"""Who knocks: the key pair of the read API, and in front of the webhook."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.request import Request

from accounts.models import User
from webhooks.badges import BADGE_SQL, Badge, badges_of, opens
from webhooks.keys import is_api_key, is_secret_key
from webhooks.limits import Guesses
from webhooks.sources import client_address, neighbourhood

NOT_OPENED = "the key pair is not valid"
HTTPS_ONLY = "secrets may travel by https only; use the https address"
TOO_MANY = "too many wrong key pairs came from this address"
guesses = Guesses(settings.WEBHOOK_WRONG_KEYS)  # at the gate and in the read API together


def key_pair_of(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """The pair in headers: HTTP Basic, or X-Api-Key with a bearer secret. Names are in lower case."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and "x-api-key" in headers:
        return headers["x-api-key"].strip(), credentials.strip()
    if scheme.lower() != "basic":
        return None
    try:
        api_key, colon, secret = base64.b64decode(credentials.strip(), validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return (api_key, secret) if colon else ("", "")


def is_well_formed(api_key: str, secret: str) -> bool:
    """Tells a truncated paste without a look-up."""
    return is_api_key(api_key) and is_secret_key(secret)


class KeyPairAuthentication(BaseAuthentication):
    """HTTP Basic with apiKey and secretKey. `request.auth` is the key's badge."""

    def authenticate(self, request: Request) -> tuple[User, Badge] | None:
        pair = key_pair_of({name.lower(): value for name, value in request.headers.items()})
        if pair is None:
            return None
        if settings.HTTPS and not request.is_secure():
            raise PermissionDenied(HTTPS_ONLY, "https_required")
        badge, address = badge_opened_by(*pair), address_of(request.META)
        if badge is None:
            if wait := guesses.note(neighbourhood(address)):
                raise Throttled(wait, TOO_MANY, "too_many_wrong_keys")
            raise AuthenticationFailed(NOT_OPENED)
        if fault := badge.fault_at_the_door(address):
            raise PermissionDenied(fault.message, fault.code)
        return User.objects.get(pk=badge.user_id), badge

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="webhooks terminal"'


def badge_opened_by(api_key: str, secret: str) -> Badge | None:
    badge = None
    if is_well_formed(api_key, secret):
        with connection.cursor() as cursor:
            cursor.execute(BADGE_SQL, [[api_key]])
            badge = badges_of(cursor.fetchall()).get(api_key)
    return badge if opens(badge, secret) else None


def address_of(meta: Mapping[str, Any]) -> str | None:
    """The client's address of a Django request."""
    forwarded = meta.get("HTTP_X_FORWARDED_FOR", "")
    return client_address(meta.get("REMOTE_ADDR"), [forwarded] if forwarded else [], settings.TRUSTED_PROXIES)
