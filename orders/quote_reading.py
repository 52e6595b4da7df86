"""What a source says of the market, read and judged: a quote we can take, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from orders.engine.money import LIMIT
from orders.engine.values import Instrument, Refusal, StrikeType, SymbolType
from orders.instruments import Catalogue, Selectors
from orders.strict_json import BadNumberError, Number, decimal_of

MOST_PLACES = 10  # as many as a price's column keeps
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Offer:
    """A quote that has no number yet. `time` None means now; sizes None mean without bound."""

    instrument_id: int
    bid: Decimal
    ask: Decimal
    bid_size: Decimal | None = None
    ask_size: Decimal | None = None
    last: Decimal | None = None
    time: datetime | None = None


class Unfit(Exception):  # noqa: N818  an answer to the source, no fault of ours
    """Why a quote is refused. `instrument_id` is set when its instrument was found."""

    def __init__(self, code: str, text: str, instrument_id: int | None = None) -> None:
        super().__init__(text)
        self.code, self.text, self.instrument_id = code, text, instrument_id


def read_offer(raw: object, catalogue: Catalogue) -> Offer:
    """The quote that a JSON object is. Raises Unfit."""
    if not isinstance(raw, Mapping):
        raise Unfit("not_an_object", "a quote is a JSON object with symbol, bid and ask")
    instrument = named_instrument(raw, catalogue)
    try:
        offer = Offer(
            instrument_id=instrument.id,
            bid=positive(raw, "bid"),
            ask=positive(raw, "ask"),
            bid_size=size(raw, "bidSize"),
            ask_size=size(raw, "askSize"),
            last=positive(raw, "last") if present(raw, "last") else None,
            time=moment(raw["time"]) if present(raw, "time") else None,
        )
    except Unfit as unfit:
        unfit.instrument_id = instrument.id
        raise
    if offer.bid > offer.ask:
        raise Unfit("crossed", f"crossed: bid {offer.bid} is above ask {offer.ask}", instrument.id)
    return offer


def present(raw: Mapping[str, Any], name: str) -> bool:
    return raw.get(name) not in (None, "")


def named_instrument(raw: Mapping[str, Any], catalogue: Catalogue) -> Instrument:
    if not present(raw, "symbol"):
        raise Unfit("required", "symbol is missing")
    found = catalogue.find(selectors_of(raw), complete=False)
    if isinstance(found, Instrument):
        return found
    raise Unfit(found[0].code, words_of(found))


def words_of(refusals: list[Refusal]) -> str:
    return "; ".join(f"{refusal.field}: {refusal.text}" if refusal.field else refusal.text for refusal in refusals)


def selectors_of(raw: Mapping[str, Any]) -> Selectors:
    return Selectors(
        symbol=text(raw, "symbol"),
        symbol_type=word(raw, "symbolType", SymbolType),
        contract_month=text(raw, "contractMonth"),
        strike_price=positive(raw, "strikePrice") if present(raw, "strikePrice") else None,
        strike_type=word(raw, "strikeType", StrikeType),
        isin=text(raw, "isin"),
    )


def text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unfit("not_a_text", f"{name} must be a text")
    return value.strip()


def word(raw: Mapping[str, Any], name: str, words: type[Word]) -> Word | None:
    """One of the words, whatever its case and separators; None when absent."""
    if not present(raw, name):
        return None
    said = squeezed(text(raw, name))
    found = next((one for one in words if squeezed(one) == said), None)
    if found is None:
        raise Unfit("unknown_word", f"{name} must be one of {', '.join(words)}")
    return found


def squeezed(said: str) -> str:
    return "".join(letter for letter in said if letter not in " _-").upper()


def number(raw: Mapping[str, Any], name: str) -> Decimal:
    if not present(raw, name):
        raise Unfit("required", f"{name} is missing")
    try:
        value = decimal_of(raw[name])
    except BadNumberError as error:
        raise Unfit(error.code, f"{name} {error.message}") from None
    if abs(value) >= LIMIT:
        raise Unfit("out_of_range", f"{name} must be a number of an ordinary size")
    if value != round(value, MOST_PLACES):
        raise Unfit("too_many_digits", f"{name} has more than {MOST_PLACES} decimal places")
    return value


def positive(raw: Mapping[str, Any], name: str) -> Decimal:
    value = number(raw, name)
    if value <= 0:
        raise Unfit("not_positive", f"{name} must be greater than zero")
    return value


def size(raw: Mapping[str, Any], name: str) -> Decimal | None:
    if not present(raw, name):
        return None
    value = number(raw, name)
    if value < 0:
        raise Unfit("not_positive", f"{name} must not be negative")
    return value


def moment(value: object) -> datetime:
    """ISO 8601 with its zone, or milliseconds since the epoch."""
    try:
        if isinstance(value, Number):
            return EPOCH + timedelta(milliseconds=int(value))
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        if found is not None and found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Unfit("time", "time must be ISO 8601 with a zone, or whole milliseconds since the epoch")
