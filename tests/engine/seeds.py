"""The seed of a run's random tests: ENGINE_SEED, else the one that pytest prints when it starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import randbelow

import pytest
from hypothesis import Phase

# Whoever only asks whether a test fails (`make mutate`) need not wait for the shortest example.
PHASES = (Phase.generate,) if os.environ.get("ENGINE_SHRINK") == "0" else (Phase.generate, Phase.shrink)


@contextmanager
def repeatable(request: pytest.FixtureRequest) -> Iterator[str]:
    """The seed of one test; when it fails, the command that draws the same again is told."""
    of_run = os.environ.get("ENGINE_SEED") or request.config.getoption("randomly_seed", None) or randbelow(2**32)
    try:
        yield f"{of_run} {request.node.name}"
    except Exception as failure:
        failure.add_note(f"The same again: ENGINE_SEED={of_run} .venv/bin/python -m pytest '{request.node.nodeid}'")
        raise
