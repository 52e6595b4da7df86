"""Each kind of process is killed by itself: what it held is done by somebody else, once."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace

import psycopg

from tests.faults.alerts import Alert, limit_order, market_order, story
from tests.faults.behind import commands_stopped_in_the_middle, waiting_process
from tests.faults.lengths import length
from tests.faults.promises import UNSETTLED_SQL, await_settled, kept, look
from tests.faults.senders import NO_ANSWER, Load, Sent, send, send_once, together
from tests.faults.storm import storm
from tests.instance import Product, Trader


def alert_of(trader: Trader, number: int, body: dict[str, object]) -> Alert:
    raw = json.dumps(body | {"accountName": trader.account}).encode()
    return Alert(trader, number, str(body["action"]), raw)


def test_workers_are_killed_every_second(whole: Product, traders: list[Trader]) -> None:
    with Load(whole, [story(trader, length(20, 150), "workers") for trader in traders]) as load:
        deaths = storm(whole, load, ["worker"], pause=1.0, down=0.0)
    assert await_settled(whole, 10) <= 10
    kept(whole, load.sent)
    assert deaths >= length(4, 40)
    assert all(sent.is_answered for sent in load.sent), load.statuses


def test_whoever_is_in_the_middle_of_a_command_is_killed(whole: Product, traders: list[Trader]) -> None:
    many = length(6, 20)
    sent: list[Sent] = []
    killed: set[int] = set()
    with commands_stopped_in_the_middle(whole):
        for trader in traders[:many]:
            sent.append(send(whole, alert_of(trader, 1, market_order("killed")), "?wait=0"))
            pid = waiting_process(whole, apart_from=killed)
            assert pid, "nobody is in mid-command"
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
    commands = kept(whole, sent)
    assert len(killed) == many
    assert len(commands) == many
    assert all(command.status == 1 for command in commands)


def test_the_web_process_is_killed_again_and_again(whole: Product, traders: list[Trader]) -> None:
    """Half of the messages carry no id: what got no answer is sent again, and is still one order."""
    with Load(whole, [story(trader, length(20, 150), "web") for trader in traders]) as load:
        deaths = storm(whole, load, ["web"], pause=length(1.0, 2.0), down=0.0)
    kept(whole, load.sent)
    assert deaths >= length(2, 10)


def test_web_dies_between_commit_and_answer_and_the_same_bytes_come_again(
    whole: Product, traders: list[Trader]
) -> None:
    """Nobody executes for a while, so answers wait for the engine while their orders are stored already."""
    wanted, found, rounds = length(20, 50), 0, 0
    while found < wanted and rounds < 10:
        rounds += 1
        found += unanswered_and_sent_again(whole, traders, rounds)
    assert found >= wanted


def unanswered_and_sent_again(product: Product, traders: list[Trader], number: int) -> int:
    """How many orders were stored, not answered, sent again, and answered."""
    for name in ("worker", "pump"):
        product.kill(name)
    alerts = [alert_of(trader, number, market_order(f"round-{number}")) for trader in traders]
    fingerprints = [alert.fingerprint for alert in alerts]
    marks = "SELECT fingerprint FROM orders_ordercommand WHERE fingerprint IS NOT NULL"
    stored = "SELECT count(*) FROM orders_ordercommand WHERE fingerprint = ANY(%s)"

    def kill_when_stored() -> Sent:
        until = time.monotonic() + 0.9  # after a second the first are answered as pending
        while look(product, stored, fingerprints)[0][0] < len(alerts) and time.monotonic() < until:
            time.sleep(0.01)
        product.kill("web")
        return Sent(alerts[0])

    def once(alert: Alert) -> Sent:
        answer, took = send_once(product, alert)
        return Sent(alert, [answer], [took])

    *firsts, _ = together([*(lambda alert=alert: once(alert) for alert in alerts), kill_when_stored])
    unanswered = [sent for sent in firsts if sent.last.status == NO_ANSWER]
    was_stored = {bytes(row[0]) for row in look(product, marks)}
    for name in ("web", "worker", "pump"):
        product.restart(name)
    seconds = together([lambda alert=sent.alert: send(product, alert) for sent in unanswered]) if unanswered else []
    assert all(sent.is_accepted for sent in seconds), [sent.last for sent in seconds]
    kept(product, [*(sent for sent in firsts if sent.is_answered), *seconds])
    replayed = [sent for sent in seconds if sent.last.headers.get("idempotent-replayed") == "true"]
    assert len(replayed) == sum(sent.alert.fingerprint in was_stored for sent in unanswered)
    return len(replayed)


def test_web_is_told_to_stop_with_answers_outstanding(whole: Product, traders: list[Trader]) -> None:
    """Whatever it cannot answer any more is known again, as if it had died."""
    for name in ("worker", "pump"):
        whole.kill(name)
    alerts = [alert_of(trader, 1, market_order("outstanding")) for trader in traders]

    def once(alert: Alert) -> Sent:
        answer, took = send_once(whole, alert)
        return Sent(alert, [answer], [took])

    def stop_web() -> Sent:
        time.sleep(0.4)
        whole.instance.process("web").stop(10)
        return Sent(alerts[0])

    *firsts, _ = together([*(lambda alert=alert: once(alert) for alert in alerts), stop_web])
    for name in ("web", "worker", "pump"):
        whole.restart(name)
    unanswered = [sent for sent in firsts if not sent.is_answered]
    seconds = together([lambda alert=sent.alert: send(whole, alert) for sent in unanswered]) if unanswered else []
    kept(whole, [*(sent for sent in firsts if sent.is_answered), *seconds])
    assert all(sent.is_accepted for sent in seconds)


def test_the_pump_finds_what_no_bell_told_of(whole: Product, traders: list[Trader]) -> None:
    for name in ("pump", "worker"):
        whole.kill(name)
    sent = [send(whole, alert_of(trader, 1, limit_order("silent")), "?wait=0") for trader in traders]
    time.sleep(0.5)  # bells are rung a moment after the answers
    whole.kill("redis")  # with every bell in it
    whole.restart("redis")
    whole.restart("worker")
    whole.instance.await_worker()
    assert look(whole, UNSETTLED_SQL) == [(len(traders),)]
    whole.restart("pump")
    kept(whole, sent)
    # The pump's own start is part of this.
    assert await_settled(whole, 10) <= 10


def test_bells_that_come_again_and_late_change_nothing(whole: Product, traders: list[Trader]) -> None:
    with Load(whole, [story(trader, 10, "bells") for trader in traders]) as load:
        pass
    before = kept(whole, load.sent)
    ids = [row[0] for row in look(whole, "SELECT id FROM accounts_tradingaccount ORDER BY md5(name)")]
    ring_bells(whole, ids * length(20, 100))
    time.sleep(length(2.0, 10.0))
    assert kept(whole, load.sent) == before


def ring_bells(product: Product, account_ids: list[int]) -> None:
    """Bells as the web process rings them, from a process of its own."""
    script = f"from orders.tasks import ring\nfor number in {account_ids!r}:\n    assert ring([number])"
    product.manage("shell", "-c", script)


def test_one_account_whose_lane_is_held_waits_alone(whole: Product, traders: list[Trader]) -> None:
    held, others = traders[0], traders[1:]
    lock = """
        SELECT FROM orders_book b JOIN accounts_tradingaccount a ON a.id = b.account_id
        WHERE a.name = %s FOR UPDATE OF b
    """
    with psycopg.connect(whole.instance.database_url) as connection:
        connection.execute(lock, [held.account])
        waiting = send(whole, alert_of(held, 1, market_order("held")))
        with Load(whole, [story(trader, length(5, 20), "free") for trader in others]) as load:
            pass
        assert waiting.last.json.get("d", {}).get("state") == "pending", waiting.last
        assert look(whole, UNSETTLED_SQL) == [(1,)]
        connection.rollback()
    commands = kept(whole, [waiting, *load.sent])
    free = sorted(command.seconds for command in commands if command.account != held.account)
    assert free[len(free) * 95 // 100] <= 2.0, "others waited too"


def test_the_story_of_one_order_is_never_inverted(whole: Product, traders: list[Trader]) -> None:
    """Place, modify, cancel, each sent as soon as the one before was taken, none waiting for the engine."""
    triples = length(8, 50)
    stories = [[alert for number in range(triples) for alert in triple(trader, number)] for trader in traders]
    with Load(whole, stories, rate=10_000, query="?wait=0") as load:
        pass
    commands = kept(whole, load.sent)
    assert set(load.statuses) <= {200, 429, 503}
    taken = {sent.alert.fingerprint for sent in load.sent if sent.is_accepted}
    assert len(taken) == len(commands) == triples * 3 * len(traders)
    inverted = [command for command in commands if not (command.outcome or {}).get("ok")]
    assert not inverted, inverted[:5]


def triple(trader: Trader, number: int) -> list[Alert]:
    name = f"triple-{number}"
    bodies = [
        limit_order(name),
        {"action": "modify", "clientOrderId": name, "price": "40000"},
        {"action": "cancel", "clientOrderId": name},
    ]
    return [alert_of(trader, 3 * number + place, body) for place, body in enumerate(bodies)]


def test_the_same_alert_from_two_keys_is_two_orders(whole: Product, traders: list[Trader]) -> None:
    one, other = traders[:2]
    sent = [send(whole, alert_of(one, 1, market_order("same")))]
    sent.append(send(whole, replace(alert_of(one, 2, market_order("same")), trader=one)))
    sent.append(send(whole, alert_of(other, 1, market_order("same"))))
    assert [answer.last.status for answer in sent] == [200, 200, 200]
    assert len({answer.last.json["d"]["orderId"] for answer in sent}) == 3
