"""Whatever is asked of an account, in whatever order: its books hold together, after every step.

ENGINE_RUNS sets how many random lives are played, ENGINE_STEPS how long they are. A failure is shrunk, told command by
command, and followed by the command that draws the same lives again.
"""

from __future__ import annotations

import os
from random import Random

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.engine.life import Life
from tests.engine.seeds import PHASES, repeatable

RUNS = int(os.environ.get("ENGINE_RUNS", "2000"))
STEPS = int(os.environ.get("ENGINE_STEPS", "50"))
PARTS = max(RUNS // 200, 1)  # so that parallel test processes share them
DRAWN = st.randoms(use_true_random=False)


class Lives(RuleBasedStateMachine):
    """Every act checks all that must hold: see SwornAccount."""

    @initialize(random=DRAWN)
    def opens(self, random: Random) -> None:
        self.life = Life(random)

    @rule(random=DRAWN)
    def something_happens(self, random: Random) -> None:
        self.life.random = random
        try:
            self.life.step()
        except Exception as failure:
            failure.add_note("\n".join(self.life.account.story()))
            raise

    def teardown(self) -> None:
        if hasattr(self, "life") and self.life.account.is_sound:
            self.life.account.replay()


@pytest.mark.timeout(600)  # time to find the shortest life that fails
@pytest.mark.parametrize("part", range(PARTS))
def test_the_books_hold_together(part: int, request: pytest.FixtureRequest) -> None:
    limits = settings(
        max_examples=-(-RUNS // PARTS),
        stateful_step_count=STEPS,
        deadline=None,
        phases=PHASES,
        print_blob=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    with repeatable(request) as drawn:
        run_state_machine_as_test(seed(drawn)(Lives), settings=limits)
