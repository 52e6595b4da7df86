"""Blots out what looks like a key's secret, wherever it stands. Imports nothing: logging needs it before all else."""

from __future__ import annotations

import re
from typing import Any, Final

# Also with its underscore percent-encoded, also cut short; but not the end of a word such as "news_breakout".
SECRET: Final = re.compile(r"(?<![0-9A-Za-z])ws(?:_|%5f)[0-9A-Za-z]{8,}|ws(?:_|%5f)[0-9A-Za-z]{32,}", re.IGNORECASE)
# A secret that lost its prefix; digests in hexadecimal are not meant.
BARE_SECRET: Final = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-f]*[A-Zg-z])[0-9A-Za-z]{43,}(?![0-9A-Za-z])")
LONG: Final = re.compile(r"[0-9A-Za-z]{43}")  # cheap to look for; most texts have none
# Whatever follows /webhook/ but a public part, however that is spelled: //webhook, /Webhook, parts missing or swapped.
WEBHOOK_PATH: Final = re.compile(r"((?:/|%2f)+webhook(?:/|%2f)+)([^\s?\"'<>]+)", re.IGNORECASE)
API_KEY: Final = re.compile(r"wk_[0-9A-Za-z]{22}(?=$|/|%2f)", re.IGNORECASE)
REQUESTS: Final = re.compile(r"(/+requests/+[0-9a-f-]{36})/*$", re.IGNORECASE)


def redacted(text: str) -> str:
    """The text with every webhook secret replaced by `***`."""
    lowered = text.lower()
    if "webhook" in lowered:
        text = WEBHOOK_PATH.sub(lambda match: match.group(1) + harmless(match.group(2)), text)
    if "ws" in lowered:
        text = SECRET.sub("ws_***", text)
    return BARE_SECRET.sub("***", text) if LONG.search(text) else text


def redacted_in(value: Any) -> Any:
    """The same for every text in what JSON can say."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {name: redacted_in(inner) for name, inner in value.items()}
    return [redacted_in(inner) for inner in value] if isinstance(value, list) else value


def harmless(path: str) -> str:
    """What may be shown of the path after /webhook/: the public part, and which request was asked for."""
    key, asked = API_KEY.match(path), REQUESTS.search(path)
    shown = f"{key.group()}/***" if key and len(path) > key.end() else (key.group() if key else "***")
    return shown + (asked.group(1) if asked else "")
