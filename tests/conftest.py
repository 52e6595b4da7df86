"""One real PostgreSQL and one real Redis for the whole test run, and what several test folders share.

DATABASE_URL in the environment replaces the PostgreSQL (its user must be allowed to create databases). Each worker of
a parallel run has databases of its own.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser import Browsers, Page
from tests.instance import Product, World, server_url, throw_away
from webhooks_terminal.run.postgres import PostgresServer, drop_database
from webhooks_terminal.run.redis_server import RedisServer

SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "webhooks_terminal.settings",
    "SECRET_KEY": "only for tests: a key of no importance whatsoever",
    "WEBHOOK_PEPPERS": f"1:{'5a' * 32}",
    "QUOTE_FEED_TOKEN": "only-for-tests-a-token-of-no-use",
    # Most tests of the desk are not about entering it; the one that is (tests/accounts) switches it on.
    "ADMIN_SECOND_FACTOR": "0",
}


def pytest_configure(config: pytest.Config) -> None:
    """Runs before pytest-django sets Django up, which is what reads the settings."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    worker = getattr(config, "workerinput", None)
    if worker is None:
        config.stash[SERVERS] = Servers()
    else:  # the servers are the controller's; a Redis database for each worker
        number = int(worker["workerid"].removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rpartition("/")[0] + f"/{number}"
    from django.conf import settings

    # A worker inherits settings that were read before it had a number.
    settings.REDIS_URL = settings.CELERY_BROKER_URL = os.environ["REDIS_URL"]


def pytest_unconfigure(config: pytest.Config) -> None:
    if servers := config.stash.get(SERVERS, None):
        servers.stop()


class Servers:
    """What the run's controller starts and stops."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="webhooks-terminal-tests-"))
        self.folder.chmod(0o711)
        os.environ["TESTS_FOLDER"] = str(self.folder)
        os.environ["WORLD_DATABASE"] = f"world_{secrets.token_hex(6)}"
        self.redis = RedisServer(self.folder, "only-for-tests")
        self.redis.start()
        os.environ["REDIS_URL"] = self.redis.url
        self.postgres = None if os.environ.get("DATABASE_URL") else PostgresServer(self.folder, "only-for-tests")
        if self.postgres:
            self.postgres.start()
            os.environ["DATABASE_URL"] = self.postgres.url("webhooks_terminal")

    def stop(self) -> None:
        self.redis.stop()
        if self.postgres:
            self.postgres.stop()
            del os.environ["DATABASE_URL"]
            self.postgres.forget()
        else:
            drop_database(server_url(), os.environ["WORLD_DATABASE"])
        shutil.rmtree(self.folder)


SERVERS = pytest.StashKey[Servers]()
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remembers a failure for the fixtures that take a picture of it."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def world() -> World:
    """A seeded database to copy from, and the credentials that seeding printed."""
    return World.shared(Path(os.environ["TESTS_FOLDER"]))


@pytest.fixture(scope="session")
def shared_product(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with throw_away(world, tmp_path_factory.mktemp("product")) as product:
        yield product


@pytest.fixture
def product(shared_product: Product) -> Product:
    """The whole product, running: the seeded world, whose prices stand where world.json puts them.

    Tests of one worker share it: whoever trades takes a newcomer's account, or one nobody counts on being untouched.
    """
    shared_product.reset_prices()
    return shared_product


@pytest.fixture
def start_product(world: World, tmp_path: Path) -> Iterator[Callable[..., Product]]:
    """Starts products of a test's own, to be killed and starved at will: `start_product(own_postgres=True, ...)`."""
    with ExitStack() as stack:
        numbers = iter(range(100))

        def start(**options: object) -> Product:
            return stack.enter_context(throw_away(world, tmp_path / f"product-{next(numbers)}", **options))

        yield start


@pytest.fixture(scope="module")
def browsers() -> Iterator[Browsers]:
    """Chromium for the tests of one file: Playwright's event loop must not outlive them."""
    with Browsers() as browsers:
        yield browsers


@pytest.fixture
def open_page(browsers: Browsers, product: Product, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Opens a page of a browser nobody has used yet: `open_page(width=390)`; at the end it must have had no fault."""
    with browsers.visit(product.url) as visit:
        yield visit.open_page
        if request.node.stash.get(FAILED, False):
            visit.picture(request.node.name)


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A page of 1440 pixels at the product's front door."""
    return open_page()
