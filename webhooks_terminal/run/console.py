"""What a person sees while the product runs: one line per event, who says it in front, in a colour of its own."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, field

COLOURS = {"run": 36, "web": 32, "worker": 35, "pump": 33, "simulator": 34, "postgres": 90, "redis": 31}
WIDTH = max(len(name) for name in COLOURS)


def wants_colour() -> bool:
    """NO_COLOR and FORCE_COLOR are what other programs obey, too."""
    return not os.environ.get("NO_COLOR") and (bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty())


@dataclass
class Console:
    colour: bool = field(default_factory=wants_colour)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def report(self, name: str, line: str) -> None:
        self.write(f"{self.painted(name.ljust(WIDTH), COLOURS.get(name, 37))} | {line}")

    def painted(self, text: str, number: int) -> str:
        return f"\x1b[{number}m{text}\x1b[0m" if self.colour else text

    def write(self, text: str) -> None:
        """A closed terminal must not stop an orderly end."""
        with self.lock:
            try:
                print(text, flush=True)
            except OSError:
                self.colour = False
