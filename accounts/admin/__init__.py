"""The operators' desk: people, what they subscribe to, and who gave or took access."""

from accounts.admin import access, people

__all__ = ["access", "people"]
