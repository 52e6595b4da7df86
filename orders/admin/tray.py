"""Commands: what has been asked for, what became of it, and what is stuck."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.look import LookOnly
from orders.intake import ring
from orders.models import OrderCommand


@admin.register(OrderCommand)
class OrderCommandAdmin(LookOnly):
    list_display = ("__str__", "account", "kind", "status", "attempts", "order_id", "origin", "accepted_at", "done_at")
    list_filter = ("status", "kind")
    search_fields = ("account__name", "order_id", "request_id", "delivery_id")
    search_help_text = "account name, order id, requestId or X-Request-Id"
    list_select_related = ("account",)
    ordering = ("-id",)
    actions = ("ring_again",)

    def has_ring_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.ring")

    @admin.action(description="Ring again for the accounts of these commands", permissions=["ring"])
    def ring_again(self, request: HttpRequest, rows: QuerySet[OrderCommand]) -> None:
        accounts = set(rows.values_list("account_id", flat=True))
        rung = ring(accounts)
        for row in rows:
            self.log_change(request, row, "rang again" if rung else "rang again, in vain")
        said = "Rang for" if rung else "The bell cannot be rung; the pump will come to"
        self.message_user(request, f"{said} {len(accounts)} accounts.")
