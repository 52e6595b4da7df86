"""The short tables: open positions, and the accounts themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from accounts.chosen import chosen_account, own_accounts
from accounts.models import TradingAccount
from accounts.signed_in import SignedInRequest
from accounts.tables.declared import Column, Listed, Table, declare
from orders.causes import deliveries_of
from orders.models import Fill, Order
from orders.tables.books import Row, account_name, who
from orders.valuation import Holding, Worth, worth_of

RECENT: Final = 500  # how far back a position's last order is looked for


def rows_of(account: TradingAccount, holdings: list[Holding]) -> list[Row]:
    guards, last = guards_of(account), last_orders_of(account) if holdings else {}
    causes = deliveries_of(last.values())
    rows = []
    for held in holdings:
        order = last.get(held.instrument.pk)
        delivery = causes.get(order.pk) if order else None
        rows.append({"held": held, "guards": guards[held.instrument.pk], "order": order, "delivery": delivery})
    return rows


def guards_of(account: TradingAccount) -> dict[int, dict[str, list[Order]]]:
    """The working stop losses and take profits of each instrument."""
    found: dict[int, dict[str, list[Order]]] = defaultdict(lambda: {"stopLoss": [], "takeProfit": []})
    legs = Order.objects.filter(account=account, state__in=["working", "partially filled"]).exclude(leg="")
    for leg in legs.order_by("id"):
        found[leg.instrument_id][leg.leg].append(leg)
    return found


def last_orders_of(account: TradingAccount) -> dict[int, Order]:
    """Of each instrument the order that traded last; an old one may be too far back to be known."""
    recent = Fill.objects.filter(account=account).order_by("-id").values_list("instrument_id", "order_id")[:RECENT]
    newest: dict[int, int] = {}
    for instrument_id, order_id in recent:
        newest.setdefault(instrument_id, order_id)
    orders = Order.objects.in_bulk(newest.values())
    return {instrument_id: orders[order_id] for instrument_id, order_id in newest.items()}


def of_held(name: str) -> Callable[[Row], Any]:
    return lambda row: getattr(row["held"], name)


def of_position(name: str) -> Callable[[Row], Any]:
    return lambda row: getattr(row["held"].position, name)


def guarded_at(kind: str) -> Callable[[Row], Decimal | None]:
    """The level of the first stop loss or take profit."""

    def level(row: Row) -> Decimal | None:
        legs = row["guards"][kind]
        return (legs[0].price or legs[0].stop_price) if legs else None

    return level


def symbol(row: Row) -> str:
    return str(row["held"].instrument)


def size(row: Row) -> Decimal:
    return abs(row["held"].position.qty)


def positions(request: SignedInRequest) -> Listed | None:
    account = chosen_account(request)
    if account is None:
        return None
    return Listed([row for worth in worth_of([account]) for row in rows_of(account, worth.holdings)])


POSITIONS: Final = declare(
    Table(
        "positions",
        "Positions",
        "orders:positions",
        (
            Column("Symbol", symbol, symbol, look="mono"),
            Column("Side", of_held("side"), of_held("side")),
            Column("Quantity", size, size, num=True),
            Column("Open price", of_position("avg_price"), of_position("avg_price"), num=True),
            Column("Current price", of_held("current"), of_held("current"), num=True),
            Column("SL", guarded_at("stopLoss"), guarded_at("stopLoss"), num=True),
            Column("TP", guarded_at("takeProfit"), guarded_at("takeProfit"), num=True),
            Column("Gross P/L", of_held("gross"), of_held("gross"), num=True, card="none"),
            Column("Fee", of_position("fee"), of_position("fee"), num=True, card="none"),
            Column("Net P/L", of_held("net"), of_held("net"), num=True, card="end"),
            Column("Value", of_held("value"), of_held("value"), num=True),
            Column("Margin", of_held("margin"), of_held("margin"), num=True, card="none"),
            Column("Opened", of_position("opened_at"), of_position("opened_at"), card="none"),
            Column("Last order", lambda row: who(row["order"].origin) if row["order"] else "", card="none"),
            Column("", look="num"),
        ),
        positions,
        usual_sort="symbol",
        file=account_name,
    )
)

# --- Accounts -----------------------------------------------------------------------------------------------


def figure(name: str) -> Callable[[Worth], Any]:
    return lambda worth: getattr(worth.figures, name, None)


def balance(worth: Worth) -> Decimal:
    return worth.book.balance


def state(worth: Worth) -> str:
    return worth.account.status if worth.account.status != "active" else "halted" if worth.book.halted else "trading"


ACCOUNTS: Final = declare(
    Table(
        "accounts",
        "Accounts",
        "orders:accounts",
        (
            Column("Account", lambda worth: worth.account.name, lambda worth: worth.account.name, look="mono"),
            Column("Currency", lambda worth: worth.account.currency, lambda worth: worth.account.currency),
            Column("Balance", balance, balance, num=True),
            Column("Open P/L", figure("open_pl"), figure("open_pl"), num=True),
            Column("Projected balance", figure("equity"), figure("equity"), num=True, card="end"),
            Column("Used margin", figure("used_margin"), figure("used_margin"), num=True),
            Column("Blocked", figure("blocked_margin"), figure("blocked_margin"), num=True),
            Column("Available", figure("available"), figure("available"), num=True),
            Column("Positions", lambda worth: len(worth.holdings), lambda worth: len(worth.holdings), num=True),
            Column("Orders", lambda worth: worth.working, lambda worth: worth.working, num=True),
            Column("State", state, state, look="prose", card="none"),
        ),
        lambda request: Listed(worth_of(own_accounts(request))),
        usual_sort="account",
        events=("books",),
    )
)
