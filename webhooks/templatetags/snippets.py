"""How values are written inside the snippet files."""

from __future__ import annotations

import json
from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def as_json(value: object) -> str:
    """A JSON literal: texts in quotes, decimals as plain numbers."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


@register.filter
def in_single_quotes(text: str) -> str:
    """For a shell's single quotes."""
    return text.replace("'", "'\\''")
