"""The operators' desk: Django's admin under the product's name, behind the product's own sign-in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.views.generic import RedirectView


class TerminalAdminSite(AdminSite):
    site_header = "Webhooks Terminal"
    site_title = "Webhooks Terminal"
    index_title = "Operators' desk"

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, and unless a setting says otherwise only after a second factor in this session."""
        from accounts.second_factor import proved  # needs the models, which come after this module

        return super().has_permission(request) and (not settings.ADMIN_SECOND_FACTOR or proved(request))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One sign-in for everybody, with its throttling; who is signed in and no operator is turned away."""
        from allauth.account.decorators import secure_admin_login

        if super().has_permission(request) and not self.has_permission(request):
            return self.ask_for_second_factor(request)
        return secure_admin_login(super().login)(request, extra_context)

    def ask_for_second_factor(self, request: HttpRequest) -> HttpResponse:
        from accounts.second_factor import page_to_prove_it

        if page := page_to_prove_it(request):
            return redirect(f"{page}?{urlencode({'next': reverse('admin:index')})}")
        return TemplateResponse(request, "admin/second_factor.html", status=403)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"without_second_factor": not settings.ADMIN_SECOND_FACTOR}

    def get_urls(self) -> list[Any]:
        own = [
            path("system/", self.admin_view(self.system), name="system"),
            # One page for everybody, which asks again and writes down.
            path("password_change/", RedirectView.as_view(pattern_name="account_change_password")),
        ]
        return [*own, *super().get_urls()]

    def system(self, request: HttpRequest) -> HttpResponse:
        from webhooks_terminal.system import system_page

        return system_page(self, request)


class TerminalAdminConfig(AdminConfig):
    default_site = "webhooks_terminal.admin.TerminalAdminSite"
