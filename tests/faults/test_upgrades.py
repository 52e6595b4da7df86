"""A release that changes tables is brought in, and taken back, while orders come in."""

from __future__ import annotations

import time

from django.db.migrations.loader import MigrationLoader

from tests.faults.alerts import story
from tests.faults.promises import kept
from tests.faults.senders import Load
from tests.instance import Product, Trader

APPS = ("orders", "webhooks")


def before_the_newest(app: str) -> str:
    """The name of the migration that the app's newest one follows."""
    loader = MigrationLoader(None)
    [newest] = loader.graph.leaf_nodes(app)
    return next(name for label, name in loader.disk_migrations[newest].dependencies if label == app)


def test_the_newest_migrations_are_taken_back_and_applied_under_load(whole: Product, traders: list[Trader]) -> None:
    with Load(whole, [story(trader, 1_000, "upgrade") for trader in traders]) as load:
        time.sleep(0.5)
        for app in APPS:
            whole.manage("migrate", app, before_the_newest(app))
        whole.manage("migrate", "--no-input")
        time.sleep(0.5)
        load.stop()
    kept(whole, load.sent)
    assert set(load.statuses) <= {200, 404, 409, 422, 503}
    assert load.share_accepted() > 0.5, load.statuses
