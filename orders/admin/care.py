"""The Care desk: orders that wait for a dealer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.admin.look import LookOnly
from orders.admin.desk import asked, origin_of
from orders.carrying import act
from orders.decimals import plain
from orders.engine.commands import DealerFill, DealerReject
from orders.engine.values import OrderType, State
from orders.models import CareOrder


class FillForm(forms.Form):
    qty = forms.DecimalField(
        max_digits=20, decimal_places=10, min_value=0, required=False, label="Lots", help_text="empty: all that remains"
    )
    price = forms.DecimalField(max_digits=20, decimal_places=10, min_value=0)


class RejectForm(forms.Form):
    reason = forms.CharField(max_length=255, help_text="the trader reads it")


@admin.register(CareOrder)
class CareOrderAdmin(LookOnly):
    list_display = (
        "id", "account", "instrument", "side", "remaining", "limit", "bid", "ask", "user_comment", "created_at"
    )  # fmt: skip
    list_select_related = ("account", "instrument__quote")
    search_fields = ("account__name", "instrument__symbol")
    search_help_text = "account or symbol"
    ordering = ("id",)
    actions = ("fill", "reject")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CareOrder]:
        waiting = (State.WORKING, State.PARTIALLY_FILLED)
        return super().get_queryset(request).filter(type=OrderType.CARE, state__in=waiting)

    def has_view_permission(self, request: HttpRequest, obj: CareOrder | None = None) -> bool:
        return self.has_deal_permission(request) or super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_deal_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.deal")

    @admin.display
    def remaining(self, order: CareOrder) -> str:
        return f"{plain(order.qty - order.filled_qty)} of {plain(order.qty)}"

    @admin.display(ordering="price")
    def limit(self, order: CareOrder) -> str:
        return "-" if order.price is None else plain(order.price)

    @admin.display
    def bid(self, order: CareOrder) -> str:
        return quoted(order, "bid")

    @admin.display
    def ask(self, order: CareOrder) -> str:
        return quoted(order, "ask")

    @admin.action(description="Fill", permissions=["deal"])
    def fill(self, request: HttpRequest, rows: QuerySet[CareOrder]) -> HttpResponse | None:
        def do(order: CareOrder, answers: dict[str, Any]) -> str:
            qty = answers["qty"] or order.qty - order.filled_qty
            act(order.account_id, DealerFill(order.pk, qty, answers["price"]), origin_of(request, "dealer"))
            return f"filled {plain(qty)} at {plain(answers['price'])}"

        return asked(self, request, rows, FillForm, do)

    @admin.action(description="Reject", permissions=["deal"])
    def reject(self, request: HttpRequest, rows: QuerySet[CareOrder]) -> HttpResponse | None:
        def do(order: CareOrder, answers: dict[str, Any]) -> str:
            act(order.account_id, DealerReject(order.pk, answers["reason"]), origin_of(request, "dealer"))
            return f"rejected: {answers['reason']}"

        return asked(self, request, rows, RejectForm, do)


def quoted(order: CareOrder, name: str) -> str:
    value = getattr(getattr(order.instrument, "quote", None), name, None)
    return "-" if value is None else plain(value)
