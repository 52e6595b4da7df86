"""Instruments with their last quotes, sessions, and the kill switch."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.look import LookOnly, Undeletable
from orders.admin.desk import carried_out
from orders.decimals import plain
from orders.halts import EVERYWHERE, halt_instruments
from orders.instruments import forget
from orders.models import Instrument, LastQuote, Order, Session, TradingHalt

# What positions and amounts are reckoned by: another value would rewrite the past.
FIXED_BY_TRADES = (
    "symbol", "symbol_type", "currency", "base_currency", "lot_size", "contract_month", "strike_price", "strike_type",
)  # fmt: skip


class LastQuoteInline(admin.TabularInline):
    model = LastQuote
    can_delete = False
    fields = readonly_fields = ("bid", "ask", "bid_size", "ask_size", "last", "time", "at", "source", "seq", "refused")

    def has_add_permission(self, request: HttpRequest, obj: Instrument | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Instrument | None = None) -> bool:
        return False


@admin.register(Instrument)
class InstrumentAdmin(Undeletable):
    list_display = (
        "__str__",
        "symbol_type",
        "description",
        "currency",
        "bid",
        "ask",
        "quoted_at",
        "status",
        "calendar",
    )
    list_filter = ("symbol_type", "status", "currency", "calendar")
    search_fields = ("symbol", "description", "isin", "aliases")
    list_select_related = ("quote",)
    inlines = (LastQuoteInline,)
    actions = ("halt", "reopen")

    def get_readonly_fields(self, request: HttpRequest, obj: Instrument | None = None) -> tuple[str, ...]:
        return FIXED_BY_TRADES if obj and Order.objects.filter(instrument=obj).exists() else ()

    def save_model(self, request: HttpRequest, obj: Instrument, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        forget()

    @admin.display(ordering="quote__bid")
    def bid(self, instrument: Instrument) -> str:
        return price(instrument, "bid")

    @admin.display(ordering="quote__ask")
    def ask(self, instrument: Instrument) -> str:
        return price(instrument, "ask")

    @admin.display(ordering="quote__at")
    def quoted_at(self, instrument: Instrument) -> Any:
        return getattr(getattr(instrument, "quote", None), "at", None)

    def has_halt_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.halt")

    @admin.action(description="Halt", permissions=["halt"])
    def halt(self, request: HttpRequest, rows: QuerySet[Instrument]) -> None:
        self.switch(request, rows, True, "halted")

    @admin.action(description="Reopen", permissions=["halt"])
    def reopen(self, request: HttpRequest, rows: QuerySet[Instrument]) -> None:
        self.switch(request, rows, False, "open again")

    def switch(self, request: HttpRequest, rows: QuerySet[Instrument], on: bool, said: str) -> None:
        def do(instrument: Instrument, _: dict[str, Any]) -> str:
            return said if halt_instruments([instrument.pk], on) else "stays as it is"

        carried_out(self, request, rows, do)


def price(instrument: Instrument, name: str) -> str:
    quote = getattr(instrument, "quote", None)
    value = getattr(quote, name, None)
    return "-" if value is None else plain(value)


@admin.register(Session)
class SessionAdmin(LookOnly):
    list_display = ("calendar", "opens", "closes", "day_closes")
    list_filter = ("calendar",)
    date_hierarchy = "opens"


@admin.register(TradingHalt)
class TradingHaltAdmin(Undeletable):
    """The kill switch: one row, which says whether everything is halted."""

    list_display = ("__str__", "everywhere")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TradingHalt]:
        TradingHalt.objects.get_or_create(pk=EVERYWHERE)
        return super().get_queryset(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: TradingHalt | None = None) -> bool:
        return request.user.has_perm("orders.halt") or super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: TradingHalt | None = None) -> bool:
        return request.user.has_perm("orders.halt")
