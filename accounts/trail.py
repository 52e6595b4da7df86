"""The audit trail: who gave or took access, to what, when and from where."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.addresses import address_of
from accounts.models import AuditEntry, User

Act = AuditEntry.Act
KEY_ACTS = tuple(act for act in Act if act.value.startswith("key-"))


def record(request: HttpRequest, act: Act, *, whose: User | None = None, subject: str = "", details: str = "") -> None:
    """Adds an entry in the transaction of the act itself. `whose`: the account's owner, if not who is signed in."""
    by = request.user if isinstance(request.user, User) else None
    owner = whose or by
    if owner is not None:
        AuditEntry.objects.create(
            user=owner, by=by, act=act, subject=subject[:64], details=details, source=address_of(request)
        )
