"""The long tables: working orders, filled orders, orders history, event log, ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.chosen import chosen_account
from accounts.models import TradingAccount
from accounts.signed_in import SignedInRequest
from accounts.tables.declared import Column, Filter, Stored, Table, declare
from orders.causes import deliveries_of
from orders.instruments import catalogue
from orders.models import Fill, LastQuote, LedgerEntry, Order, OrderEvent
from orders.reading import UNFINISHED

Row = dict[str, Any]
SIDES: Final = {"": "All", "buys": "Buys", "sells": "Sells"}
KINDS: Final = {
    "": "Every event",
    "placed": "Created",
    "modified": "Modified",
    "filled": "Executed",
    "cancelled": "Cancelled",
    "expired": "Expired",
    "rejected": "Rejected",
}
ENTRIES: Final = {"": "Every entry", **dict(LedgerEntry.Kind.choices)}


def of_account(
    rows: Callable[[TradingAccount], QuerySet[Any]], *rest: Any
) -> Callable[[SignedInRequest], Stored | None]:
    """Reads the rows of the chosen account."""

    def read(request: SignedInRequest) -> Stored | None:
        account = chosen_account(request)
        return Stored(rows(account), *rest) if account else None

    return read


def account_name(request: SignedInRequest) -> str:
    account = chosen_account(request)
    return account.name if account else ""


def who(origin: dict[str, Any] | None) -> str:
    return " ".join(str((origin or {})[name]) for name in ("kind", "key", "user") if (origin or {}).get(name))


# --- Filters ----------------------------------------------------------------------------------------------


def side_is(which: str) -> Q:
    return Q(side={"buys": "buy", "sells": "sell"}[which])


def symbol_or_order(order_id: str) -> Callable[[str], Q]:
    """Words that are an order's number, or part of a symbol."""

    def narrows(words: str) -> Q:
        number = words.removeprefix("#")
        found = Q(**{order_id: int(number)}) if number.isascii() and number.isdigit() and len(number) < 19 else Q()
        ids = [one.id for one in catalogue().instruments.values() if words.upper() in one.symbol.upper()]
        return found | Q(instrument__in=ids) if found or ids else Q(pk__in=[])

    return narrows


def order_is(words: str) -> Q:
    number = words.removeprefix("#")
    return Q(order_id=int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else Q(pk__in=[])


SIDE: Final = Filter("which", "Side", side_is, SIDES)
EVENT_FILTERS: Final = (
    Filter("kind", "Event", lambda kind: Q(kind=kind), KINDS, indexed=True),
    Filter("find", "Find an order", order_is, placeholder="Order number"),
)

# --- Working orders -----------------------------------------------------------------------------------------


def working_rows(orders: Sequence[Order]) -> list[Row]:
    causes = deliveries_of(orders)
    quotes = LastQuote.objects.in_bulk({order.instrument_id for order in orders})
    return [
        {
            "order": order,
            "delivery": causes.get(order.pk),
            "current": current_price(order, quotes.get(order.instrument_id)),
        }
        for order in orders
    ]


def current_price(order: Order, quote: LastQuote | None) -> Decimal | None:
    """The price it would meet now: the ask for a buy, the bid for a sell."""
    if quote is None:
        return None
    return quote.ask if order.side == "buy" else quote.bid


def of_order(name: str) -> Callable[[Row], object]:
    return lambda row: getattr(row["order"], name)


NO_PRICE: Final = Value(Decimal(0))
WORKING: Final = declare(
    Table(
        "working",
        "Working orders",
        "orders:working",
        (
            Column("Symbol", lambda row: str(row["order"].instrument), "instrument__symbol", look="mono"),
            Column("Side", of_order("side"), "side"),
            Column("Type", of_order("type"), "type"),
            Column("Quantity", of_order("qty"), "qty", num=True),
            Column("Filled", of_order("filled_qty"), "filled_qty", num=True, card="none"),
            Column(
                *("Remaining", lambda row: row["order"].qty - row["order"].filled_qty, F("qty") - F("filled_qty")),
                num=True,
                card="none",
            ),
            Column("Price", of_order("price"), Coalesce("price", NO_PRICE), num=True),
            Column("Stop price", of_order("stop_price"), Coalesce("stop_price", NO_PRICE), num=True),
            Column("Current price", lambda row: row["current"], num=True),
            Column("Validity", of_order("validity"), "validity"),
            Column("Until", of_order("expire_at"), usual=False, card="none"),
            Column("SL", lambda row: (row["order"].stop_loss or {}).get("value"), num=True),
            Column("TP", lambda row: (row["order"].take_profit or {}).get("value"), num=True),
            Column("Bound to", of_order("parent_id"), Coalesce("parent_id", Value(0)), card="none"),
            Column("Status", of_order("state"), "state", look="prose", card="state"),
            Column("Order ID", of_order("pk"), "pk", num=True, card="none"),
            Column("Time", of_order("created_at"), "pk", card="none"),
            Column("Origin", lambda row: who(row["order"].origin), card="none"),
            Column("", look="num"),
        ),
        of_account(
            lambda account: Order.objects.filter(account=account, state__in=UNFINISHED).select_related("instrument"),
            working_rows,
        ),
        usual_sort="-time",
        filters=(
            SIDE,
            Filter("find", "Find a working order", symbol_or_order("pk"), placeholder="Symbol or order"),
        ),
        size=100,
        file=account_name,
    )
)

# --- Filled orders ------------------------------------------------------------------------------------------


def filled_rows(fills: Sequence[Fill]) -> list[Row]:
    causes = deliveries_of(fill.order for fill in fills)
    return [{"fill": fill, "net": fill.gross - fill.fee, "delivery": causes.get(fill.order_id)} for fill in fills]


def of_fill(name: str) -> Callable[[Row], object]:
    return lambda row: getattr(row["fill"], name)


FILLED: Final = declare(
    Table(
        "filled",
        "Filled orders",
        "orders:filled",
        (
            Column("Symbol", lambda row: str(row["fill"].instrument), "instrument__symbol", look="mono"),
            Column("Side", of_fill("side"), "side"),
            Column("Quantity", of_fill("qty"), "qty", num=True),
            Column("Price", of_fill("price"), "price", num=True),
            Column("Fee", of_fill("fee"), "fee", num=True, card="none"),
            Column("Gross P/L", of_fill("gross"), "gross", num=True, card="none"),
            Column("Net P/L", lambda row: row["net"], F("gross") - F("fee"), indexed=True, num=True, card="end"),
            Column("Trade ID", of_fill("pk"), "pk", num=True, card="none"),
            Column("Order ID", of_fill("order_id"), "order_id", num=True),
            Column("Date/Time", of_fill("at"), "pk"),
            Column("Origin", lambda row: who(row["fill"].order.origin), card="none"),
        ),
        of_account(
            lambda account: Fill.objects.filter(account=account).select_related("instrument", "order"), filled_rows
        ),
        usual_sort="-datetime",
        filters=(SIDE, Filter("find", "Find a trade", symbol_or_order("order_id"), placeholder="Symbol or order")),
        file=account_name,
    )
)

# --- What happened ------------------------------------------------------------------------------------------


def event_rows(events: Sequence[OrderEvent]) -> list[Row]:
    """Each event with its order, that order's instrument, and the delivery behind it."""
    orders = Order.objects.select_related("instrument").in_bulk({event.order_id for event in events if event.order_id})
    causes = deliveries_of(orders.values())
    rows = ((event, orders.get(event.order_id or 0)) for event in events)
    return [{"event": event, "order": order, "delivery": order and causes.get(order.pk)} for event, order in rows]


def of_event(name: str) -> Callable[[Row], object]:
    return lambda row: getattr(row["event"], name)


def of_its_order(name: str) -> Callable[[Row], object]:
    return lambda row: getattr(row["order"], name) if row["order"] else None


def details(row: Row) -> str:
    return "; ".join(f"{name} {value}" for name, value in (row["event"].details or {}).items())


def its_price(row: Row) -> Decimal | None:
    order = row["order"]
    return (order.stop_price if order.price is None else order.price) if order else None


def its_symbol(row: Row) -> str:
    return str(row["order"].instrument) if row["order"] else ""


ABOUT_THE_ORDER: Final = (
    Column("Order ID", of_event("order_id"), Coalesce("order_id", Value(0)), num=True),
    Column("Event", of_event("kind"), "kind", look="prose"),
    Column("Symbol", its_symbol),
    Column("Side", of_its_order("side")),
    Column("Type", of_its_order("type")),
    Column("Quantity", of_its_order("qty"), num=True),
    Column("Price", its_price, num=True),
)
HOW_IT_WENT: Final = (
    Column("Status after", of_event("state"), "state", look="prose", card="state"),
    Column("Details", details, look="stretch", card="wide"),
)
ORIGIN: Final = Column("Origin", lambda row: who(row["event"].origin), card="wide")

HISTORY: Final = declare(
    Table(
        "history",
        "Orders history",
        "orders:history",
        (Column("Time", of_event("at"), "pk", look="mono"), *ABOUT_THE_ORDER, *HOW_IT_WENT, ORIGIN),
        of_account(lambda account: OrderEvent.objects.filter(account=account, order_id__isnull=False), event_rows),
        usual_sort="-time",
        filters=EVENT_FILTERS,
        file=account_name,
    )
)
EVENTS: Final = declare(
    Table(
        "events",
        "Event log",
        "orders:events",
        (
            Column("Time", of_event("at"), "pk", look="mono"),
            Column("Event", of_event("kind"), "kind", look="prose"),
            Column("What", lambda row: f"#{row['event'].order_id or ''} {its_symbol(row)}", look="prose"),
            *HOW_IT_WENT,
            Column("Sent from", lambda row: who(row["event"].origin), look="prose", card="wide"),
        ),
        of_account(lambda account: OrderEvent.objects.filter(account=account), event_rows),
        usual_sort="-time",
        filters=EVENT_FILTERS,
        size=40,
        file=account_name,
    )
)
LEDGER: Final = declare(
    Table(
        "ledger",
        "Ledger",
        "orders:ledger",
        (
            Column("Time", lambda entry: entry.at, "pk", look="mono"),
            Column("Entry", lambda entry: entry.kind, "kind", look="prose"),
            Column("Order ID", lambda entry: entry.order_id, Coalesce("order_id", Value(0)), num=True),
            Column("Note", lambda entry: entry.note, look="stretch", card="wide"),
            Column("Amount", lambda entry: entry.amount, "amount", num=True, card="end"),
            Column("Balance after", lambda entry: entry.balance, "balance", num=True),
        ),
        of_account(lambda account: LedgerEntry.objects.filter(account=account)),
        usual_sort="-time",
        filters=(
            Filter("kind", "Entry", lambda kind: Q(kind=kind), ENTRIES),
            Filter("find", "Find an order", order_is, placeholder="Order number"),
        ),
        file=account_name,
    )
)
