"""Strangers with the published document in hand: whatever they send, the answers are those that it promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.instance import Product, Trader

# How hard to try; a long night takes a few thousand.
EXAMPLES = os.environ.get("PUBLISHED_EXAMPLES", "8")
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_headers_conformance", "response_schema_conformance"),
)
UNHURRIED = {"WEBHOOK_RATE_PER_SECOND": "5000", "WEBHOOK_RATE_BURST": "5000"}


def schemathesis(product: Product, trader: Trader, schema: str, folder: Path) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "run", schema]
    command += ["--url", product.url, "--header", f"Authorization: {trader.key.basic}", "--checks", ",".join(CHECKS)]
    command += ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", EXAMPLES, "--no-color"]
    command += ["--request-timeout", "5", "--generation-database", "none", "--max-failures", "5"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=420, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested: 16" in done.stdout, done.stdout[-3000:]


@pytest.mark.timeout(900)
def test_the_answers_are_those_that_the_document_promises(
    start_product: Callable[..., Product], tmp_path: Path
) -> None:
    product = start_product(settings=UNHURRIED)
    trader = product.newcomer(deposit="10000000")
    schemathesis(product, trader, f"{product.url}/api/v1/schema", tmp_path)
    known = tmp_path / "known.json"
    known.write_text(json.dumps(with_real_values(product, trader)))
    schemathesis(product, trader, str(known), tmp_path)
    assert product.read(f"/api/v1/accounts/{trader.account}/orders", trader.key)["d"], "nothing reached the engine"
    assert product.try_manage("audit").returncode == 0


def with_real_values(product: Product, trader: Trader) -> dict[str, Any]:
    """The document, where names are those of things that exist: so the engine gets to hear of it."""
    place = {"action": "place", "accountName": trader.account, "symbol": "BTCUSDT", "side": "buy", "qty": "0.001"}
    answer = product.post(place | {"type": "Market"}, trader.key)
    order, request = answer.json["d"]["orderId"], answer.headers["x-request-id"]
    real = {"apiKey": trader.key.api, "secretKey": trader.key.secret, "name": trader.account, "id": request}
    document: dict[str, Any] = product.ask("GET", "/api/v1/schema").json
    for path, item in document["paths"].items():
        for parameter in [one for operation in item.values() for one in operation["parameters"]]:
            number = request if "/requests/" in path else str(order)
            if parameter["in"] == "path":
                parameter["schema"] = {"enum": [(real | {"number": number})[parameter["name"]]]}
    words = {"accountName": [trader.account], "symbol": ["BTCUSDT", "EURUSD", "AAPL"], "orderId": [order, order + 1]}
    for name in ("PlaceMessage", "ModifyMessage", "CancelMessage"):
        fields = document["components"]["schemas"][name]["properties"]
        fields |= {field: {"enum": known} for field, known in words.items() if field in fields}
    return document
