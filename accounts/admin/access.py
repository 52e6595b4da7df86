"""Who gave or took access: the audit trail, second factors, sessions. Never a secret of any of them."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.look import LookOnly
from accounts.models import AuditEntry, User
from accounts.trail import Act, record

# Theirs are made to be written, and show what is inside.
admin.site.unregister([Authenticator, UserSession])


@admin.register(AuditEntry)
class AuditEntryAdmin(LookOnly):
    """Every act of a user on keys and sign-in; those of operators on them as well."""

    list_display = ("at", "user", "act", "subject", "details", "by", "source")
    list_filter = ("act", "at")
    search_fields = ("user__username", "by__username", "subject", "source")
    search_help_text = "user, who did it, key's name or address, exactly"
    list_select_related = ("user", "by")
    ordering = ("-id",)


def mightier(user: User, request: HttpRequest) -> bool:
    """Whether the user may do more than who asks; such are left alone."""
    return user.is_superuser and not request.user.is_superuser


@admin.register(Authenticator)
class AuthenticatorAdmin(LookOnly):
    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__username",)
    search_help_text = "user, exactly"
    list_select_related = ("user",)
    exclude = ("data",)
    ordering = ("-id",)
    actions = ("remove_lost",)

    def has_rescue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_user")

    @admin.action(description="Remove every second factor of these users: lost", permissions=["rescue"])
    def remove_lost(self, request: HttpRequest, rows: QuerySet[Authenticator]) -> None:
        for user in User.objects.filter(pk__in=rows.values("user")):
            if mightier(user, request):
                self.message_user(request, f"{user}: only a superuser may do that", messages.ERROR)
                continue
            with transaction.atomic():
                for one in Authenticator.objects.filter(user=user):
                    self.log_change(request, one, f"removed, it was lost by {user}")
                    one.delete()
                record(request, Act.FACTOR_REMOVED, whose=user, details="lost; by an operator")
            self.message_user(request, f"{user} signs in with the password alone until a new one is added")


@admin.register(UserSession)
class UserSessionAdmin(LookOnly):
    list_display = ("user", "created_at", "ip", "user_agent")
    search_fields = ("user__username", "ip")
    search_help_text = "user or address, exactly"
    list_select_related = ("user",)
    fields = ("user", "created_at", "ip", "user_agent")
    ordering = ("-id",)
    actions = ("end",)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_user")

    @admin.action(description="Sign out", permissions=["end"])
    def end(self, request: HttpRequest, rows: QuerySet[UserSession]) -> None:
        for session in rows.select_related("user"):
            if mightier(session.user, request):
                self.message_user(request, f"{session.user}: only a superuser may do that", messages.ERROR)
                continue
            self.log_change(request, session, f"signed {session.user} out")
            get_adapter().end_sessions([session])
            self.message_user(request, f"{session.user} is signed out of {session}")
