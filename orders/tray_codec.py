"""Commands as JSON and back: what a row of the tray holds, and what a replay reads years later.

Decimals travel as strings, times as ISO 8601; a field that has its default is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from orders.engine.commands import (
    Cancel,
    Command,
    DealerFill,
    DealerReject,
    Expire,
    Halt,
    Modify,
    MoveMoney,
    Place,
    SeeQuote,
    SetRisk,
    StopOut,
)
from orders.engine.values import Guard, OrderType, Quote, Side, StopLossType, TakeProfitType, Validity

KINDS: Final[dict[type, str]] = {
    Place: "place",
    Modify: "modify",
    Cancel: "cancel",
    SeeQuote: "quote",
    Expire: "expire",
    DealerFill: "dealer fill",
    DealerReject: "dealer reject",
    MoveMoney: "money",
    Halt: "halt",
    SetRisk: "risk",
    StopOut: "stop out",
}
CLASSES: Final = {kind: cls for cls, kind in KINDS.items()}


def kind_of(command: Command) -> str:
    return KINDS[type(command)]


def encode(command: Command) -> dict[str, Any]:
    """The command's fields that differ from their defaults, JSON-ready."""
    return _encode(command)


def decode(kind: str, payload: dict[str, Any]) -> Command:
    """The command that `encode` was given."""
    readers = READERS[kind]
    read = {name: value if value is None else readers[name](value) for name, value in payload.items()}
    return CLASSES[kind](**read)


# --- Writing ------------------------------------------------------------------------------------------


def _encode(thing: object) -> dict[str, Any]:
    names, values_of, defaults = SHAPES[type(thing)]
    found = zip(names, values_of(thing), defaults, strict=True)
    return {name: _json(value) for name, value, default in found if value is not default and value != default}


def _json(value: object) -> Any:
    """Texts (enumerations are texts), integers, truths and None stay as they are."""
    write = WRITERS.get(type(value))
    return value if write is None else write(value)


def _pairs(value: tuple[tuple[str, Decimal], ...]) -> list[list[str]]:
    return [[name, str(number)] for name, number in value]


WRITERS: Final[dict[type, Callable[[Any], Any]]] = {
    Decimal: str,
    datetime: datetime.isoformat,
    Guard: _encode,
    Quote: _encode,
    tuple: _pairs,
}


def _shape_of(cls: type) -> tuple[tuple[str, ...], Callable[[object], tuple[Any, ...]], tuple[Any, ...]]:
    """Names of the fields, what reads their values all at once, and their defaults."""
    names = tuple(f.name for f in fields(cls))
    values_of = attrgetter(*names) if len(names) > 1 else lambda thing: (getattr(thing, names[0]),)
    return names, values_of, tuple(f.default for f in fields(cls))


SHAPES: Final = {cls: _shape_of(cls) for cls in (*KINDS, Guard, Quote)}

# --- Reading ------------------------------------------------------------------------------------------

Reader = Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _guard_of(types: type[StopLossType] | type[TakeProfitType]) -> Reader:
    return lambda read: Guard(Decimal(read["value"]), types(read["type"]))


def _quote(read: dict[str, Any]) -> Quote:
    return Quote(**{name: QUOTE_READERS[name](value) for name, value in read.items()})


def _rules(read: list[list[str]]) -> tuple[tuple[str, Decimal], ...]:
    return tuple((name, Decimal(number)) for name, number in read)


QUOTE_READERS: Final[dict[str, Reader]] = {
    "instrument_id": _same,
    "seq": _same,
    "bid": Decimal,
    "ask": Decimal,
    "bid_size": Decimal,
    "ask_size": Decimal,
    "time": datetime.fromisoformat,
    "at": datetime.fromisoformat,
}
BY_NAME: Final[dict[str, Reader]] = {
    "type": OrderType,
    "side": Side,
    "validity": Validity,
    "expire_at": datetime.fromisoformat,
    "quote": _quote,
    "rules": _rules,
    **dict.fromkeys(("qty", "cash_qty", "price", "stop_price", "trail_ticks", "amount"), Decimal),
}
READERS: Final[dict[str, dict[str, Reader]]] = {
    kind: {f.name: BY_NAME.get(f.name, _same) for f in fields(cls)} for kind, cls in CLASSES.items()
}
READERS["place"] |= {"stop_loss": _guard_of(StopLossType), "take_profit": _guard_of(TakeProfitType)}
READERS["modify"] |= {"stop_loss": Decimal, "take_profit": Decimal}
