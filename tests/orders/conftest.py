"""What tests of the books leave behind is put away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orders import instruments
from orders.wire import hang_up


@pytest.fixture(autouse=True)
def fresh_catalogue() -> None:
    """Instruments of the test before are not those of this one."""
    instruments.forget()


@pytest.fixture(autouse=True, scope="session")
def closed_lane(django_db_setup: None) -> Iterator[None]:
    """The drains' own connection would keep the test database from being dropped."""
    yield
    hang_up()
