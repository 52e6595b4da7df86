"""How settings are read from the environment: what is malformed names itself, and its value stays unseen."""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

# Shorter ones could be guessed.
PEPPER_BYTES, TOKEN_CHARACTERS = 16, 24
MOST_DAYS = 36_500


class Environment(environ.Env):
    """Names the setting that is malformed, and never shows its value: it may be a secret."""

    def get_value(self, var: str, *args: Any, **options: Any) -> Any:
        try:
            return super().get_value(var, *args, **options)
        except (ValueError, KeyError) as error:
            raise ImproperlyConfigured(f"the setting {var} is malformed: see docs/settings.md") from error


def peppers(text: str) -> dict[int, bytes]:
    found = {int(number): bytes.fromhex(pepper) for number, pepper in (pair.split(":") for pair in text.split(","))}
    if any(len(pepper) < PEPPER_BYTES for pepper in found.values()):
        raise ImproperlyConfigured(f"the setting WEBHOOK_PEPPERS has a pepper shorter than {PEPPER_BYTES} bytes")
    return found


def feed_token(text: str) -> str:
    if len(text) < TOKEN_CHARACTERS:
        raise ImproperlyConfigured(f"the setting QUOTE_FEED_TOKEN is shorter than {TOKEN_CHARACTERS} characters")
    return text


def days(text: str) -> int:
    if not 0 <= int(text) <= MOST_DAYS:
        raise ValueError
    return int(text)


def postgres(url: str) -> str:
    if not url.startswith(("postgres://", "postgresql://")):
        raise ValueError
    return url
