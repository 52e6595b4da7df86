"""The terms that instruments had when commands were executed: operators change them, and a replay needs the old ones.

Terms are numbered for each instrument as they come into use. A command's context names those beyond the first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from orders.engine.values import Commission, Instrument, InstrumentStatus, StrikeType, SymbolType
from orders.wire import Call, Statement, Wire

KEEP: Final = Statement(
    "terms_keep",
    """
INSERT INTO orders_instrumentterms (instrument_id, number, digest, terms)
SELECT r.instrument_id, 1 + coalesce((
    SELECT max(number) FROM orders_instrumentterms t WHERE t.instrument_id = r.instrument_id
), 0), r.digest, r.terms
FROM json_to_recordset($1::json) AS r (instrument_id bigint, digest text, terms jsonb)
WHERE NOT EXISTS (
    SELECT FROM orders_instrumentterms t WHERE t.instrument_id = r.instrument_id AND t.digest = r.digest
)
ORDER BY r.instrument_id ON CONFLICT DO NOTHING
""",
)
FIND: Final = Statement(
    "terms_find",
    """
SELECT t.instrument_id, t.number
FROM json_to_recordset($1::json) AS r (instrument_id bigint, digest text, terms jsonb)
JOIN orders_instrumentterms t ON t.instrument_id = r.instrument_id AND t.digest = r.digest
""",
)
EVERY: Final = Statement("terms_every", "SELECT instrument_id, number, terms FROM orders_instrumentterms")
TRIES: Final = 3

_numbers: dict[int, tuple[Instrument, int]] = {}


def numbers_of(wire: Wire, instruments: Iterable[Instrument]) -> dict[int, int]:
    """The numbers of the terms in force, by instrument; kept in the open transaction when they are new."""
    in_force = {instrument.id: replace(instrument, status=InstrumentStatus.OPEN) for instrument in instruments}
    new = {key: terms for key, terms in in_force.items() if _numbers.get(key, (None, 0))[0] != terms}
    for _ in range(TRIES):
        if not new:
            break
        rows = json.dumps([_row(terms) for terms in new.values()])
        [found] = wire.run(Call(KEEP, (rows,)), Call(FIND, (rows,)))
        _numbers.update({key: (new[key], number) for key, number in found})
        new = {key: terms for key, terms in new.items() if key not in dict(found)}  # somebody else numbered meanwhile
    return {key: _numbers[key][1] for key in in_force}


def forget() -> None:
    """What was kept in a transaction that was undone is not kept."""
    _numbers.clear()


def every(wire: Wire) -> dict[tuple[int, int], Instrument]:
    """All terms there ever were, by instrument and number."""
    return {(key, number): from_json(terms) for key, number, terms in wire.rows(EVERY)}


def _row(instrument: Instrument) -> dict[str, Any]:
    terms = to_json(instrument)
    digest = hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()[:16]
    return {"instrument_id": instrument.id, "digest": digest, "terms": terms}


# --- As JSON ------------------------------------------------------------------------------------------------


def to_json(instrument: Instrument) -> dict[str, Any]:
    return {field.name: _json(getattr(instrument, field.name)) for field in fields(Instrument)}


def _json(value: Any) -> Any:
    if isinstance(value, Decimal | date):
        return str(value)
    if isinstance(value, Commission):
        return [str(value.per_lot), str(value.percent), str(value.fixed)]
    if isinstance(value, tuple):
        return [[str(start), str(size)] for start, size in value]
    return value


def from_json(terms: dict[str, Any]) -> Instrument:
    read: dict[str, Any] = {name: None if value is None else READERS[name](value) for name, value in terms.items()}
    return Instrument(**read)


def _same(value: Any) -> Any:
    return value


READERS: Final = {
    **{field.name: _same for field in fields(Instrument)},
    **dict.fromkeys(("lot_size", "tick_size", "min_lot", "max_lot", "lot_step", "margin_rate"), Decimal),
    **dict.fromkeys(("low_price_limit", "high_price_limit", "strike_price"), Decimal),
    **dict.fromkeys(("contract_month", "last_trading_day"), date.fromisoformat),
    "symbol_type": SymbolType,
    "strike_type": StrikeType,
    "status": InstrumentStatus,
    "tick_ranges": lambda pairs: tuple((Decimal(start), Decimal(size)) for start, size in pairs),
    "commission": lambda parts: Commission(*map(Decimal, parts)),
}
