"""Accounts → Webhooks: the page, its fragments, and what its buttons do."""
