"""No secret in any log line: what looks like a key's secret is blotted out, wherever it stands."""

from __future__ import annotations

import logging

from webhooks.secrecy import redacted


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
