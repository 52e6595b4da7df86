"""Trading accounts: their money, halts and risk rules go through the tray, like everything that changes books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.admin.look import Undeletable
from accounts.models import TradingAccount
from orders.admin.desk import asked, carried_out, origin_of
from orders.carrying import act
from orders.decimals import plain
from orders.engine.commands import Command, Halt, MoveMoney, SetRisk
from orders.intake import open_books
from orders.limits import RULES
from orders.models import Book


class MoneyForm(forms.Form):
    kind = forms.ChoiceField(choices=[(word, word.capitalize()) for word in ("deposit", "withdrawal", "adjustment")])
    amount = forms.DecimalField(
        max_digits=20, decimal_places=8, help_text="in account currency; an adjustment may be negative"
    )
    note = forms.CharField(max_length=255, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        amount = cleaned.get("amount")
        if amount is not None and (amount == 0 or (amount < 0 and cleaned.get("kind") != "adjustment")):
            self.add_error("amount", "must be greater than zero")
        return cleaned


class RiskForm(forms.Form):
    """Empty is no rule. What is not filled in ceases to hold."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rule, (name, _) in RULES.items():
            self.fields[rule] = forms.DecimalField(
                min_value=0,
                max_digits=20,
                decimal_places=8,
                required=False,
                label=rule,
                help_text=f"{name}; empty: none",
            )


@admin.register(TradingAccount)
class TradingAccountAdmin(Undeletable):
    list_display = ("name", "user", "currency", "balance", "status", "halted", "created_at")
    list_filter = ("status", "currency", "book__halted")
    search_fields = ("name", "user__username", "user__email")
    list_select_related = ("user", "book")
    raw_id_fields = ("user",)
    actions = ("move_money", "halt", "resume", "set_risk", "suspend", "activate")

    def get_readonly_fields(self, request: HttpRequest, obj: TradingAccount | None = None) -> tuple[str, ...]:
        # Books are kept in the account's currency under its owner's name: neither can change under them.
        return ("balance", "halted", "risk", "created_at") + (("name", "user", "currency") if obj else ())

    def save_model(self, request: HttpRequest, obj: TradingAccount, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        open_books(obj)

    @admin.display(ordering="book__balance")
    def balance(self, account: TradingAccount) -> str:
        book = book_of(account)
        return f"{plain(book.balance)} {account.currency}" if book else "-"

    @admin.display(boolean=True, ordering="book__halted")
    def halted(self, account: TradingAccount) -> bool:
        book = book_of(account)
        return book is not None and book.halted

    @admin.display(description="risk rules")
    def risk(self, account: TradingAccount) -> str:
        book = book_of(account)
        return ", ".join(f"{rule} {value}" for rule, value in book.risk.items()) if book and book.risk else "none"

    def has_money_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.move_money")

    def has_halt_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.halt")

    def has_risk_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.set_risk")

    @admin.action(description="Deposit or withdraw", permissions=["money"])
    def move_money(self, request: HttpRequest, rows: QuerySet[TradingAccount]) -> HttpResponse | None:
        def do(account: TradingAccount, answers: dict[str, Any]) -> str:
            amount = -answers["amount"] if answers["kind"] == "withdrawal" else answers["amount"]
            act(account.pk, MoveMoney(answers["kind"], amount, answers["note"]), origin_of(request))
            return f"{answers['kind']} of {plain(answers['amount'])} {account.currency}"

        return asked(self, request, rows, MoneyForm, do)

    @admin.action(description="Set risk rules", permissions=["risk"])
    def set_risk(self, request: HttpRequest, rows: QuerySet[TradingAccount]) -> HttpResponse | None:
        def do(account: TradingAccount, answers: dict[str, Decimal | None]) -> str:
            before = self.risk(account)
            rules = tuple(sorted((rule, value) for rule, value in answers.items() if value is not None))
            act(account.pk, SetRisk(rules), origin_of(request))
            after = ", ".join(f"{rule} {plain(value)}" for rule, value in rules) or "none"
            return f"risk rules {after}, before {before}"

        return asked(self, request, rows, RiskForm, do)

    @admin.action(description="Halt", permissions=["halt"])
    def halt(self, request: HttpRequest, rows: QuerySet[TradingAccount]) -> None:
        self.through_the_tray(request, rows, Halt(True), "halted")

    @admin.action(description="Resume", permissions=["halt"])
    def resume(self, request: HttpRequest, rows: QuerySet[TradingAccount]) -> None:
        self.through_the_tray(request, rows, Halt(False), "trading again")

    def through_the_tray(
        self, request: HttpRequest, rows: QuerySet[TradingAccount], command: Command, said: str
    ) -> None:
        def do(account: TradingAccount, _: dict[str, Any]) -> str:
            act(account.pk, command, origin_of(request))
            return said

        carried_out(self, request, rows, do)

    @admin.action(description="Suspend: no webhook reaches it", permissions=["halt"])
    def suspend(self, request: HttpRequest, rows: QuerySet[TradingAccount]) -> None:
        self.set_status(request, rows, TradingAccount.Status.ACTIVE, TradingAccount.Status.SUSPENDED)

    @admin.action(description="Activate", permissions=["halt"])
    def activate(self, request: HttpRequest, rows: QuerySet[TradingAccount]) -> None:
        self.set_status(request, rows, TradingAccount.Status.SUSPENDED, TradingAccount.Status.ACTIVE)

    def set_status(self, request: HttpRequest, rows: QuerySet[TradingAccount], before: str, after: str) -> None:
        def do(account: TradingAccount, _: dict[str, Any]) -> str:
            account.status = after
            account.save(update_fields=["status"])
            return f"{after}, before {before}"

        carried_out(self, request, rows.filter(status=before), do)


def book_of(account: TradingAccount) -> Book | None:
    return getattr(account, "book", None)
