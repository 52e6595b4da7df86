"""A setting that is missing or malformed stops the start with its name, and its value stays unseen."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from webhooks_terminal.run.instance import PROJECT

GOOD = {
    "SECRET_KEY": "a key for this test",
    "WEBHOOK_PEPPERS": f"1:{'00ff' * 8}",
    "QUOTE_FEED_TOKEN": "a token of 24 characters",
    "DATABASE_URL": "postgres://user:word@127.0.0.1:1/name",
}


def start(*words: str, **settings: str | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in (GOOD | settings).items() if value is not None}
    return subprocess.run(
        [sys.executable, *(words or ("-c", "import webhooks_terminal.settings"))],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_good_settings_start() -> None:
    assert start().returncode == 0


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_setting_is_named(name: str) -> None:
    done = start(**{name: None})
    assert done.returncode != 0
    assert name in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBHOOK_PEPPERS", "1:notsecret"),
        ("WEBHOOK_PEPPERS", "notsecret"),
        ("DATABASE_URL", "mysql://notsecret"),
        ("WEBHOOK_WAIT_MS", "notsecret"),
        ("TRUSTED_PROXIES", "notsecret"),
        ("QUOTE_RETENTION_DAYS", "-1"),
    ],
)
def test_a_malformed_setting_is_named_and_not_shown(name: str, value: str) -> None:
    done = start(**{name: value})
    assert done.returncode != 0
    assert name in done.stderr.splitlines()[-1]
    assert "notsecret" not in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBHOOK_PEPPERS", f"1:{'0f' * 15}"),
        ("WEBHOOK_PEPPERS", f"1:{'0f' * 16},2:0f0f"),
        ("WEBHOOK_PEPPERS", "1:"),
        ("QUOTE_FEED_TOKEN", "0f0f" * 5 + "0f0"),
        ("QUOTE_FEED_TOKEN", ""),
    ],
)
def test_a_secret_that_could_be_guessed_stops_the_start(name: str, value: str) -> None:
    done = start(**{name: value})
    assert done.returncode != 0
    assert re.search(rf"the setting {name} .*shorter than \d+ \w+$", done.stderr.splitlines()[-1])
    assert "0f0f" not in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({"PUBLIC_URL": "https://terminal.example.com"}, True),
        ({"PUBLIC_URL": "https://terminal.example.com", "TRUSTED_PROXIES": "1"}, False),
        ({"PUBLIC_URL": "http://terminal.example.com"}, False),
    ],
)
def test_https_without_a_trusted_proxy_is_told_loudly(settings: dict[str, str], warned: bool) -> None:
    done = start("manage.py", "check", **settings)
    assert done.returncode == 0
    assert ("TRUSTED_PROXIES" in done.stderr) is warned, done.stderr
