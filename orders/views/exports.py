"""Every table as CSV: all of its rows, newest first, in batches, so that the longest needs little memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from accounts.chosen import chosen_account, own_accounts
from accounts.csv_cells import csv_text
from accounts.models import TradingAccount
from accounts.pages import private
from accounts.signed_in import SignedInRequest
from orders.decimals import trimmed
from orders.models import Fill, Instrument, LedgerEntry, Order, OrderEvent
from orders.valuation import Holding, worth_of

BATCH: Final = 500
Row = list[object]


def number(value: Decimal | None) -> object:
    return "" if value is None else trimmed(value)


def who(origin: dict[str, Any]) -> str:
    return " ".join(str(origin[name]) for name in ("kind", "key", "user") if origin.get(name))


# --- The long tables ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    head: Sequence[str]
    rows: Callable[[TradingAccount], QuerySet[Any]]
    line: Callable[[Any], Row]


def working_line(order: Order) -> Row:
    prices = [number(order.price), number(order.stop_price)]
    sizes = [number(order.qty), number(order.filled_qty), number(order.qty - order.filled_qty)]
    until = order.expire_at.isoformat() if order.expire_at else ""
    names = [order.pk, order.created_at.isoformat(), str(order.instrument), order.side, order.type]
    return [*names, *sizes, *prices, order.validity, until, order.parent_id or "", order.state, who(order.origin)]


def filled_line(fill: Fill) -> Row:
    amounts = [
        number(fill.qty),
        number(fill.price),
        number(fill.fee),
        number(fill.gross),
        number(fill.gross - fill.fee),
    ]
    return [fill.pk, fill.order_id, fill.at.isoformat(), str(fill.instrument), fill.side, *amounts]


def event_line(event: OrderEvent) -> Row:
    details = "; ".join(f"{name} {value}" for name, value in (event.details or {}).items())
    return [event.at.isoformat(), event.order_id or "", event.kind, event.state, details, who(event.origin)]


def ledger_line(entry: LedgerEntry) -> Row:
    amounts = [number(entry.amount), number(entry.balance)]
    return [entry.at.isoformat(), entry.kind, entry.order_id or "", entry.note, *amounts]


EVENT_HEAD = ("Time", "Order ID", "Event", "Status after", "Details", "Origin")
TABLES: Final = {
    "working": Table(
        (
            *("Order ID", "Time", "Symbol", "Side", "Type", "Quantity", "Filled", "Remaining", "Price", "Stop price"),
            *("Validity", "Until", "Bound to", "Status", "Origin"),
        ),
        lambda account: Order.objects.filter(
            account=account, state__in=["working", "partially filled", "inactive"]
        ).select_related("instrument"),
        working_line,
    ),
    "filled": Table(
        (*("Trade ID", "Order ID", "Time", "Symbol", "Side", "Quantity", "Price", "Fee"), "Gross P/L", "Net P/L"),
        lambda account: Fill.objects.filter(account=account).select_related("instrument"),
        filled_line,
    ),
    "history": Table(
        EVENT_HEAD, lambda account: OrderEvent.objects.filter(account=account, order_id__isnull=False), event_line
    ),
    "events": Table(EVENT_HEAD, lambda account: OrderEvent.objects.filter(account=account), event_line),
    "ledger": Table(
        ("Time", "Entry", "Order ID", "Note", "Amount", "Balance after"),
        lambda account: LedgerEntry.objects.filter(account=account),
        ledger_line,
    ),
}


@login_required
@require_safe
def export(request: SignedInRequest, table: str) -> StreamingHttpResponse:
    account = chosen_account(request)
    if table not in TABLES or account is None:
        raise Http404(table)
    answer = StreamingHttpResponse(lines_of(TABLES[table], account), content_type="text/csv; charset=utf-8")
    named(answer, f"{table}-{account.name}")
    return answer


async def lines_of(table: Table, account: TradingAccount) -> AsyncIterator[str]:
    yield csv_text([table.head])
    before: int | None = None
    while batch := await sync_to_async(batch_before)(table, account, before):
        lines, before = batch
        yield lines


def batch_before(table: Table, account: TradingAccount, before: int | None) -> tuple[str, int] | None:
    rows = table.rows(account).order_by("-pk")
    found = list((rows if before is None else rows.filter(pk__lt=before))[:BATCH])
    return (csv_text(map(table.line, found)), found[-1].pk) if found else None


# --- The short ones -----------------------------------------------------------------------------------------

POSITION_HEAD = (
    *("Symbol", "Side", "Quantity", "Open price", "Current price", "Gross P/L", "Fee", "Net P/L", "Value", "Margin"),
    "Opened",
)
INSTRUMENT_HEAD = (
    *("Symbol", "Name", "Type", "Bid", "Ask", "Quoted", "Currency", "Lot is", "Lots from", "to", "Step", "Tick"),
    *("Margin rate", "Short", "Session", "Status"),
)
ACCOUNT_HEAD = (
    *("Account", "Currency", "Balance", "Open P/L", "Projected balance", "Used margin", "Blocked", "Available"),
    *("Positions", "Orders", "State"),
)


def position_line(held: Holding) -> Row:
    position = held.position
    prices = [number(abs(position.qty)), number(position.avg_price), number(held.current)]
    results = [number(held.gross), number(position.fee), number(held.net), number(held.value), number(held.margin)]
    return [str(held.instrument), held.side, *prices, *results, position.opened_at.isoformat()]


def instrument_line(one: Instrument) -> Row:
    quote = getattr(one, "quote", None)
    prices = [number(quote.bid), number(quote.ask), quote.at.isoformat() if quote.at else ""] if quote else [""] * 3
    sizes = [number(size) for size in (one.lot_size, one.min_lot, one.max_lot, one.lot_step, one.tick_size)]
    terms = [number(one.margin_rate), "yes" if one.short_allowed else "no", one.calendar, one.status]
    return [str(one), one.description, one.symbol_type, *prices, one.currency, *sizes, *terms]


@login_required
@require_safe
def positions(request: SignedInRequest) -> HttpResponse:
    account = chosen_account(request)
    worths = worth_of([account]) if account else []
    return written_out("positions", POSITION_HEAD, [position_line(held) for one in worths for held in one.holdings])


@login_required
@require_safe
def instruments(request: SignedInRequest) -> HttpResponse:
    rows = Instrument.objects.select_related("quote").order_by("symbol", "pk")
    return written_out("instruments", INSTRUMENT_HEAD, [instrument_line(row) for row in rows])


@login_required
@require_safe
def accounts(request: SignedInRequest) -> HttpResponse:
    rows: list[Row] = []
    for worth in worth_of(own_accounts(request)):
        f, account = worth.figures, worth.account
        amounts = [f.open_pl, f.equity, f.used_margin, f.blocked_margin, f.available] if f else [None] * 5
        names: Row = [account.name, account.currency, number(worth.book.balance)]
        rows.append([*names, *map(number, amounts), len(worth.holdings), worth.working, account.status])
    return written_out("accounts", ACCOUNT_HEAD, rows)


def written_out(name: str, head: Sequence[str], rows: Sequence[Row]) -> HttpResponse:
    answer = HttpResponse(csv_text([head, *rows]), content_type="text/csv; charset=utf-8")
    named(answer, name)
    return answer


def named(answer: HttpResponse | StreamingHttpResponse, name: str) -> None:
    private(answer)  # type: ignore[arg-type]
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{safe}.csv"'
