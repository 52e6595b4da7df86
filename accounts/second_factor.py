"""Whether a person has a second factor, and whether this session was proved by it."""

from __future__ import annotations

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def factors() -> QuerySet[Authenticator]:
    """Recovery codes stand in for a factor; alone they are none."""
    return Authenticator.objects.filter(type__in=KINDS)


def proved(request: HttpRequest) -> bool:
    """Whoever is signed in has a second factor, and showed it in this session."""
    records = get_authentication_records(request, request.user)
    return any(one.get("method") == "mfa" for one in records) and factors().filter(user=request.user.pk).exists()


def page_to_prove_it(request: HttpRequest) -> str | None:
    """Where whoever is signed in can show a second factor; None when they have none."""
    kinds = set(factors().filter(user=request.user.pk).values_list("type", flat=True))
    if not kinds:
        return None
    return reverse("mfa_reauthenticate" if Authenticator.Type.TOTP in kinds else "mfa_reauthenticate_webauthn")
