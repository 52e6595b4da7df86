"""docs/webhooks.md: its tables are current, and every example in it does what the guide says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.instance import Product, Trader
from tests.panel.test_snippets import FILLED_IN, evaluated_pine
from webhooks.errors import CATALOGUE
from webhooks.guide import GUIDE, GUIDES, as_html, with_tables
from webhooks.shape import FIELDS

TEXT = GUIDE.read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
URL = "https://terminal.example.com/webhook/{apiKey}/{secretKey}"


def examples(language: str) -> list[str]:
    found = [text for name, text in BLOCKS if name == language]
    assert found, f"no example in {language}"
    return found


@pytest.fixture(scope="module")
def trader(shared_product: Product) -> Trader:
    return shared_product.newcomer()


def named(text: str, product: Product, trader: Trader) -> str:
    return text.replace(URL, product.webhook_url(trader.key)).replace("DEMO-1", trader.account)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tables_are_current() -> None:
    for guide in GUIDES:
        text = guide.read_text("utf-8")
        assert with_tables(text) == text, "run `manage.py webhook_docs`"
    for name in [*(field.name for field in FIELDS), *CATALOGUE]:
        assert f"| `{name}` |" in TEXT


def test_its_messages_are_accepted_in_their_order(product: Product, trader: Trader) -> None:
    messages = [text for text in examples("json") if '"action"' in text]
    assert len(messages) == 4
    for text in messages:
        answer = product.post(named(text, product, trader), trader.key)
        assert answer.status == 200, answer.text
        assert "warnings" not in answer.json


def test_curl(product: Product, trader: Trader) -> None:
    for text in examples("sh"):
        assert json.loads(run("sh", "-c", named(text, product, trader)))["d"]["state"] == "filled"


def test_python(product: Product, trader: Trader) -> None:
    for text in examples("python"):
        assert run(sys.executable, "-c", named(text, product, trader)) == "filled\n"


def test_javascript(product: Product, trader: Trader, tmp_path: Path) -> None:
    for text in examples("javascript"):
        script = tmp_path / "example.mjs"
        script.write_text(named(text, product, trader))
        assert run("node", str(script)) == "filled\n"


def test_pine(product: Product, trader: Trader) -> None:
    for text in examples("pine"):
        answer = product.post(named(evaluated_pine(text), product, trader), trader.key)
        assert (answer.status, answer.json["d"]["state"]) == (200, "filled")
        assert "warnings" not in answer.json


def test_tradingview(product: Product, trader: Trader) -> None:
    for text in examples("tradingview"):
        filled_in = re.sub(r"\{\{(.+?)\}\}", lambda match: FILLED_IN[match[1]], named(text, product, trader))
        answer = product.post(filled_in, trader.key)
        assert (answer.status, answer.json["d"]["state"]) == (200, "filled")


def test_the_terminal_shows_it_with_the_readers_address() -> None:
    html: Any = as_html(TEXT + "\n<script>alert(1)</script>\n", "https://mine.test/webhook/{apiKey}/{secretKey}")
    assert "https://mine.test/webhook/" in html
    assert "terminal.example.com" not in html
    assert "<script" not in html
    assert "made: fields" not in html
    assert html.count("<table") == len(re.findall(r"^\|---", TEXT, re.MULTILINE))
