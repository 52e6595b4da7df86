"""The one door for whoever reads the books: a user's accounts, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import TradingAccount, User
from orders.engine.values import State
from orders.examples import Example, examples, working_order_id
from orders.models import Fill, Instrument, LedgerEntry, Order, OrderEvent, Position
from orders.outcomes import NOT_DONE, TURNED_DOWN, WAITING, CommandNumber, decided, is_one_of
from orders.rehearsal import rehearse
from orders.stories import OrderStory, story_of_order
from orders.valuation import Worth, worth_of

__all__ = [
    "NOT_DONE",
    "TURNED_DOWN",
    "UNFINISHED",
    "WAITING",
    "CommandNumber",
    "Example",
    "OrderStory",
    "Reader",
    "Worth",
    "decided",
    "events_of",
    "examples",
    "fills_of",
    "instruments",
    "is_one_of",
    "ledger_of",
    "orders",
    "orders_of",
    "positions_of",
    "rehearse",
    "story_of_order",
    "working_order_id",
    "worths",
]

UNFINISHED = (State.WORKING, State.PARTIALLY_FILLED, State.INACTIVE)


@dataclass(frozen=True, slots=True)
class Reader:
    """A user, or a key of a user that may be limited to some accounts (empty: to none)."""

    user: User
    account_ids: frozenset[int] = frozenset()

    def accounts(self) -> QuerySet[TradingAccount]:
        own = TradingAccount.objects.filter(user=self.user)
        return own.filter(pk__in=self.account_ids) if self.account_ids else own

    def account(self, name: str) -> TradingAccount | None:
        return self.accounts().filter(name=name).first()

    def order(self, number: int) -> Order | None:
        return orders().filter(pk=number, account__in=self.accounts()).first()


def worths(accounts: Sequence[TradingAccount]) -> list[Worth]:
    """What the accounts are worth at the last quotes."""
    return worth_of(accounts)


def orders() -> QuerySet[Order]:
    return Order.objects.select_related("instrument", "account")


def orders_of(account: TradingAccount, state: State | None = None) -> QuerySet[Order]:
    found = orders().filter(account=account)
    return found if state is None else found.filter(state=state)


def positions_of(account: TradingAccount) -> QuerySet[Position]:
    return Position.objects.filter(account=account).select_related("instrument")


def fills_of(account: TradingAccount, order_id: int | None = None) -> QuerySet[Fill]:
    found = Fill.objects.filter(account=account).select_related("instrument")
    return found if order_id is None else found.filter(order_id=order_id)


def ledger_of(account: TradingAccount) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(account=account)


def events_of(order: Order) -> QuerySet[OrderEvent]:
    return OrderEvent.objects.filter(order_id=order.pk).order_by("id")


def instruments() -> QuerySet[Instrument]:
    return Instrument.objects.select_related("quote")
