"""The list of deliveries: filters, search, pages, export, and the drawer."""

from __future__ import annotations

import csv
import json
import re
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import Instrument, Order, OrderCommand, OrderEvent
from tests.panel.people import Person, days_ago, text_of
from webhooks.models import Delivery
from webhooks.tables import REQUESTS

PAGE = REQUESTS.size
PENDING = {"s": "ok", "status": "ok", "d": {"orderId": 1001, "state": "pending"}}
PLACE = {
    "action": "place",
    "accountName": "DEMO-1",
    "symbol": "BTCUSDT",
    "type": "stop_limit",
    "side": "BUY",
    "qty": "1250.50",
    "requestId": "r-1",
}


def refused(code: str, message: str, field: str = "") -> dict[str, object]:
    words = f"{field}: {message}" if field else message
    errors = [{"code": code, "field": field, "message": message}]
    return {"s": "error", "status": "error", "code": code, "errmsg": words, "errors": errors}


def shown(person: Person, **query: object) -> list[str]:
    """The ids of the listed deliveries, from top to bottom."""
    return re.findall(r'id="request-([0-9a-f-]{36})"', text_of(person.fragment("/webhooks/requests", **query)))


def row_of(person: Person, delivery: Delivery) -> str:
    html = text_of(person.fragment("/webhooks/requests"))
    return html.partition(f'id="request-{delivery.pk}"')[2].partition("</tr>")[0]


def drawer_of(person: Person, delivery: Delivery) -> str:
    answer = person.fragment(f"/webhooks/requests/{delivery.pk}")
    assert answer.status_code == 200
    return text_of(answer)


def verdicts_in(html: str) -> dict[str, str]:
    found = re.findall(r'data-verdict="(\w+)".*?</span>([^<]+)</span><span class="why">', html)
    return {rule: verdict for verdict, rule in found}


def in_tray(person: Person, status: OrderCommand.Status, outcome: dict[str, object] | None = None) -> dict[str, int]:
    """A command in the person's tray; the columns with which a delivery names it."""
    account = person.user.trading_accounts.get()
    seq = OrderCommand.objects.filter(account=account).count() + 1
    OrderCommand.objects.create(account=account, seq=seq, kind="place", payload={}, status=status, outcome=outcome)
    return {"account_id": account.pk, "seq": seq}


def test_a_row_tells_who_asked_what_and_what_came_of_it(alice: Person) -> None:
    delivery = alice.delivery(alice.key("tv"), source="52.89.214.238", body=json.dumps(PLACE), took_ms=1234.4)
    row = row_of(alice, delivery)
    for words in (
        "tv",
        "52.89.214.238",
        'title="TradingView"',
        "1\u00a0250.50 BTCUSDT",
        "Stop limit",
        "#1001 @ 64\u00a0250.5",
    ):
        assert words in row
    assert '<span class="side" data-side="buy">Buy</span>' in row
    assert '<span class="state" data-state="filled">Filled</span>' in row
    assert "1\u00a0234" in row


def test_newest_first(alice: Person) -> None:
    ids = [str(alice.delivery(received_at=days_ago(days)).pk) for days in (0.3, 0.1, 0.2)]
    assert shown(alice) == [ids[1], ids[2], ids[0]]


def test_outcomes_can_be_chosen(alice: Person) -> None:
    filled = alice.delivery()
    failed = alice.delivery(http=400, code="not_json", answer=refused("not_json", "is not JSON"))
    waiting = alice.delivery(answer=PENDING, **in_tray(alice, OrderCommand.Status.QUEUED))
    later_done = alice.delivery(
        answer=PENDING,
        **in_tray(alice, OrderCommand.Status.DONE, {"ok": True, "d": {"orderId": 7, "state": "working"}}),
    )
    later_refused = alice.delivery(
        answer=PENDING,
        **in_tray(alice, OrderCommand.Status.REFUSED, {"ok": False, "errors": [{"message": "no money"}]}),
    )
    parked = alice.delivery(answer=PENDING, **in_tray(alice, OrderCommand.Status.PARKED))
    chosen = {outcome: set(shown(alice, outcome=outcome)) for outcome in ("", "accepted", "refused", "pending")}
    assert chosen["accepted"] == {str(filled.pk), str(later_done.pk)}
    assert chosen["refused"] == {str(failed.pk), str(later_refused.pk), str(parked.pk)}
    assert chosen["pending"] == {str(waiting.pk)}
    assert len(chosen[""]) == 6
    assert "has not decided yet" in row_of(alice, waiting)
    assert "#7 working" in row_of(alice, later_done)
    assert "no money" in row_of(alice, later_refused)


@pytest.mark.parametrize("words", ["breakout", "BREAK", "ethusd", "ETHUSD", "EUR-1", "margin", "#4711", "4711"])
def test_search_finds_key_symbol_account_code_and_order(alice: Person, words: str) -> None:
    alice.delivery(alice.key("other"))
    answer = {"d": {"orderId": 4711, "state": "rejected"}, **refused("margin", "needs more")}
    wanted = alice.delivery(
        alice.key("tv-breakout"),
        body='{"symbol": "ETHUSD"}',
        account_name="EUR-1",
        http=422,
        code="margin",
        answer=answer,
    )
    assert shown(alice, search=words) == [str(wanted.pk)]


def test_search_by_request_id(alice: Person) -> None:
    wanted = alice.delivery()
    alice.delivery()
    assert shown(alice, search=str(wanted.pk)) == [str(wanted.pk)]


@pytest.mark.parametrize(
    "query",
    [
        {"search": "\0"},
        {"search": "%' OR 1=1 --"},
        {"search": "9" * 60},
        {"search": "x" * 5000},
        {"outcome": "everything"},
        {"before": "nonsense"},
        {"before": "9" * 400},
        {"after": "\0"},
        {"after": str(uuid.uuid4())},
    ],
)
def test_odd_queries_are_answered(alice: Person, query: dict[str, str]) -> None:
    alice.delivery()
    assert alice.fragment("/webhooks/requests", **query).status_code == 200
    assert alice.get("/webhooks/requests", **query).status_code == 200


def test_pages_follow_each_other_without_gap_or_repetition(alice: Person) -> None:
    start = timezone.now() - timedelta(hours=1)
    # Several in the same microsecond: the order among them is by id.
    made = [alice.delivery(received_at=start + timedelta(seconds=n // 3)) for n in range(PAGE * 2 + 5)]
    wanted = [str(one.pk) for one in sorted(made, key=lambda one: (one.received_at, one.pk), reverse=True)]
    pages, html = [], text_of(alice.fragment("/webhooks/requests"))
    while True:
        pages.append(re.findall(r'id="request-([0-9a-f-]{36})"', html))
        older = re.search(r'id="requests-older" href="([^"]+)"', html)
        if not older:
            break
        html = text_of(alice.fragment(older[1].replace("&amp;", "&")))
    assert [len(page) for page in pages] == [PAGE, PAGE, 5]
    assert sum(pages, []) == wanted  # noqa: RUF017  three short lists
    assert f'<span class="num">5</span> of <span class="num">{len(made)}</span>' in html
    newer = re.search(r'id="requests-newer" href="([^"]+)"', html)
    assert newer
    back = text_of(alice.fragment(newer[1].replace("&amp;", "&")))
    assert re.findall(r'id="request-([0-9a-f-]{36})"', back) == pages[1]


def test_a_long_list_takes_as_many_queries_as_a_short_one(alice: Person) -> None:
    key = alice.key()
    alice.delivery(key)
    with CaptureQueriesContext(connection) as short:
        alice.fragment("/webhooks/requests")
    for _ in range(20):
        alice.delivery(key, answer=PENDING, **in_tray(alice, OrderCommand.Status.QUEUED))
    with CaptureQueriesContext(connection) as long:
        alice.fragment("/webhooks/requests")
    assert len(long) <= len(short) + 1


def test_the_empty_list_says_what_it_is_and_a_search_without_find_says_so(alice: Person) -> None:
    assert "No request has arrived yet" in text_of(alice.get("/webhooks"))
    assert "No such request" in text_of(alice.fragment("/webhooks/requests", search="unheard"))


def test_a_strangers_delivery_is_no_delivery(alice: Person, mallory: Person) -> None:
    delivery = alice.delivery(alice.key())
    assert mallory.fragment(f"/webhooks/requests/{delivery.pk}").status_code == 404
    assert mallory.fragment(f"/webhooks/requests/{uuid.uuid4()}").status_code == 404
    assert shown(mallory, search=str(delivery.pk)) == []


def test_the_drawer_shows_body_answer_and_every_rule_passed(alice: Person) -> None:
    delivery = alice.delivery(alice.key("tv"), body=json.dumps(PLACE), account_name="DEMO-1")
    html = drawer_of(alice, delivery)
    assert str(delivery.pk) in html
    assert '<span class="tok-key">&quot;symbol&quot;</span>' in html
    assert set(verdicts_in(html).values()) == {"passed"}


@pytest.mark.parametrize(
    ("http", "code", "rule", "passed", "skipped"),
    [
        (401, "invalid_key", "Key and secret", "Method", "Fields"),
        (403, "address_not_allowed", "Source network", "Key and secret", "JSON"),
        (400, "not_json", "JSON", "Source network", "Fields"),
        (400, "required", "Fields", "JSON", "Account"),
        (403, "action_not_allowed", "Limits of the key", "Fields", "Account"),
        (404, "symbol_unknown", "Instrument", "Account", "Engine"),
        (409, "request_id_reused", "Said before?", "Instrument", "Engine"),
        (422, "a_code_of_the_engine", "Engine", "Said before?", ""),
    ],
)
def test_the_drawer_says_which_rule_refused(
    alice: Person, http: int, code: str, rule: str, passed: str, skipped: str
) -> None:
    delivery = alice.delivery(http=http, code=code, answer=refused(code, "because of this", "qty"))
    html = drawer_of(alice, delivery)
    verdicts = verdicts_in(html)
    assert verdicts[rule] == "refused"
    assert verdicts[passed] == "passed"
    assert not skipped or verdicts[skipped] == "skipped"
    assert "qty: because of this" in html


def test_several_faults_are_said_at_their_rules(alice: Person) -> None:
    answer = refused("required", "is missing", "qty")
    answer["errors"] = [*answer["errors"], {"code": "symbol_unknown", "field": "symbol", "message": "is unknown"}]  # type: ignore[misc]
    html = drawer_of(alice, alice.delivery(http=400, code="required", answer=answer))
    assert (verdicts_in(html)["Fields"], verdicts_in(html)["Instrument"]) == ("refused", "refused")
    assert verdicts_in(html)["Account"] == "skipped"


def test_the_drawer_tells_what_the_engine_decided_after_the_answer(alice: Person) -> None:
    outcome = {"ok": True, "d": {"orderId": 1001, "state": "filled", "filledQty": "1", "avgPrice": "64250.5"}}
    html = drawer_of(alice, alice.delivery(answer=PENDING, **in_tray(alice, OrderCommand.Status.DONE, outcome)))
    assert "The engine decided after this answer had left: Filled, #1001 @ 64\u00a0250.5." in html
    assert verdicts_in(html)["Engine"] == "passed"


def test_the_drawer_tells_the_story_of_the_order(alice: Person) -> None:
    account, now = alice.user.trading_accounts.get(), timezone.now()
    terms = {"lot_size": 1, "tick_size": Decimal("0.5"), "min_lot": 1, "max_lot": 9, "lot_step": 1, "margin_rate": 1}
    instrument = Instrument.objects.create(symbol="BTCUSDT", symbol_type="CRYPTO", currency="USD", **terms)
    made = {"account": account, "instrument": instrument, "qty": 1, "created_at": now, "updated_at": now}
    Order.objects.create(id=1001, type="Market", side="buy", validity="DAY", state="filled", **made)
    Order.objects.create(
        id=1002, type="Stop", side="sell", validity="GTC", state="working", parent_id=1001, leg="stopLoss", **made
    )
    for number, (order, kind, state) in enumerate([(1001, "placed", "working"), (1002, "woken", "working")]):
        OrderEvent.objects.create(account=account, order_id=order, seq=1, number=number, kind=kind, state=state, at=now)
    html = drawer_of(alice, alice.delivery())
    assert "<strong>Created</strong><p>Market, Buy 1, DAY</p>" in html
    assert "Stop loss #1002: awake" in html
    assert 'href="/orders/1001/"' in html


def test_somebody_elses_order_has_no_story_here(alice: Person, mallory: Person) -> None:
    """An answer can name any number; only the user's own orders are told of."""
    account, now = alice.user.trading_accounts.get(), timezone.now()
    terms = {"lot_size": 1, "tick_size": Decimal("0.5"), "min_lot": 1, "max_lot": 9, "lot_step": 1, "margin_rate": 1}
    instrument = Instrument.objects.create(symbol="SECRETCOIN", symbol_type="CRYPTO", currency="USD", **terms)
    made = {"account": account, "instrument": instrument, "qty": 1, "created_at": now, "updated_at": now}
    Order.objects.create(id=1001, type="Market", side="buy", validity="DAY", state="filled", **made)
    html = drawer_of(mallory, mallory.delivery())
    assert "drawer-order" not in html
    assert "SECRETCOIN" not in html


def test_the_drawer_steps_to_the_neighbours(alice: Person) -> None:
    old, middle, new = (alice.delivery(received_at=days_ago(days)) for days in (3, 2, 1))
    html = drawer_of(alice, middle)
    assert re.search(rf'id="drawer-newer" href="/webhooks/requests/{new.pk}"', html)
    assert re.search(rf'id="drawer-older" href="/webhooks/requests/{old.pk}"', html)
    assert re.search(r'id="drawer-older" disabled', drawer_of(alice, old))
    assert re.search(r'id="drawer-newer" disabled', drawer_of(alice, new))


def test_a_drawers_address_opens_it_on_the_page(alice: Person) -> None:
    delivery = alice.delivery()
    html = text_of(alice.get(f"/webhooks/requests/{delivery.pk}"))
    assert "<h1>Webhooks</h1>" in html
    assert 'id="drawer" data-fetched open' in html


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json at all",
        "[1, 2]",
        '{"a": 1, "a": 2}',
        '{"symbol": "\\ud800", "side": "\\udfff", "orderId": "\\ud800"}',
        '{"qty": 1e999999, "symbol": "BTCUSDT"}',
        '{"qty": "NaN", "symbol": {"deep": []}, "type": ["Limit"], "side": true}',
        "[" * 8000,
        '{"symbol": "<img src=x onerror=alert(1)>", "side": "buy"}',
        '{"symbol": "{{ 7|add:7 }}", "orderId": "=cmd()"}',
        "\u202e\u200b" * 50,
        '{"secret": "ws_***"}',
    ],
)
def test_any_body_can_be_listed_and_opened(alice: Person, body: str) -> None:
    delivery = alice.delivery(body=body, http=400, code="not_json", answer=refused("not_json", "is not JSON"))
    for html in (text_of(alice.fragment("/webhooks/requests")), drawer_of(alice, delivery)):
        assert "<img src=x" not in html
        assert ">14<" not in html


def test_numbers_in_a_body_keep_their_digits(alice: Person) -> None:
    html = drawer_of(alice, alice.delivery(body='{"qty":0.10,"price":12345678901234567890.120}'))
    assert '<span class="tok-number">0.10</span>' in html
    assert '<span class="tok-number">12345678901234567890.120</span>' in html


def test_the_export_has_every_row_that_the_filter_lets_through(alice: Person) -> None:
    for n in range(1203):
        alice.delivery(received_at=days_ago(n / 1000), http=400 if n % 3 else 200, code="=cmd()" if n % 3 else "")

    rows = list(csv.DictReader(alice.file("requests", outcome="refused").splitlines()))
    wanted = Delivery.objects.filter(user=alice.user, http=400).order_by("-received_at", "-id")
    assert [row["Request"] for row in rows] == [str(one.pk) for one in wanted]
    assert {row["Code"] for row in rows} == {"'=cmd()"}
