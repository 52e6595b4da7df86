"""Keys and deliveries at the operators' desk. Operators see limits and use, and can stop a key; never a secret."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.admin.look import LookOnly
from accounts.trail import Act, record
from webhooks.key_rows import LABELS, limits_of, state_of
from webhooks.keys import delete_key, pause_key, renew_key, resume_key
from webhooks.models import Delivery, WebhookKey

SECRETS = ("secret_hash", "previous_hash", "pepper", "previous_pepper")


class KeyState(admin.SimpleListFilter):
    title, parameter_name = "status", "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("usable", "Usable"), ("paused", "Paused"), ("expired", "Expired"), ("deleted", "Deleted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookKey]) -> QuerySet[WebhookKey]:
        ended = Q(expires_at__lte=timezone.now())
        wanted = {
            "usable": Q(deleted_at=None, paused_at=None) & ~ended,
            "paused": Q(deleted_at=None, paused_at__isnull=False),
            "expired": Q(deleted_at=None) & ended,
            "deleted": Q(deleted_at__isnull=False),
        }
        return queryset.filter(wanted.get(self.value() or "", Q()))


@admin.register(WebhookKey)
class WebhookKeyAdmin(LookOnly):
    list_display = ("name", "user", "api_key", "status", "limits", "created_at", "expires_at", "last_used_at")
    list_filter = (KeyState,)
    search_fields = ("user__username", "name", "api_key")
    search_help_text = "user, key's name or API key, exactly"
    list_select_related = ("user",)
    exclude = SECRETS
    actions = ("pause", "resume", "expire", "delete_keys")

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("webhooks.change_webhookkey"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookKey]:
        return super().get_queryset(request).prefetch_related("accounts")

    @admin.display(description="status")
    def status(self, key: WebhookKey) -> str:
        return "Deleted" if key.deleted_at else LABELS[state_of(key, timezone.now())]

    @admin.display(description="limits")
    def limits(self, key: WebhookKey) -> str:
        return "; ".join(limits_of(key)) or "–"

    @admin.action(description="Pause", permissions=["stop"])
    def pause(self, request: HttpRequest, keys: QuerySet[WebhookKey]) -> None:
        self.do(request, keys.filter(paused_at=None), "paused", pause_key, Act.KEY_PAUSED)

    @admin.action(description="Resume", permissions=["stop"])
    def resume(self, request: HttpRequest, keys: QuerySet[WebhookKey]) -> None:
        self.do(request, keys.exclude(paused_at=None), "resumed", resume_key, Act.KEY_RESUMED)

    @admin.action(description="Expire now", permissions=["stop"])
    def expire(self, request: HttpRequest, keys: QuerySet[WebhookKey]) -> None:
        self.do(request, keys, "expired", lambda key: renew_key(key, timezone.now()), Act.KEY_RENEWED)

    @admin.action(description="Delete…", permissions=["stop"])
    def delete_keys(self, request: HttpRequest, keys: QuerySet[WebhookKey]) -> HttpResponse | None:
        if "confirmed" in request.POST:
            self.do(request, keys, "deleted", delete_key, Act.KEY_DELETED)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Delete keys?",
            "keys": keys.filter(deleted_at=None),
            "checkbox": ACTION_CHECKBOX_NAME,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/webhooks/delete_keys.html", context)

    def do(
        self, request: HttpRequest, keys: QuerySet[WebhookKey], done: str, do: Callable[[WebhookKey], None], act: Act
    ) -> None:
        """Logged for operators, and written into the history that the key's owner reads."""
        for key in keys.filter(deleted_at=None):
            with transaction.atomic():
                do(key)
                self.log_change(request, key, done)
                record(request, act, whose=key.user, subject=key.name, details=f"{done} by an operator")
            self.message_user(request, f"{key.name} of {key.user}: {done}")


class AnswerKind(admin.SimpleListFilter):
    """By the status's hundreds: the list of all statuses ever would read the whole log."""

    title, parameter_name = "answer", "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("2", "accepted"), ("4", "refused"), ("5", "not taken"), ("none", "never left")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        value = self.value()
        if value == "none":
            return queryset.filter(answered_at=None)
        return queryset.filter(http__gte=int(value) * 100, http__lt=int(value) * 100 + 100) if value else queryset


@admin.register(Delivery)
class DeliveryAdmin(LookOnly):
    list_display = (
        "received_at",
        "user",
        "key",
        "source",
        "action",
        "account_name",
        "summary",
        "http",
        "code",
        "took_ms",
    )
    list_filter = (AnswerKind, "action", "received_at")
    search_fields = ("pk",)
    search_help_text = "X-Request-Id, user, key's name, API key, account or sender's address, exactly"
    list_select_related = ("user", "key")
    exclude = ("fingerprint",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        """Exact matches: each is found by an index, or among one user's rows."""
        term = search_term.strip().replace("\0", "")
        if not term:
            return queryset, False
        keys = WebhookKey.objects.filter(Q(name=term) | Q(api_key=term)).values("pk")
        wanted = Q(key__in=keys) | Q(user__username=term) | Q(account_name=term)
        with suppress(ValueError):
            wanted = Q(pk=UUID(term))
        with suppress(ValueError):
            wanted = Q(source=str(ipaddress.ip_address(term)))
        return queryset.filter(wanted), False
