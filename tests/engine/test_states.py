"""The life of an order is one table."""

from __future__ import annotations

import itertools

import pytest

from orders.engine.states import TABLE, ImpossibleError, Step, after
from orders.engine.values import FINAL_STATES, State


@pytest.mark.parametrize(("state", "step"), list(itertools.product(State, Step)))
def test_every_step_is_in_the_table_or_raises(state: State, step: Step) -> None:
    if (state, step) in TABLE:
        assert after(state, step) is TABLE[state, step]
    else:
        with pytest.raises(ImpossibleError, match=f"{state} cannot {step}"):
            after(state, step)


def test_final_states_stay_final() -> None:
    assert not [state for state, _ in TABLE if state in FINAL_STATES]
    assert {state for state in State if state.is_final} == {"filled", "cancelled", "rejected", "expired"}


def test_every_state_can_be_reached_and_left() -> None:
    reached = {State.PENDING}
    for _ in State:
        reached |= {target for (state, _), target in TABLE.items() if state in reached}
    assert reached == set(State)
    assert {state for state, _ in TABLE} == set(State) - FINAL_STATES
