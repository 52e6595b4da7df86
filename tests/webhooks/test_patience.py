"""Turns at the gate: in the order in which they came, never lost, never too late."""

from __future__ import annotations

import asyncio

import pytest

from webhooks.patience import Turns, in_time


def test_who_comes_first_is_let_in_first() -> None:
    async def story() -> list[int]:
        turns, entered = Turns(1), list[int]()

        async def come(number: int) -> None:
            await turns.take(5)
            entered.append(number)
            await asyncio.sleep(0)
            turns.give()

        await asyncio.gather(*(come(number) for number in range(50)))
        assert turns.free == 1
        return entered

    assert asyncio.run(story()) == list(range(50))


def test_a_turn_that_comes_too_late_or_to_nobody_goes_to_the_next() -> None:
    async def story() -> None:
        turns = Turns(1)
        await turns.take(5)
        late, gone, next_one = (asyncio.create_task(turns.take(seconds)) for seconds in (0.01, 5, 5))
        await asyncio.sleep(0.05)
        with pytest.raises(TimeoutError):
            await late
        turns.give()
        gone.cancel()  # its turn is given, but it has not woken yet
        with pytest.raises(asyncio.CancelledError):
            await gone
        await asyncio.wait_for(next_one, 5)
        turns.give()
        assert turns.free == 1

    asyncio.run(story())


def test_waiting_ends_in_time_and_only_then() -> None:
    async def story() -> None:
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.01, answered.set_result, "yes")
        assert await in_time(answered, 5) == "yes"
        with pytest.raises(TimeoutError):
            await in_time(asyncio.get_running_loop().create_future(), 0.01)

    asyncio.run(story())
