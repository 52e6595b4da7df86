"""The operators' desk: Django's admin under the product's name, behind the product's own sign-in."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse


class TerminalAdminSite(AdminSite):
    site_header = "Webhooks Terminal: operators"
    site_title = "Webhooks Terminal"
    index_title = "Operators' desk"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One sign-in for everybody, with its throttling; who is signed in and no operator is turned away."""
        from allauth.account.decorators import secure_admin_login  # needs the models, which come after this module

        return secure_admin_login(super().login)(request, extra_context)


class TerminalAdminConfig(AdminConfig):
    default_site = "webhooks_terminal.admin.TerminalAdminSite"
