"""Alice owns keys, Mallory is a stranger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.panel.people import Person


@pytest.fixture
def alice(db: None) -> Person:
    from tests.panel.people import make_person  # models exist only once Django is set up

    return make_person("alice")


@pytest.fixture
def mallory(db: None) -> Person:
    from tests.panel.people import make_person

    return make_person("mallory")
