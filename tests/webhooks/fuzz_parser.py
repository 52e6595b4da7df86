"""`make fuzz-parser`: atheris looks for bytes that the parser cannot bear, guided by the branches they reach.

    python -m tests.webhooks.fuzz_parser [-max_total_time=300] [other options of libFuzzer] [corpus folder]

Whatever the bytes are: a command whose values can be stored, or faults with documented codes in one line; a report of
*Check* about the same text; an instrument or refusals. Bytes that break this are written to `crash-...`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import atheris
import django

for name, value in {
    "DJANGO_SETTINGS_MODULE": "webhooks_terminal.settings",
    "SECRET_KEY": "only for fuzzing",
    "WEBHOOK_PEPPERS": f"1:{'5a' * 32}",
    "QUOTE_FEED_TOKEN": "only-for-fuzzing-no-use-at-all",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
}.items():
    os.environ.setdefault(name, value)

with atheris.instrument_imports(include=["webhooks", "orders.strict_json", "orders.symbols", "orders.engine.terms"]):
    django.setup()
    from orders.engine.commands import Place
    from orders.engine.values import Instrument, SymbolType
    from orders.instruments import Catalogue
    from orders.symbols import SymbolIndex
    from webhooks import checking, hints
    from webhooks.errors import CATALOGUE
    from webhooks.message_examples import EXAMPLES
    from webhooks.ordering import UnfitError, place_on
    from webhooks.payloads import Message, MessageRefusedError, read_message
    from webhooks.shape import FIELDS

NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECONDS: Final = 300
SLOW_SECONDS: Final = 20  # for one input: instrumented code is slow, and a busy machine slower
NAMES: Final = ("BTCUSDT", "EUR/USD", "AAPL", "ES")


def instruments() -> Catalogue:
    """A few instruments, some of which share a symbol."""
    kinds = (SymbolType.CRYPTO, SymbolType.FOREX, SymbolType.EQUITY, SymbolType.FUTURES)
    pairs = [*zip(NAMES, kinds, strict=True), ("AAPL", SymbolType.EQUITY_CFD), ("AAPL", SymbolType.OPTIONS)]
    made = {number: an_instrument(number, symbol, kind) for number, (symbol, kind) in enumerate(pairs, 1)}
    return Catalogue((0, 0), made, SymbolIndex(made, {}))  # type: ignore[arg-type]


def an_instrument(number: int, symbol: str, kind: SymbolType) -> Instrument:
    is_dated = kind in (SymbolType.FUTURES, SymbolType.OPTIONS)
    return Instrument(
        id=number,
        symbol=symbol,
        symbol_type=kind,
        currency="USD",
        lot_size=Decimal(1),
        tick_size=Decimal("0.01"),
        min_lot=Decimal("0.001"),
        max_lot=Decimal(100),
        lot_step=Decimal("0.001"),
        margin_rate=Decimal(1),
        contract_month=datetime(2030, 12, 20, tzinfo=UTC).date() if is_dated else None,
        strike_price=Decimal(250) if kind is SymbolType.OPTIONS else None,
    )


SHELF: Final = instruments()
MESSAGES: Final = [message for shown in EXAMPLES.values() for _, message in shown.values()]
NAMES_OF_FIELDS: Final = [*(field.name for field in FIELDS), "stop_loss", "quantity", "note"]
WORDS: Final = [
    *sorted({word.value for field in FIELDS for word in field.words or ()}),
    *(*NAMES, "place", "2030-12-20", "203012", "{{close}}", "NaN", "0.001", "1795197600000", "US0378331005"),
    f"ws_{'a1' * 24}b",
]
MOST_FIELDS: Final = 30


def one_input(data: bytes) -> None:
    """Bytes as they are; after a zero byte a good message with some fields changed. What follows two bytes of ones is
    the header Idempotency-Key."""
    raw, _, key = data.partition(b"\xff\xff")
    if raw.startswith(b"\0"):
        raw = varied(atheris.FuzzedDataProvider(raw[1:]))
    try:
        message = read_message(raw, NOW, key.decode("latin-1"))
    except MessageRefusedError as error:
        hold(error.faults)
        checking.faulty(raw, error.faults, error.warnings, error.action).as_json()
        return
    storable(message)
    if isinstance(message.command, Place):
        try:
            place_on(SHELF, message, message.command, list(message.warnings), NOW)
        except UnfitError as unfit:
            hold(unfit.faults)


def varied(chance: atheris.FuzzedDataProvider) -> bytes:
    message = dict(chance.PickValueInList(MESSAGES))
    while chance.remaining_bytes() > 2 and len(message) < MOST_FIELDS:
        name = chance.PickValueInList(NAMES_OF_FIELDS)
        ways = [
            lambda: chance.PickValueInList(WORDS),
            lambda: chance.ConsumeUnicode(24),
            lambda: chance.ConsumeInt(8),
            lambda: chance.ConsumeRegularFloat(),
            lambda: f"{chance.ConsumeInt(6)}e{chance.ConsumeIntInRange(-30, 30)}",
            lambda: chance.PickValueInList([None, True, False, "", " ", [], {}]),
        ]
        message[name] = chance.PickValueInList(ways)()
    return json.dumps(message).encode()


def hold(faults: list[Any]) -> None:
    assert faults
    for fault in faults:
        assert fault.code in CATALOGUE, fault.code
        assert fault.message, fault
        assert (fault.message + fault.field).isprintable(), fault


def storable(message: Message) -> None:
    """PostgreSQL takes neither NUL nor lone surrogates; numbers are finite and above zero."""
    texts = [
        message.account_name,
        message.summary,
        message.request_id or "",
        message.client_order_id,
        *message.warnings,
    ]
    for slot in message.command.__slots__:
        value = getattr(message.command, slot)
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, Decimal):
            assert value.is_finite(), (slot, value)
            assert value > 0, (slot, value)
    for text in texts:
        assert "\0" not in text
        text.encode()


def seeds(folder: Path) -> None:
    """Good messages to start from."""
    for number, message in enumerate(MESSAGES):
        (folder / f"example-{number}").write_text(json.dumps(message))
        (folder / f"varied-{number}").write_bytes(bytes([0, *range(number, number + 60)]))


def dictionary(path: Path) -> None:
    """The words that a guess would hardly find."""
    words = {*NAMES_OF_FIELDS, *hints.OTHER_NAMES, *WORDS, "null", "true", "1e-3", "\\\\u0000", "\\\\ud800"}
    path.write_text("".join(f'"{word}"\n' for word in sorted(words)))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        seeds(folder / "corpus")
        dictionary(folder / "words")
        given = sys.argv[1:]
        folders = [word for word in given if not word.startswith("-")] or [str(folder / "corpus")]
        options = [f"-dict={folder / 'words'}", f"-timeout={SLOW_SECONDS}", "-max_len=4096"]
        if not any(word.startswith("-max_total_time") for word in given):
            options.append(f"-max_total_time={SECONDS}")
        atheris.Setup([sys.argv[0], *options, *(word for word in given if word.startswith("-")), *folders], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
