"""No secret in any log line: what looks like a key's secret is blotted out, wherever it stands."""

from __future__ import annotations

import logging
import re

SECRET = re.compile(r"ws_[0-9A-Za-z]{4,}")
# Whatever follows the public part of a webhook path, however it is spelled: //webhook, /Webhook, a cut secret.
WEBHOOK_PATH = re.compile(r"(/+webhook/+[^/\s?\"']{1,64})/+[^/\s?\"']+", re.IGNORECASE)


def redacted(text: str) -> str:
    """The text with every webhook secret replaced by `***`."""
    return SECRET.sub("ws_***", WEBHOOK_PATH.sub(r"\1/***", text))


class RedactingFilter(logging.Filter):
    """Lets every record through; what it says is blotted out before any formatter sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redacted(record.getMessage())
        record.args = ()
        return True


class RedactingFormatter(logging.Formatter):
    """One line of time, level, logger and message; tracebacks are redacted too."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))
