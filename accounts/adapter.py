"""How django-allauth behaves here."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest

from accounts.addresses import client_address, neighbourhood
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGN_UP

    def get_client_ip(self, request: HttpRequest) -> str:
        forwarded = request.headers.get("X-Forwarded-For")
        peer = request.META.get("REMOTE_ADDR")
        return client_address(peer, [forwarded] if forwarded else [], settings.TRUSTED_PROXIES) or "unknown"

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted by user and address: nobody can lock out another from elsewhere.

        By user, not by what was typed: a name and an e-mail address would be twice as many tries.
        """
        login = str(credentials.get("email") or credentials.get("username") or "").lower()
        known = Q(username__iexact=login) | Q(email__iexact=login)
        user_id = User.objects.filter(known).order_by("pk").values_list("pk", flat=True).first() if login else None
        address = self.get_client_ip(request)
        return f"{user_id or login}:{address if address == 'unknown' else neighbourhood(address)}"
