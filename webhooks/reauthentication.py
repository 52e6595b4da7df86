"""Who makes a secret, or lets a key do more, proves again who they are when the last time is long ago."""

from __future__ import annotations

import time

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import ReauthenticateForm
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import ratelimit
from django.views.decorators.debug import sensitive_variables

from accounts.signed_in import SignedInRequest

TIMEOUT_MINUTES = app_settings.REAUTHENTICATION_TIMEOUT // 60


def minutes_since_confirmed(request: SignedInRequest) -> int | None:
    """Since the user last proved who they are, by signing in or by being asked; None when that no longer counts."""
    times = [record.get("at", 0) for record in get_authentication_records(request, request.user)]
    seconds = time.time() - max(times, default=0)
    return int(seconds / 60) if seconds < app_settings.REAUTHENTICATION_TIMEOUT else None


@sensitive_variables()
def faults_of_password(request: SignedInRequest) -> list[str]:
    """What is wrong with the posted password; nothing: it is right, and remembered as proof."""
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        return ["Too many tries: wait a minute."]
    form = ReauthenticateForm(request.POST, user=request.user)
    if form.is_valid():
        reauthenticate_by_password(request)
        return []
    return [str(fault) for faults in form.errors.values() for fault in faults]


def has_other_ways(request: SignedInRequest) -> bool:
    """Whether the user can prove it by more than the password: a passkey, an authenticator."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    return len(methods) > request.user.has_usable_password()
