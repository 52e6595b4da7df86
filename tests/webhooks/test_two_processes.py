"""Two senders say the same thing at the same moment, each many times: one order, and everybody hears of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.instance import Product

RUNS = int(os.environ.get("TWO_PROCESSES_RUNS", "5"))
EACH = 25
# A machine that is busy with other things may let the engine wait; a `pending` among the answers would be right then.
SETTINGS = {"WEBHOOK_RATE_PER_SECOND": "5000", "WEBHOOK_RATE_BURST": "5000", "WEBHOOK_WAIT_MS": "2500"}
SENDER = """
import http.client, json, sys, threading, time
host, path, body, start, many = sys.argv[1:]
answers = []
def post():
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.connect()
    time.sleep(max(0, float(start) - time.time()))
    connection.request("POST", path, body.encode())
    reply = connection.getresponse()
    headers = {name.lower(): value for name, value in reply.getheaders()}
    answers.append([reply.status, reply.read().decode(), headers["x-request-id"], "idempotent-replayed" in headers])
threads = [threading.Thread(target=post) for _ in range(int(many))]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps(answers))
"""


@pytest.mark.timeout(60 + 5 * RUNS)
def test_one_order_and_fifty_equal_answers(start_product: Callable[..., Product]) -> None:
    product = start_product(settings=SETTINGS)
    trader = product.newcomer(deposit="10000000")
    place = {"action": "place", "accountName": trader.account, "symbol": "BTCUSDT", "type": "Market", "side": "buy"}
    for run in range(RUNS):
        body = json.dumps(place | {"qty": "0.001", "requestId": f"run-{run}"})
        start = str(time.time() + 0.7)
        host = product.url.removeprefix("http://")
        command = [sys.executable, "-c", SENDER, host, trader.key.path, body, start, str(EACH)]
        senders = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        answers = [answer for sender in senders for answer in json.loads(sender.communicate(timeout=60)[0])]
        assert len(answers) == 2 * EACH
        assert {status for status, *_ in answers} == {200}
        assert len({text for _, text, *_ in answers}) == 1
        assert len({number for _, _, number, _ in answers}) == 2 * EACH
        assert sum(replayed for *_, replayed in answers) == 2 * EACH - 1
    orders = product.read(f"/api/v1/accounts/{trader.account}/orders?limit=500", trader.key)["d"]
    assert len(orders) == RUNS
