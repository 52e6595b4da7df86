"""A commit happens and its answer is lost on the way: nobody is lied to, and nothing is carried out twice."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.faults.alerts import market_order
from tests.faults.conftest import put_right, traders_in
from tests.faults.lengths import length
from tests.faults.promises import kept
from tests.faults.senders import NO_ANSWER, TIMED_OUT, Sent, send, send_once, together
from tests.faults.test_killed_processes import alert_of
from tests.faults.wire_between import WireBetween
from tests.instance import Product, Trader, World, throw_away


@pytest.fixture(scope="module")
def wire(world: World) -> Iterator[list[WireBetween]]:
    made: list[WireBetween] = []
    yield made
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def far(world: World, wire: list[WireBetween], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product whose database is at the other end of that wire."""
    away = throw_away(world, tmp_path_factory.mktemp("far"))
    wire.append(WireBetween(away.instance.database_url))
    away.instance.database_url = wire[0].url
    with away as product:
        yield product


@pytest.fixture(scope="module")
def customers(far: Product) -> list[Trader]:
    return traders_in(far, 4)


def test_a_commit_whose_answer_is_lost_is_answered_with_the_truth(
    far: Product, wire: list[WireBetween], customers: list[Trader]
) -> None:
    put_right(far)
    far.reset_prices()
    wire[0].lose_next_answer()
    sent = send(far, alert_of(customers[0], 1, market_order("lost answer")))
    assert wire[0].lost.is_set()
    assert sent.is_accepted
    assert len(sent.answers) == 1
    assert len(kept(far, [sent])) == 1


def test_a_repeat_of_an_unanswered_message_stays_one_when_its_own_answer_is_lost(
    far: Product, wire: list[WireBetween], customers: list[Trader]
) -> None:
    put_right(far)
    alert = alert_of(customers[1], 1, market_order("never answered"))
    for name in ("worker", "pump"):
        far.kill(name)

    def killing() -> Sent:
        time.sleep(0.5)
        far.kill("web")
        return Sent(alert)

    first, _ = together([lambda: Sent(alert, [send_once(far, alert)[0]], [0.0]), killing])
    assert first.last.status == NO_ANSWER
    for name in ("web", "worker", "pump"):
        far.restart(name)
    wire[0].lose_next_answer()
    again = send(far, alert, pause=0.5)
    assert wire[0].lost.is_set()
    assert again.is_accepted
    assert len(kept(far, [again])) == 1


def test_a_message_sent_again_before_its_doubt_is_settled_is_no_second_order(
    far: Product, wire: list[WireBetween], customers: list[Trader]
) -> None:
    """The database goes away with the answer, and is back when the sender, who heard nothing, tries once more."""
    put_right(far)
    for number, trader in enumerate(customers[: length(1, 4)]):
        alert = alert_of(trader, 2, market_order(f"cut-{number}"))
        wire[0].lose_next_answer(and_cut=True)
        answer, _ = send_once(far, alert)
        assert wire[0].lost.is_set()
        assert answer.status == TIMED_OUT
        wire[0].mend()
        again = send(far, alert, pause=0.3)
        assert again.is_accepted
        assert len(kept(far, [again])) == 1
