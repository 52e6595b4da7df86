"""Who comes to the door of an account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

if TYPE_CHECKING:
    from tests.accounts.at_the_door import Visitor


@pytest.fixture(autouse=True)
def nobody_has_tried_yet(db: None) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def alice() -> Visitor:
    from tests.accounts.at_the_door import a_visitor  # models, which cannot be loaded this early

    return a_visitor()
