"""Sessions in the database, whose keys are looked up only when they can be keys: a cookie may hold any bytes."""

from __future__ import annotations

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def __init__(self, session_key: str | None = None) -> None:
        text = session_key or ""
        super().__init__(text if text.isascii() and text.isalnum() and len(text) <= 40 else None)
