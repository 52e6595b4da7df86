"""The operators' desk: Django's admin under the product's name, behind the product's own sign-in."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.urls import path


class TerminalAdminSite(AdminSite):
    site_header = "Webhooks Terminal: operators"
    site_title = "Webhooks Terminal"
    index_title = "Operators' desk"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One sign-in for everybody, with its throttling; who is signed in and no operator is turned away."""
        from allauth.account.decorators import secure_admin_login  # needs the models, which come after this module

        return secure_admin_login(super().login)(request, extra_context)

    def get_urls(self) -> list[Any]:
        return [path("system/", self.admin_view(self.system), name="system"), *super().get_urls()]

    def system(self, request: HttpRequest) -> HttpResponse:
        from webhooks_terminal.system import system_page

        return system_page(self, request)


class TerminalAdminConfig(AdminConfig):
    default_site = "webhooks_terminal.admin.TerminalAdminSite"
