"""How django-allauth behaves here."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest

from accounts.addresses import address_of, neighbourhood
from accounts.models import User
from accounts.trail import Act, record

UNKNOWN_ADDRESS = "0.0.0.0"  # stands where an address must be and none is known
# What a user is told of by mail belongs into the audit trail, whether mail goes out or not.
ACTS_TOLD_BY_MAIL = {
    "account/email/password_changed": Act.PASSWORD_CHANGED,
    "account/email/password_set": Act.PASSWORD_CHANGED,
    "account/email/password_reset": Act.PASSWORD_RESET,
    "account/email/email_changed": Act.EMAIL_CHANGED,
    "account/email/email_deleted": Act.EMAIL_CHANGED,
    "mfa/email/totp_activated": Act.TOTP_ADDED,
    "mfa/email/totp_deactivated": Act.TOTP_REMOVED,
    "mfa/email/webauthn_added": Act.PASSKEY_ADDED,
    "mfa/email/webauthn_removed": Act.PASSKEY_REMOVED,
    "mfa/email/recovery_codes_generated": Act.CODES_MADE,
}


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGN_UP

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request) or UNKNOWN_ADDRESS

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted by user and address: nobody can lock out another from elsewhere.

        By user, not by what was typed: a name and an e-mail address would be twice as many tries.
        """
        user = user_named(credentials)
        return f"{user.pk if user else login_of(credentials)}:{neighbourhood(self.get_client_ip(request))}"

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        record(request, Act.SIGNED_IN, whose=user, details=", ".join(ways_of(request, user)))

    def logout(self, request: HttpRequest) -> None:
        record(request, Act.SIGNED_OUT)
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        if user := user_named(credentials):
            act = Act.CONFIRMATION_REFUSED if request.user.is_authenticated else Act.SIGN_IN_REFUSED
            record(request, act, whose=user, details="wrong password")

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        if act := ACTS_TOLD_BY_MAIL.get(template_prefix):
            record(self.request, act, whose=user)
        super().send_notification_mail(template_prefix, user, context, email)


def login_of(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "").lower()


def user_named(credentials: dict[str, Any]) -> User | None:
    """Whoever has what was typed as their name or address."""
    login = login_of(credentials)
    found = User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login)) if login else User.objects.none()
    return found.order_by("pk").first()


def ways_of(request: HttpRequest, user: User) -> list[str]:
    """How this session was proved to be the user's: password, passkey, authenticator app."""
    names = {"totp": "authenticator app", "webauthn": "passkey", "recovery_codes": "recovery code"}
    records = get_authentication_records(request, user)
    return list(dict.fromkeys(names.get(one.get("type"), str(one.get("method"))) for one in records))


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors lie encrypted in the database, under keys made from the peppers outside of it."""

    def encrypt(self, text: str) -> str:
        return ciphers().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """A secret whose pepper is gone becomes one that nobody has: no code opens what an empty one would."""
        try:
            return ciphers().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def get_totp_label(self, user: User) -> str:
        return user.get_username()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": "Webhooks Terminal"}


def ciphers() -> MultiFernet:
    """The newest pepper's encrypts; every pepper's can read."""
    peppers: dict[int, bytes] = settings.WEBHOOK_PEPPERS
    keys = [hmac.digest(peppers[number], b"second factors", "sha256") for number in sorted(peppers, reverse=True)]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


class SessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        for session in sessions:
            session.end()
            record(context.request, Act.SESSION_ENDED, whose=session.user, subject=session.user_agent)
