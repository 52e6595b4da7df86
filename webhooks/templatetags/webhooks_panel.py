"""What the panel's templates draw with, beside the frame's own."""

from __future__ import annotations

import re
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from accounts.templatetags.terminal import stamp

register = template.Library()
CODE = re.compile("`([^`]+)`")


@register.filter
def exact_moment(value: datetime) -> SafeString:
    """To the millisecond; the date stands before it unless it is today."""
    local = timezone.localtime(value)
    date = "" if local.date() == timezone.localdate() else f"{local:%Y-%m-%d} "
    return stamp(value, f"{date}{local:%H:%M:%S}.{local.microsecond // 1000:03d}")


@register.filter
def with_code(text: str) -> SafeString:
    """The text with what stands in backticks as code."""
    return mark_safe(CODE.sub(r"<code>\1</code>", escape(text)))  # escaped before the marks become tags
