"""What a person chose for their terminal and finds again at the next visit, on any device."""

from __future__ import annotations

from typing import Any

from accounts.models import Preference, User


def preference(user: User, name: str) -> Any:
    """None when they never chose."""
    return Preference.objects.filter(user=user, name=name).values_list("value", flat=True).first()


def keep(user: User, name: str, value: Any) -> None:
    Preference.objects.update_or_create(user=user, name=name, defaults={"value": value})
