"""Who makes a secret, or lets a key do more, proves again who they are when the last time is long ago."""

from __future__ import annotations

import re
import time

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import ReauthenticateForm
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.forms import Form
from django.views.decorators.debug import sensitive_variables

from accounts.forms import ConfirmingCodeForm
from accounts.signed_in import SignedInRequest

TIMEOUT_MINUTES = app_settings.REAUTHENTICATION_TIMEOUT // 60
# Passwords are longer, see AUTH_PASSWORD_VALIDATORS.
LOOKS_LIKE_A_CODE = re.compile(r"\s*[0-9]{3} ?[0-9]{3}\s*|\s*[0-9]{8}\s*")


def minutes_since_confirmed(request: SignedInRequest) -> int | None:
    """Since the user last proved who they are, by signing in or by being asked; None when that no longer counts."""
    times = [record.get("at", 0) for record in get_authentication_records(request, request.user)]
    seconds = time.time() - max(times, default=0)
    return int(seconds / 60) if seconds < app_settings.REAUTHENTICATION_TIMEOUT else None


@sensitive_variables()
def faults_of_proof(request: SignedInRequest) -> list[str]:
    """What is wrong with the posted password or code; nothing: it is right, and remembered as proof."""
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        return ["Too many tries: wait a minute."]
    given = request.POST.get("password", "")
    if has_codes(request) and LOOKS_LIKE_A_CODE.fullmatch(given):
        codes = ConfirmingCodeForm({"code": given}, user=request.user)
        if codes.is_valid():
            codes.save()
        return faults_in(codes)
    form = ReauthenticateForm(request.POST, user=request.user)
    if form.is_valid():
        reauthenticate_by_password(request)
    return faults_in(form)


def faults_in(form: Form) -> list[str]:
    return [str(fault) for faults in form.errors.values() for fault in faults]


def has_codes(request: SignedInRequest) -> bool:
    """Whether the user can prove it by a code: of an authenticator app, or for recovery."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    return bool(is_mfa_enabled(request.user, kinds))


def ways_to_prove(request: SignedInRequest) -> dict[str, bool]:
    """What the question may ask for: a password, a code, a passkey."""
    return {
        "has_password": request.user.has_usable_password(),
        "has_codes": has_codes(request),
        "has_passkey": bool(is_mfa_enabled(request.user, [Authenticator.Type.WEBAUTHN])),
    }
