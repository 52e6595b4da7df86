"""The operators' desk: Django's admin under the product's name."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig


class TerminalAdminSite(AdminSite):
    site_header = "Webhooks Terminal: operators"
    site_title = "Webhooks Terminal"
    index_title = "Operators' desk"


class TerminalAdminConfig(AdminConfig):
    default_site = "webhooks_terminal.admin.TerminalAdminSite"
