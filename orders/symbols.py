"""Finding the instrument that a message means: by its symbol, then by whatever else was said of it."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches

from orders.decimals import plain
from orders.engine.values import Instrument, Refusal, StrikeType, SymbolType

DATED_TYPES = frozenset({SymbolType.FUTURES, SymbolType.FUTURES_CFD, SymbolType.OPTIONS})
LONGEST_SYMBOL = 64
MOST_CHOICES = 8
CONTINUOUS = re.compile(r"\d{1,2}!$")
DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)
MONTH = re.compile(r"(\d{4})-?(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Selectors:
    """What a message says of its instrument. Texts are as sent, without white space around them; empty is absent."""

    symbol: str
    symbol_type: SymbolType | None = None
    contract_month: str = ""
    strike_price: Decimal | None = None
    strike_type: StrikeType | None = None
    isin: str = ""


def ignored_selectors(selectors: Selectors, instrument: Instrument) -> list[str]:
    """Names of the selectors that mean nothing for this type of instrument; they were not read."""
    names = []
    if selectors.contract_month and instrument.symbol_type not in DATED_TYPES:
        names.append("contractMonth")
    if instrument.symbol_type is not SymbolType.OPTIONS:
        names += ["strikePrice"] if selectors.strike_price is not None else []
        names += ["strikeType"] if selectors.strike_type is not None else []
    return names


# --- The symbol --------------------------------------------------------------------------------------


class SymbolIndex:
    """Every spelling of every symbol, and letter pairs to find the nearest ones."""

    def __init__(self, instruments: Mapping[int, Instrument], aliases: Mapping[int, Iterable[str]]) -> None:
        self.instruments = instruments
        self.exact: dict[str, list[int]] = {}
        self.by_alias: dict[str, list[int]] = {}
        self.without_slash: dict[str, list[int]] = {}
        self.symbol_of: dict[str, str] = {}
        self.pairs: dict[str, set[str]] = {}
        for instrument in instruments.values():
            self.exact.setdefault(instrument.symbol, []).append(instrument.id)
            self.without_slash.setdefault(squeezed(instrument.symbol), []).append(instrument.id)
            self.add_spelling(instrument.symbol, instrument.symbol)
            for alias in aliases.get(instrument.id, ()):
                self.by_alias.setdefault(alias.upper(), []).append(instrument.id)
                self.add_spelling(alias, instrument.symbol)

    def add_spelling(self, spelling: str, symbol: str) -> None:
        word = squeezed(spelling)
        self.symbol_of[word] = symbol
        for pair in letter_pairs(word):
            self.pairs.setdefault(pair, set()).add(word)

    def named(self, symbol: str) -> list[Instrument]:
        """The instruments of a symbol, by the first spelling that has any."""
        found = next((numbers for spelling in spellings(symbol) if (numbers := self.spelled(spelling))), [])
        instruments = [self.instruments[number] for number in found]
        if CONTINUOUS.search(symbol):
            return [instrument for instrument in instruments if instrument.symbol_type in DATED_TYPES]
        return instruments

    def spelled(self, spelling: str) -> list[int]:
        if spelling in self.exact:
            return self.exact[spelling]
        if not spelling.isascii():  # some letters of other scripts have an ASCII capital
            return []
        upper = spelling.upper()
        return self.exact.get(upper) or self.by_alias.get(upper) or self.without_slash.get(squeezed(spelling), [])

    def nearest(self, symbol: str) -> list[str]:
        """Symbols that look like this one, the likeliest first."""
        *_, barest = spellings(symbol)
        word = squeezed(barest)
        shared = Counter(other for pair in letter_pairs(word) for other in self.pairs.get(pair, ()))
        likely = [other for other, _ in shared.most_common(50)]
        close = get_close_matches(word, likely, n=5, cutoff=0.55)
        return list(dict.fromkeys(self.symbol_of[other] for other in close))[:3]


def squeezed(symbol: str) -> str:
    return symbol.upper().replace("/", "")


def letter_pairs(word: str) -> set[str]:
    return {word[at : at + 2] for at in range(max(len(word) - 1, 1))}


def spellings(symbol: str) -> Iterator[str]:
    """As sent, without an exchange's prefix, without `.P` (a perpetual), without a continuous contract's `1!`."""
    yield symbol
    bare = symbol.rpartition(":")[2].strip()
    yield bare
    if bare.upper().endswith(".P"):
        bare = bare[:-2]
    yield bare
    yield CONTINUOUS.sub("", bare)


# --- What narrows the choice -----------------------------------------------------------------------------

Narrowed = list[Instrument] | Refusal


def chosen(index: SymbolIndex, selectors: Selectors, complete: bool = True) -> Instrument | list[Refusal]:
    """The one instrument that is meant, or why there is none.

    `complete` asks for every selector that the type requires, even when a single contract exists.
    """
    found = index.named(selectors.symbol) if len(selectors.symbol) <= LONGEST_SYMBOL else []
    if not found:
        return [unknown_symbol(index, selectors.symbol)]
    for narrow in (by_type, by_isin, by_month, by_strike_price, by_strike_type):
        narrowed = narrow(found, selectors)
        if isinstance(narrowed, Refusal):
            return [narrowed]
        found = narrowed
    if complete and (missing := missing_selectors(found, selectors)):
        return missing
    return found[0] if len(found) == 1 else [undecided(found, selectors)]


def by_type(found: list[Instrument], selectors: Selectors) -> Narrowed:
    if selectors.symbol_type is None:
        return found
    left = [instrument for instrument in found if instrument.symbol_type is selectors.symbol_type]
    return left or nothing_fits("symbolType", selectors.symbol_type, found, kinds_of(found))


def by_isin(found: list[Instrument], selectors: Selectors) -> Narrowed:
    if not selectors.isin:
        return found
    left = [instrument for instrument in found if instrument.isin == selectors.isin.upper()]
    return left or Refusal("isin_mismatch", f"{selectors.isin[:40]} is not the ISIN of {found[0].symbol}", "isin")


def by_month(found: list[Instrument], selectors: Selectors) -> Narrowed:
    dated = [instrument for instrument in found if instrument.symbol_type in DATED_TYPES]
    if not selectors.contract_month or not dated:
        return found
    span = days_meant(selectors.contract_month)
    if span is None:
        text = "must be a date YYYY-MM-DD or YYYYMMDD, or a month YYYY-MM or YYYYMM"
        return Refusal("contract_month", text, "contractMonth")
    left = [one for one in dated if one.contract_month is not None and span[0] <= one.contract_month <= span[1]]
    return left or nothing_fits("contractMonth", selectors.contract_month, dated, months_of(dated))


def by_strike_price(found: list[Instrument], selectors: Selectors) -> Narrowed:
    strike = selectors.strike_price
    return by_option(found, "strikePrice", "" if strike is None else plain(strike), strike_of)


def by_strike_type(found: list[Instrument], selectors: Selectors) -> Narrowed:
    return by_option(found, "strikeType", selectors.strike_type or "", strike_type_of)


def by_option(found: list[Instrument], name: str, wanted: str, value_of: Callable[[Instrument], str]) -> Narrowed:
    options = [instrument for instrument in found if instrument.symbol_type is SymbolType.OPTIONS]
    if not wanted or not options:
        return found
    left = [option for option in options if value_of(option) == wanted]
    return left or nothing_fits(name, wanted, options, distinct(map(value_of, options)))


def days_meant(text: str) -> tuple[date, date] | None:
    """First and last day that a contract month may mean; None when it is no date."""
    try:
        if day := DAY.fullmatch(text):
            exact = date(int(day[1]), int(day[2]), int(day[3]))
            return exact, exact
        if month := MONTH.fullmatch(text):
            first = date(int(month[1]), int(month[2]), 1)
            return first, first.replace(day=monthrange(first.year, first.month)[1])
    except ValueError:
        pass
    return None


# --- Words -------------------------------------------------------------------------------------------------


def missing_selectors(found: list[Instrument], selectors: Selectors) -> list[Refusal]:
    """A refusal for each selector that the type requires and the message lacks; none while the type is open."""
    if len(kinds := kinds_of(found)) > 1:
        return []
    kind = found[0].symbol_type
    questions: list[tuple[str, object, list[str]]] = []
    if kind in DATED_TYPES:
        questions.append(("contractMonth", selectors.contract_month, months_of(found)))
    if kind is SymbolType.OPTIONS:
        questions.append(("strikePrice", selectors.strike_price, distinct(map(strike_of, found))))
        questions.append(("strikeType", selectors.strike_type, distinct(map(strike_type_of, found))))
    hint = "; a continuous contract cannot be traded" if CONTINUOUS.search(selectors.symbol) else ""
    return [
        Refusal("required", f"is required for {kinds[0]}: {found[0].symbol} has {listed(choices)}{hint}", name)
        for name, given, choices in questions
        if not given
    ]


def unknown_symbol(index: SymbolIndex, symbol: str) -> Refusal:
    shown = symbol if len(symbol) <= LONGEST_SYMBOL else f"{symbol[:LONGEST_SYMBOL]}..."
    text = f"no instrument {shown}"
    if CONTINUOUS.search(symbol):
        text += " (a continuous contract: send the contract's own symbol and its contractMonth)"
    near = index.nearest(symbol[:LONGEST_SYMBOL])
    return Refusal("symbol_unknown", text + (f"; the nearest: {', '.join(near)}" if near else ""), "symbol")


def undecided(found: list[Instrument], selectors: Selectors) -> Refusal:
    """Names the first field that tells the remaining instruments apart, and its choices."""
    questions = (
        ("symbolType", kinds_of(found)),
        ("contractMonth", months_of(found)),
        ("strikePrice", distinct(map(strike_of, found))),
        ("strikeType", distinct(map(strike_type_of, found))),
        ("symbol", distinct(one.symbol for one in found)),
    )
    name, choices = next(question for question in questions if len(question[1]) > 1)
    return Refusal("symbol_ambiguous", f"several instruments are {selectors.symbol}: name {listed(choices)}", name)


def nothing_fits(name: str, wanted: str, found: list[Instrument], choices: list[str]) -> Refusal:
    return Refusal("symbol_unknown", f"{found[0].symbol} has no {wanted[:40]}, only {listed(choices)}", name)


def kinds_of(found: Iterable[Instrument]) -> list[str]:
    return distinct(str(one.symbol_type) for one in found)


def months_of(found: Iterable[Instrument]) -> list[str]:
    return distinct(one.contract_month.isoformat() for one in found if one.contract_month)


def strike_of(instrument: Instrument) -> str:
    return plain(instrument.strike_price) if instrument.strike_price is not None else ""


def strike_type_of(instrument: Instrument) -> str:
    return instrument.strike_type or ""


def distinct(words: Iterable[str]) -> list[str]:
    return sorted({word for word in words if word})


def listed(choices: list[str]) -> str:
    """At most eight choices: "A, B or C"."""
    if len(choices) > MOST_CHOICES:
        return f"{', '.join(choices[:MOST_CHOICES])} and {len(choices) - MOST_CHOICES} more"
    *others, last = choices or ["none"]
    return f"{', '.join(others)} or {last}" if others else last
