"""Kills and restarts beside a load, at a steady pace, as long as the load runs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

from tests.faults.senders import Load
from tests.instance import Product


def storm(product: Product, load: Load, victims: Sequence[str], pause: float, down: float = 0.3) -> int:
    """SIGKILL to one after the other, each back after `down` seconds; how many died. All is up again at the end."""
    deaths = 0
    for name in itertools.cycle(victims):
        time.sleep(pause)
        if not load.is_running:
            return deaths
        product.kill(name)
        time.sleep(down)
        product.restart(name)
        deaths += 1
    return deaths
