"""What the fields of a placing mean together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from orders.engine.commands import Place
from orders.engine.values import Guard, OrderType, Side, StopLossType, SymbolType, TakeProfitType, Validity
from orders.intake import Selectors
from webhooks import fields
from webhooks.draft import Draft
from webhooks.shape import (
    DATED,
    FIELDS,
    IMMEDIATE,
    LIMITED,
    PRICE_MEANS_NOTHING,
    STOPPED,
    WAITING,
    Action,
)

IN_TICKS: Final = frozenset({StopLossType.TICKS, StopLossType.TRAILING, TakeProfitType.TICKS})
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LOOKS_LIKE_SECONDS: Final = 100_000_000_000  # milliseconds of the year 1973
LATEST: Final = 253_370_764_800_000  # the year 9999, where dates end
OF_ACTION: Final = {action: {field.name for field in FIELDS if field.in_action(action)} for action in Action}


# --- place ---------------------------------------------------------------------------------------------


def read_place(draft: Draft) -> tuple[Place, Selectors]:
    draft.read("clientOrderId")
    ignore_foreign(draft, Action.PLACE)
    kind: OrderType | None = draft.read("type")
    side = draft.read("side")
    read_size(draft)
    read_prices(draft, kind)
    validity, expire_at = read_validity(draft, kind)
    stop_loss, take_profit = read_guards(draft)
    read_comment(draft, kind)
    draft.require("symbol", "type", "side")
    selectors = read_selectors(draft)
    value = draft.values.get
    place = Place(
        order_id=0,
        instrument_id=0,
        type=kind or OrderType.MARKET,
        side=side or Side.BUY,
        qty=value("qty"),
        cash_qty=value("cashOrderQty"),
        price=value("price"),
        stop_price=value("stopPrice"),
        trail_ticks=value("trStopOffset"),
        validity=validity or Validity.DAY,
        expire_at=expire_at,
        stop_loss=stop_loss,
        take_profit=take_profit,
        client_order_id=value("clientOrderId", ""),
        user_comment=value("userComment", ""),
    )
    return place, selectors


def ignore_foreign(draft: Draft, action: Action, but: Iterable[str] = ()) -> None:
    for name in draft.given:
        if name not in OF_ACTION[action] and name not in but:
            draft.ignore(name, f"{action} does not take it")


def read_size(draft: Draft) -> None:
    if "cashOrderQty" in draft.given:
        draft.read("cashOrderQty")
        draft.ignore("qty", "cashOrderQty sizes the order")
    else:
        draft.read("qty")
        if "cashOrderQty" not in draft.suspect:
            draft.require("qty", why=" (or cashOrderQty)")


def read_prices(draft: Draft, kind: OrderType | None) -> None:
    if kind in PRICE_MEANS_NOTHING:
        draft.ignore("price", f"a {kind} order has no price")
    else:
        draft.read("price")
    if kind in LIMITED:
        draft.require("price", why=f" for a {kind} order")
    read_price_of(draft, "stopPrice", kind, STOPPED)
    read_price_of(draft, "trStopOffset", kind, {OrderType.TRAILING_STOP})


def read_price_of(draft: Draft, name: str, kind: OrderType | None, owners: Collection[OrderType | None]) -> None:
    """A field that its order types require and that is an error with any other."""
    if kind is None or kind in owners:
        draft.read(name)
    else:
        draft.refuse(name, "not_for_type", f"makes no sense for a {kind} order")
    if kind in owners:
        draft.require(name, why=f" for a {kind} order")


def read_validity(
    draft: Draft, kind: OrderType | None, *, is_new: bool = True
) -> tuple[Validity | None, datetime | None]:
    validity: Validity | None = draft.read("validity")
    if validity in IMMEDIATE and kind in WAITING:
        draft.fault("validity_type", f"{validity} contradicts a {kind} order, which waits", "validity")
    if validity is Validity.GTD and is_new:
        draft.require("expireDate", why=" for validity GTD")
    elif validity is not Validity.GTD and "validity" not in draft.suspect:
        draft.refuse("expireDate", "expire_date_unexpected", f"goes with validity GTD, not {validity or 'DAY'}")
    return validity, read_expiry(draft) if validity is Validity.GTD else None


def read_expiry(draft: Draft) -> datetime | None:
    milliseconds: int | None = draft.read("expireDate")
    if milliseconds is None:
        return None
    now = round(draft.now.timestamp() * 1000)
    if milliseconds > now:
        return EPOCH + timedelta(milliseconds=min(milliseconds, LATEST))
    hint = "; this looks like seconds" if milliseconds < LOOKS_LIKE_SECONDS else ""
    draft.fault("expire_date_past", f"must be in the future, in milliseconds since the epoch{hint}", "expireDate")
    return None


def read_guards(draft: Draft) -> tuple[Guard | None, Guard | None]:
    stop_type, take_type = read_guard(draft, "stopLoss"), read_guard(draft, "takeProfit")
    stop, take = draft.values.get("stopLoss"), draft.values.get("takeProfit")
    return (
        Guard(stop, stop_type or StopLossType.ABSOLUTE) if stop is not None else None,
        Guard(take, take_type or TakeProfitType.ABSOLUTE) if take is not None else None,
    )


def read_guard(draft: Draft, name: str) -> Any:
    """Reads a stop loss or take profit with its type; returns the type, None when it was not given."""
    value, measure = draft.read(name), draft.read(f"{name}Type")
    if name not in draft.given and name not in draft.suspect:
        draft.refuse(f"{name}Type", "guard_type_alone", f"is given without {name}")
    if value is not None and measure in IN_TICKS:
        try:
            fields.whole_ticks(value)
        except fields.UnreadableError as error:
            draft.fault(error.code, error.message, name)
    return measure


def read_comment(draft: Draft, kind: OrderType | None) -> None:
    if kind is None or kind is OrderType.CARE:
        draft.read("userComment")
    else:
        draft.ignore("userComment", f"only Care orders carry one, not {kind}")


# --- The instrument --------------------------------------------------------------------------------------


def read_selectors(draft: Draft) -> Selectors:
    symbol_type: SymbolType | None = draft.read("symbolType")
    named = "symbolType" in draft.given
    return Selectors(
        symbol=draft.read("symbol") or "",
        symbol_type=symbol_type,
        contract_month=read_month(draft, symbol_type),
        strike_price=read_of_option(draft, "strikePrice", symbol_type, named),
        strike_type=read_of_option(draft, "strikeType", symbol_type, named),
        isin=read_isin(draft),
    )


def read_month(draft: Draft, symbol_type: SymbolType | None) -> str:
    if symbol_type is not None and symbol_type not in DATED:
        draft.ignore("contractMonth", f"{symbol_type} has none")
        return ""
    if draft.faults and symbol_type in DATED:  # alone it is asked for later, with the months there are
        draft.require("contractMonth", why=f" for {symbol_type}")
    if "contractMonth" not in draft.given:
        return ""
    reader = fields.read_contract_month if symbol_type is None else fields.read_needed_month
    return read_with(draft, "contractMonth", reader) or ""


def read_of_option(draft: Draft, name: str, symbol_type: SymbolType | None, named: bool) -> Any:
    if symbol_type is not None and symbol_type is not SymbolType.OPTIONS:
        draft.ignore(name, f"{symbol_type} has none")
        return None
    if draft.faults and symbol_type is SymbolType.OPTIONS:
        draft.require(name, why=" for OPTIONS")
    before = len(draft.faults)
    value = draft.read(name)
    if not named and len(draft.faults) > before:
        draft.doubtful.append(draft.faults.pop())
    return value


def read_isin(draft: Draft) -> str:
    text: str | None = draft.read("isin")
    return (read_with(draft, "isin", lambda _: fields.check_isin(text)) or "") if text else ""


def read_with(draft: Draft, name: str, reader: Callable[[Any], str]) -> str | None:
    try:
        return reader(draft.given[name])
    except fields.UnreadableError as error:
        draft.fault(error.code, error.message, name)
        return None
