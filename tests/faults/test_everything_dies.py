"""A thousand orders over twenty accounts, three in ten of them changes and cancels, while processes are killed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.faults.alerts import story
from tests.faults.lengths import length
from tests.faults.promises import Command, kept
from tests.faults.senders import Load
from tests.faults.storm import storm
from tests.instance import Product, Trader

EACH = length(50, 150)
RATE = 50


def report(load: Load, commands: Sequence[Command], deaths: int) -> None:
    """For whoever reads the figures: shown with -s, and when the test fails."""
    took = sorted(command.seconds for command in commands)
    print(
        f"\n{len(load.sent)} messages, {deaths} kills, answers {load.statuses}, accepted {load.share_accepted():.1%};"
        f" {len(commands)} commands, executed after {took[len(took) // 2]:.3f} s, 99 % within"
        f" {took[len(took) * 99 // 100]:.2f} s, all within {took[-1]:.2f} s"
    )


def test_workers_redis_and_web_are_killed_again_and_again(whole: Product, traders: list[Trader]) -> None:
    with Load(whole, [story(trader, EACH, "storm") for trader in traders], RATE) as load:
        deaths = storm(whole, load, ["worker", "redis", "web", "pump"], pause=1.0)
    commands = kept(whole, load.sent)
    report(load, commands, deaths)
    assert len(load.sent) == EACH * len(traders)
    assert deaths >= 4
    assert {command.kind for command in commands} == {"place", "modify", "cancel"}
    assert load.share_accepted() > 0.5, load.statuses
    assert set(load.statuses) <= {200, 404, 409, 422, 503, 0, -1}


def test_without_any_redis_everything_is_executed_all_the_same(
    start_product: Callable[..., Product], make_traders: Callable[[Product], list[Trader]]
) -> None:
    product = start_product(redis_url="redis://127.0.0.1:9/0")
    traders = make_traders(product)
    with Load(product, [story(trader, EACH, "no-redis") for trader in traders], RATE) as load:
        pass
    commands = kept(product, load.sent)
    report(load, commands, 0)
    assert set(load.statuses) <= {200, 404, 409, 422}
    took = sorted(command.seconds for command in commands)
    assert took[len(took) // 2] <= 3.0
    # Three seconds are promised to 99 %; a short run shares its machine with other tests.
    assert took[len(took) * 99 // 100] <= length(10.0, 3.0), f"99 % executed within {took[len(took) * 99 // 100]:.1f} s"
