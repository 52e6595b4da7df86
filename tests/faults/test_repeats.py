"""A message that is said twice is one order when it says so, and two orders when it does not."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from tests.faults.alerts import Alert, limit_order, market_order
from tests.faults.lengths import length
from tests.faults.promises import kept, look
from tests.faults.senders import Sent, send, together
from tests.faults.test_killed_processes import alert_of
from tests.instance import Product, Trader

PARALLEL = 50


def at_once(product: Product, alerts: Sequence[Alert], pause: float = 0.2) -> list[Sent]:
    return together([lambda alert=alert: send(product, alert, pause=pause) for alert in alerts])


@pytest.mark.parametrize("number", range(length(1, 5)))
def test_the_same_request_id_in_parallel_is_one_order(whole: Product, traders: list[Trader], number: int) -> None:
    trader = traders[10 + number]  # one each: a key may send a hundred at once
    alert = alert_of(trader, 1, market_order(f"once-{number}") | {"requestId": f"once-{number}"})
    sent = at_once(whole, [alert] * PARALLEL)
    assert [one.last.status for one in sent] == [200] * PARALLEL
    commands = kept(whole, sent[:1])
    assert len(commands) == 1
    # Asked again when everything is settled, all have the same to say.
    assert {one.last.json["d"]["orderId"] for one in sent} == {commands[0].order_id}
    replayed = [one for one in sent if one.last.headers.get("idempotent-replayed") == "true"]
    assert len(replayed) == PARALLEL - 1
    late = send(whole, alert).last
    assert late.json["d"] == {**sent[0].last.json["d"], **late.json["d"]}
    assert late.json["d"]["state"] == "filled"


def test_the_same_request_id_with_other_words_is_refused(whole: Product, traders: list[Trader]) -> None:
    bodies = [market_order("first words", side) | {"requestId": "two bodies"} for side in ("buy", "sell")]
    first, other = (send(whole, alert_of(traders[2], 1, body)) for body in bodies)
    assert first.is_accepted
    assert other.last.status == 409
    assert other.last.json["code"] == "request_id_reused"
    assert len(kept(whole, [first, other])) == 1


def test_different_words_under_one_request_id_in_parallel(whole: Product, traders: list[Trader]) -> None:
    bodies = [market_order(f"words-{number}") | {"requestId": "many bodies"} for number in range(10)]
    sent = at_once(whole, [alert_of(traders[3], 1, body) for body in bodies])
    assert sorted(one.last.status for one in sent) == [200] + [409] * 9
    assert len(kept(whole, sent)) == 1


def test_two_equal_messages_that_were_answered_are_two_orders(whole: Product, traders: list[Trader]) -> None:
    trader = traders[4]
    body = {name: value for name, value in market_order("").items() if name != "clientOrderId"}
    alert = Alert(trader, 1, "place", json.dumps(body | {"accountName": trader.account, "userComment": "two"}).encode())
    answers = [send(whole, alert).last for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert len({answer.json["d"]["orderId"] for answer in answers}) == 2
    count = "SELECT count(*) FROM orders_ordercommand WHERE fingerprint = %s"
    assert look(whole, count, alert.fingerprint) == [(2,)]


def test_what_was_refused_may_use_its_id_again(whole: Product, traders: list[Trader]) -> None:
    wrong = limit_order("corrected", price="50000.001") | {"requestId": "corrected"}
    right = limit_order("corrected", price="50000.01") | {"requestId": "corrected"}
    refused, taken = (send(whole, alert_of(traders[5], 1, body)) for body in (wrong, right))
    assert refused.last.status == 400
    assert taken.is_accepted
    assert len(kept(whole, [refused, taken])) == 1
