"""What the proxy writes of an address: the public key at most, however the secret behind it is spelled."""

from __future__ import annotations

import re

import pytest

from webhooks_terminal.run.instance import PROJECT

API, BARE = "wk_" + "a1B2" * 5 + "zz", "Zz9" * 16 + "q"
SECRET = f"ws_{BARE}"


def logged(uri: str) -> str:
    """nginx takes the first expression of its `map` that matches."""
    block = re.search(
        r"map \$request_uri \$logged_path \{(.*?)\n    \}", (PROJECT / "deploy/nginx.conf").read_text(), re.S
    )
    assert block
    for expression, value in re.findall(r'^\s+"~(.*)" "(.*)";$', block[1], re.M):
        flags = re.IGNORECASE if expression.startswith("*") else re.NOFLAG
        if found := re.search(expression.removeprefix("*").replace("(?<", "(?P<"), uri, flags):
            return re.sub(r"\$(\w+)", lambda name: found[name[1]], value)
    return ""


@pytest.mark.parametrize("more", ["", "/", "?wait=0", "/requests/0123", "append", "//x"])
def test_the_public_key_is_written_and_nothing_behind_it(more: str) -> None:
    assert logged(f"/webhook/{API}/{SECRET}{more}") == f"/webhook/{API}/***"


@pytest.mark.parametrize(
    "uri",
    [
        f"//webhook/{API}/{SECRET}",
        f"/Webhook/{API}/{BARE}",
        f"/webhook/{API}{SECRET}",
        f"/webhook/{API[:-1]}/{BARE}",
        f"/webhook/{SECRET}",
        f"/webhook/{BARE}/{API}",
        f"/web%68ook/{API}/{BARE}",
        f"/webhook%2F{API}%2F{BARE}",
        f"/x/../webhook/{API}/{BARE}",
        f"/w/{API}/{BARE}",
        f"/{SECRET.upper()}",
        f"/ws%5F{BARE}",
        f"http://terminal.example.com/webhook/{API}/{BARE}",
        f"/?key={SECRET}",
        f"/positions/?key={BARE}",
    ],
)
def test_no_other_spelling_is_written(uri: str) -> None:
    assert BARE.lower() not in logged(uri).lower()


def test_other_addresses_are_written_without_their_query() -> None:
    assert logged("/positions/?before=7") == "/positions/"
    assert logged("/health") == "/health"
