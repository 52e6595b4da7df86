"""Snippets speak of the user's own accounts and instruments, and what they send is what the webhook takes."""

from __future__ import annotations

import ast
import itertools
import json
import re
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape

import pytest

from orders.engine.commands import Cancel, Modify, Place
from orders.models import Instrument, LastQuote, Order
from tests.panel.people import Person, text_of
from webhooks.highlighting import LANGUAGES, highlighted
from webhooks.payloads import Message, read_message
from webhooks.snippets import ACTIONS, FORMATS, SLOTS

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
TYPES = ("Market", "Limit", "Stop", "Stop limit", "Trailing stop", "Care")
# What TradingView would put in.
FILLED_IN = {
    "ticker": "BTCUSDT",
    "strategy.order.action": "sell",
    "strategy.order.contracts": "0.25",
    "close": "64250.5",
    "plot_0": "63000",
    "strategy.order.id": "long-1",
    "timenow": "2026-11-20T18:00:00Z",
}


@pytest.fixture
def market(db: None) -> dict[str, Instrument]:
    common = {
        "lot_size": 1,
        "min_lot": Decimal("0.001"),
        "max_lot": 100,
        "lot_step": Decimal("0.001"),
        "margin_rate": 1,
    }
    terms = {"currency": "USD", "tick_size": Decimal("0.5"), **common}
    rows = {
        "btc": Instrument(symbol="BTCUSDT", symbol_type="CRYPTO", **terms),
        "es": Instrument(symbol="ES", symbol_type="FUTURES", contract_month="2030-12-20", **terms),
        "call": Instrument(
            symbol="AAPL",
            symbol_type="OPTIONS",
            contract_month="2030-12-20",
            strike_price=Decimal(250),
            strike_type="Call",
            **terms,
        ),
        "closed": Instrument(symbol="GONE", symbol_type="CRYPTO", status="closed", **terms),
    }
    for row in rows.values():
        row.save()
    LastQuote.objects.create(instrument=rows["btc"], seq=1, bid=Decimal(64250), ask=Decimal("64250.5"))
    return rows


def code_of(person: Person, **choices: object) -> str:
    """The snippet as it would be copied."""
    html = text_of(person.fragment("/webhooks/snippet", **choices))
    code = re.search(r'<code id="snippet-code">(.*?)</code>', html, re.DOTALL)
    assert code
    return unescape(re.sub(r"<[^>]+>", "", code[1]))


def message_in(code: str, format_: str) -> str:
    """The JSON that the snippet sends."""
    if format_ == "curl":
        return code.partition("-d '")[2].removesuffix("'").replace("'\\''", "'")
    if format_ in ("python", "javascript"):
        return re.search(r"order = (\{.*?^\})", code, re.DOTALL | re.MULTILINE)[1]  # type: ignore[index]
    if format_ == "pine":
        return evaluated_pine(code)
    return re.sub(r"\{\{(.+?)\}\}", lambda match: FILLED_IN[match[1]], code)


def evaluated_pine(code: str) -> str:
    """Pine joins texts as Python does; what the chart knows is put in."""
    expression = re.search(r"message = (.*?)\n\n", code, re.DOTALL)
    assert expression
    known = {"syminfo.ticker": '"BTCUSDT"', "str.tostring(close)": '"64250.5"', "str.tostring(slow)": '"63000"'}
    text = expression[1].replace("str.tostring(timenow)", '"1795197600000"').replace("\n     ", " ")
    for name, value in known.items():
        text = text.replace(name, value)
    return str(eval(compile(ast.parse(text, mode="eval"), "pine", "eval"), {"__builtins__": {}}))


def read(message: str) -> Message:
    return read_message(message.encode(), NOW, "")


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("action", ACTIONS)
def test_the_webhook_takes_every_snippet_without_a_warning(
    alice: Person, market: dict[str, Instrument], action: str, format_: str
) -> None:
    for type_, bracket in itertools.product(TYPES, (True, False)):
        choices = {"action": action, "format": format_, "type": type_, **({"bracket": "on"} if bracket else {})}
        message = read(message_in(code_of(alice, **choices), format_))
        assert message.warnings == []
        assert message.account_name == alice.user.trading_accounts.get().name
        assert isinstance(message.command, {"place": Place, "modify": Modify, "cancel": Cancel}[action])
        if isinstance(message.command, Place):
            assert message.command.type == type_
            assert bool(message.command.stop_loss and message.command.take_profit) is bracket


@pytest.mark.parametrize("name", ["btc", "es", "call"])
def test_an_instrument_is_named_so_that_it_is_found(alice: Person, market: dict[str, Instrument], name: str) -> None:
    choices = {"action": "place", "format": "python", "instrument": str(market[name].pk)}
    selectors = read(message_in(code_of(alice, **choices), "python")).selectors
    assert selectors
    assert selectors.symbol == market[name].symbol
    fields = json.loads(message_in(code_of(alice, **choices), "python"))
    assert fields["symbolType"] == market[name].symbol_type
    assert fields.get("contractMonth") == ("2030-12-20" if name != "btc" else None)
    assert fields.get("strikeType") == ("Call" if name == "call" else None)


def test_prices_lie_on_the_tick_near_the_market(alice: Person, market: dict[str, Instrument]) -> None:
    choices = {"action": "place", "format": "curl", "type": "Stop limit", "instrument": str(market["btc"].pk)}
    fields = json.loads(message_in(code_of(alice, **choices), "curl"))
    assert 64250 < fields["stopPrice"] < fields["price"] < 66000
    assert fields["price"] % 0.5 == 0
    assert fields["qty"] == 0.001


def test_what_is_closed_is_not_offered(alice: Person, market: dict[str, Instrument]) -> None:
    html = text_of(alice.fragment("/webhooks/snippet"))
    assert "BTCUSDT" in html
    assert "GONE" not in html


def test_modifying_names_the_users_own_working_order(alice: Person, market: dict[str, Instrument]) -> None:
    account = alice.user.trading_accounts.get()
    made = {"account": account, "instrument": market["btc"], "qty": 1, "created_at": NOW, "updated_at": NOW}
    Order.objects.create(id=4711, type="Limit", side="buy", validity="GTC", state="working", **made)
    Order.objects.create(id=4712, type="Limit", side="buy", validity="GTC", state="filled", **made)
    code = code_of(alice, action="cancel", format="curl")
    assert json.loads(message_in(code, "curl"))["orderId"] == 4711


def test_the_address_has_placeholders_and_never_a_key(alice: Person) -> None:
    key = alice.key()
    for format_ in FORMATS:
        html = text_of(alice.fragment("/webhooks/snippet", action="place", format=format_))
        assert key.api_key not in html
        if format_ != "pine":
            assert "/webhook/{apiKey}/{secretKey}" in unescape(re.sub(r"<[^>]+>", "", html))


def test_a_strangers_accounts_are_not_offered(alice: Person, mallory: Person) -> None:
    name = alice.user.trading_accounts.get().name
    assert name not in text_of(mallory.fragment("/webhooks/snippet", action="place", account=name))


@pytest.mark.parametrize(
    "choices",
    [
        {"action": "fly"},
        {"action": "place", "type": "\0"},
        {"format": "cobol", "action": "place"},
        {"instrument": "-1", "action": "place"},
        {"account": "'; drop", "action": "cancel"},
        {"action": "modify", "type": "Market"},
        {"action": ["place", "modify"]},
    ],
)
def test_unknown_choices_become_the_first_of_their_kind(alice: Person, choices: dict[str, object]) -> None:
    assert code_of(alice, **choices)


def test_without_instruments_and_accounts_there_is_still_an_example(alice: Person) -> None:
    alice.user.trading_accounts.all().delete()
    for format_ in FORMATS:
        for action in ACTIONS:
            assert read(message_in(code_of(alice, action=action, format=format_), format_)).account_name == "DEMO-1"


def test_an_accounts_name_cannot_break_out_of_the_snippet(alice: Person, market: dict[str, Instrument]) -> None:
    name = 'it\'s "quoted" \\ $(id)'
    alice.user.trading_accounts.update(name=name)
    for format_ in ("curl", "python", "javascript", "pine"):
        code = code_of(alice, action="cancel", format=format_, account=name)
        assert read(message_in(code, format_)).account_name == name
    shell = code_of(alice, action="cancel", format="curl", account=name).replace("curl", "printf '%s\\n'", 1)
    printed = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=10, check=True).stdout
    assert json.dumps(name)[1:-1] in printed


def test_the_python_snippet_is_python(alice: Person, market: dict[str, Instrument]) -> None:
    for action in ACTIONS:
        compile(code_of(alice, action=action, format="python"), "snippet", "exec")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"a": [1, -2.5e3, true, null, "x\\"y"]}',
        "<script>alert('1')</script> & \"quotes\"",
        "'{not closed",
        "// comment\n# comment\ncurl -X POST 'u' \\\n  -d '{\"a\": 1}'",
        "{{ticker}} {apiKey} ws_*** /***",
        "\u202e\x00\ue000ticker\ue000",
    ],
)
def test_highlighting_adds_colour_and_changes_nothing(language: str, text: str) -> None:
    html = highlighted(text, language)
    assert unescape(re.sub(r"</?span[^>]*>", "", html)) == text
    assert "<script" not in html


def test_every_slot_is_known_to_tradingview_and_pine() -> None:
    for in_message, in_pine in SLOTS.values():
        assert re.findall(r"\{\{(.+?)\}\}", in_message)
        assert in_pine
