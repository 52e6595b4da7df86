"""Users, products and subscriptions at the operators' desk."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.look import Undeletable
from accounts.models import Product, Subscription, User
from accounts.second_factor import factors

# Who may not make others mightier than himself.
POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(User)
class TraderAdmin(Undeletable, UserAdmin):
    list_display = ("username", "email", "is_active", "is_staff", "second_factor", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        mightier = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not mightier and super().has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).annotate(guarded=Exists(factors().filter(user=OuterRef("pk"))))

    @admin.display(boolean=True, ordering="guarded")
    def second_factor(self, user: User) -> bool:
        return bool(user.guarded)  # type: ignore[attr-defined]  # by get_queryset

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return ("last_login", "date_joined") + (() if request.user.is_superuser else POWERS)


@admin.register(Product)
class ProductAdmin(Undeletable):
    list_display = ("name", "code", "category", "price", "currency", "approval")
    list_filter = ("category", "approval")
    search_fields = ("name", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()


@admin.register(Subscription)
class SubscriptionAdmin(Undeletable):
    list_display = ("user", "product", "status", "starts_at", "ends_at", "comment")
    list_filter = ("status", "product")
    search_fields = ("user__username", "user__email")
    list_select_related = ("user", "product")
    raw_id_fields = ("user",)
    actions = ("approve", "reject", "end")

    @admin.action(description="Approve", permissions=["change"])
    def approve(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        self.decide(request, rows, Subscription.Status.REQUESTED, status="active", starts_at=timezone.now())

    @admin.action(description="Reject", permissions=["change"])
    def reject(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        self.decide(request, rows, Subscription.Status.REQUESTED, status="rejected")

    @admin.action(description="End now", permissions=["change"])
    def end(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        self.decide(request, rows, Subscription.Status.ACTIVE, status="cancelled", ends_at=timezone.now())

    def decide(
        self, request: HttpRequest, rows: QuerySet[Subscription], before: str, status: str, **times: Any
    ) -> None:
        """Only those that still are as the operator saw them."""
        for row in rows.filter(status=before):
            if Subscription.objects.filter(pk=row.pk, status=before).update(status=status, **times):
                self.log_change(request, row, f"{status}, before {before}")
                self.message_user(request, f"{row.user}, {row.product}: {status}")
