"""Secrets made once and kept in the data folder, readable by their owner only."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path


def make_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "WEBHOOK_PEPPERS": f"1:{secrets.token_hex(32)}",
        "QUOTE_FEED_TOKEN": secrets.token_urlsafe(32),
        "DATABASE_PASSWORD": secrets.token_hex(24),
        "REDIS_PASSWORD": secrets.token_hex(24),
    }


def kept_secrets(path: Path) -> dict[str, str]:
    """The secrets in the file; what it lacks is made and added."""
    known = json.loads(path.read_text()) if path.exists() else {}
    complete = make_secrets() | known
    if complete != known:
        write_private(path, json.dumps(complete, indent=2) + "\n")
    return complete


def write_private(path: Path, text: str) -> None:
    """Never readable by others, not even for a moment, and never half written."""
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
