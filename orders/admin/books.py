"""The books, to look at. Nothing here writes: what happened, happened."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.models import LogEntry

from accounts.admin.look import LookOnly
from orders.models import Fill, LedgerEntry, Order, OrderEvent, Position


@admin.register(Order)
class OrderAdmin(LookOnly):
    list_display = (
        "id", "account", "instrument", "side", "type", "qty", "filled_qty", "price", "stop_price", "state", "created_at"
    )  # fmt: skip
    list_filter = ("state", "type", "side")
    search_fields = ("id", "account__name", "client_order_id")
    search_help_text = "order id, account name or clientOrderId"
    list_select_related = ("account", "instrument")
    ordering = ("-id",)


@admin.register(OrderEvent)
class OrderEventAdmin(LookOnly):
    list_display = ("id", "at", "account", "order_id", "kind", "state", "origin", "details")
    search_fields = ("order_id", "account__name")
    search_help_text = "order id or account name"
    list_select_related = ("account",)
    ordering = ("-id",)


@admin.register(Fill)
class FillAdmin(LookOnly):
    list_display = ("id", "at", "account", "order_id", "instrument", "side", "qty", "price", "fee", "gross")
    search_fields = ("order__id", "account__name")
    search_help_text = "order id or account name"
    list_select_related = ("account", "instrument")
    ordering = ("-id",)


@admin.register(Position)
class PositionAdmin(LookOnly):
    list_display = ("account", "instrument", "qty", "avg_price", "fee", "opened_at")
    search_fields = ("account__name", "instrument__symbol")
    search_help_text = "account name or symbol"
    list_select_related = ("account", "instrument")


@admin.register(LedgerEntry)
class LedgerEntryAdmin(LookOnly):
    list_display = ("id", "at", "account", "kind", "amount", "balance", "order_id", "note")
    list_filter = ("kind",)
    search_fields = ("account__name", "order_id")
    search_help_text = "account name or order id"
    list_select_related = ("account",)
    ordering = ("-id",)


@admin.register(LogEntry)
class LogEntryAdmin(LookOnly):
    """Every act of an operator at this desk."""

    list_display = ("action_time", "user", "content_type", "object_repr", "get_change_message")
    list_filter = ("action_flag", "content_type")
    search_fields = ("user__username", "object_repr")
    list_select_related = ("user", "content_type")
