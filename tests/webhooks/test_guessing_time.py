"""What the time of a refusal tells about a key: nothing. The full measurement is `make bench ONLY=A-02`."""

from __future__ import annotations

from bench.guessing import run, too_far
from tests.instance import Product


def test_every_bad_key_is_refused_in_the_same_time(shared_product: Product) -> None:
    """Many turns in random order; it fails only for what is surely apart, however busy the machine is."""
    for way, kinds in run(shared_product.instance, share=0.15).items():
        assert not too_far(kinds), f"{way}: {kinds}"
