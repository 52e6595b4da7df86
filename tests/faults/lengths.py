"""How long faults last: short in every test run, full with FAULTS=full (`make faults`)."""

from __future__ import annotations

import os
from typing import TypeVar

Length = TypeVar("Length", int, float)

FULL = os.environ.get("FAULTS") == "full"


def length(short: Length, full: Length) -> Length:
    return full if FULL else short
