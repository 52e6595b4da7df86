"""What a message would do, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from typing import Any, Final

from orders.decimals import plain
from orders.engine.commands import KEEP, Cancel, Modify, Place
from orders.engine.values import Guard, Instrument, OrderType, Side, StopLossType, TakeProfitType, Validity
from webhooks.payloads import Command

LASTING: Final = {
    Validity.DAY: "works until the end of the trading day",
    Validity.GTS: "works until the end of the trading session",
    Validity.GTC: "works until it is cancelled",
    Validity.IOC: "what does not fill at once is cancelled",
    Validity.FOK: "is filled whole at once, or refused",
}
MEASURES: Final = {
    StopLossType.ABSOLUTE: "at {}",
    StopLossType.TICKS: "{} ticks away",
    StopLossType.TRAILING: "{} ticks behind the market",
    StopLossType.PERCENT: "{} % away",
}
NAMES: Final = {
    "price": "price",
    "stop_price": "stop price",
    "qty": "quantity",
    "validity": "validity",
    "expire_at": "expiry",
    "trail_ticks": "trailing distance in ticks",
    "user_comment": "comment",
    "stop_loss": "stop loss",
    "take_profit": "take profit",
}
MEASURED_BY: Final = {"stop_loss": "stop_loss_type", "take_profit": "take_profit_type"}


def sentence(command: Command, instrument: Instrument | None, account: str) -> str:
    """ "Buys 0.1 lots of BTCUSDT at the market for account DEMO-1; works until the end of the trading day." """
    if isinstance(command, Cancel):
        return f"Cancels order {order_words(command)} of account {account}."
    if isinstance(command, Modify):
        changes = ", ".join(change_words(command)) or "nothing that is told here"
        return f"Changes order {order_words(command)} of account {account}: {changes}."
    assert instrument is not None
    parts = [f"{deed(command, instrument)} for account {account}", lasting(command), *guards(command)]
    if command.client_order_id:
        parts.append(f'is named "{command.client_order_id}"')
    return "; ".join(parts) + "."


def order_words(command: Modify | Cancel) -> str:
    by_name = f'"{command.client_order_id}"'
    if command.order_id is None:
        return by_name
    return f"{command.order_id} ({by_name})" if command.client_order_id else str(command.order_id)


def deed(command: Place, instrument: Instrument) -> str:
    verb = "Buys" if command.side is Side.BUY else "Sells"
    return f"{verb} {size(command)} of {named(instrument)} {entry(command)}"


def size(command: Place) -> str:
    if command.cash_qty is not None:
        return f"lots worth {plain(command.cash_qty)} in the account's currency"
    assert command.qty is not None
    return f"{plain(command.qty)} {'lot' if command.qty == 1 else 'lots'}"


def named(instrument: Instrument) -> str:
    month = instrument.contract_month.isoformat() if instrument.contract_month else None
    strike = plain(instrument.strike_price) if instrument.strike_price else None
    return " ".join(filter(None, (instrument.symbol, month, strike, instrument.strike_type)))


def entry(command: Place) -> str:
    price, stop = (None if value is None else plain(value) for value in (command.price, command.stop_price))
    match command.type:
        case OrderType.MARKET:
            return "at the market"
        case OrderType.LIMIT:
            return f"at {price} or better"
        case OrderType.STOP:
            return f"at the market once the price reaches {stop}"
        case OrderType.STOP_LIMIT:
            return f"at {price} or better once the price reaches {stop}"
        case OrderType.TRAILING_STOP:
            assert command.trail_ticks is not None
            return f"at the market once the price turns by {plain(command.trail_ticks)} ticks"
        case OrderType.CARE:
            return "through a dealer" + (f", at {price} or better" if price else "")


def lasting(command: Place) -> str:
    if command.validity is Validity.GTD and command.expire_at is not None:
        return f"works until {command.expire_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if command.type is OrderType.MARKET and command.validity is Validity.DAY:
        return "what the market has no size for waits until the end of the trading day"
    return LASTING.get(command.validity, str(command.validity))


def guards(command: Place) -> Iterator[str]:
    for name, guard in (("stop loss", command.stop_loss), ("take profit", command.take_profit)):
        if guard is not None:
            yield f"{name} {measure(guard)}"


def measure(guard: Guard) -> str:
    return measured(guard.value, guard.type)


def measured(value: Decimal, type_: StopLossType | TakeProfitType | str) -> str:
    return MEASURES[StopLossType(type_)].format(plain(value))


def change_words(command: Modify) -> Iterator[str]:
    for attribute, name in NAMES.items():
        value = getattr(command, attribute)
        if value is KEEP:
            continue
        yield f"no {name} any more" if value is None else f"{name} {value_words(command, attribute, value)}"


def value_words(command: Modify, attribute: str, value: Any) -> str:
    if attribute in MEASURED_BY:
        type_ = getattr(command, MEASURED_BY[attribute])
        return measured(value, StopLossType.ABSOLUTE if type_ is KEEP else type_)
    if isinstance(value, Decimal):
        return plain(value)
    if attribute == "expire_at":
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f'"{value}"' if attribute == "user_comment" else str(value)
