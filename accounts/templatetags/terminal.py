"""What every template draws with: icons, times, and the sign of who did it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import Literal

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@cache
def sprite() -> str:
    return static("icons.svg")


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "copy" %}`: a picture that says nothing by itself, in the colour of the words beside it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite(), name)


@register.filter
def dressed(field: BoundField) -> SafeString:
    """A form's field in the terminal's look."""
    return field.as_widget(attrs={"class": "input"})


@register.filter
def moment(value: datetime | Literal[""] | None) -> SafeString | str:
    """The time of day for today, else the date before it; in the reader's zone, with UTC on hover."""
    if not value:  # a template's missing value is ""
        return "–"
    local = timezone.localtime(value)
    short = f"{local:%H:%M:%S}" if local.date() == timezone.localdate() else f"{local:%Y-%m-%d %H:%M:%S}"
    return stamp(value, short)


@register.filter
def day(value: datetime | date | Literal[""] | None) -> SafeString | str:
    """The date alone, with its time in UTC on hover."""
    if not value:  # a template's missing value is ""
        return "–"
    if not isinstance(value, datetime):
        return format_html('<time datetime="{0}">{0}</time>', value.isoformat())
    return stamp(value, f"{timezone.localtime(value):%Y-%m-%d}")


def stamp(value: datetime, short: str) -> SafeString:
    at = value.astimezone(UTC)
    thousandths = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"
    return format_html(
        '<time datetime="{}Z" title="{} UTC">{}</time>', thousandths.replace(" ", "T"), thousandths, short
    )


@register.inclusion_tag("frame/origin.html")
def origin(who: dict | None) -> dict[str, str]:
    """Who asked for it: the origin of a command, order or event."""
    who = who or {}
    kind = str(who.get("kind", ""))
    name = who.get("key") if kind == "webhook" else who.get("user")
    return {"kind": kind, "name": str(name or ORIGIN_NAMES.get(kind, kind)), "spoken": ORIGIN_SPOKEN.get(kind, "")}


ORIGIN_NAMES = {"engine": "engine", "operator": "operator", "dealer": "dealer", "webhook": "webhook", "user": "by hand"}
ORIGIN_SPOKEN = {"webhook": "webhook ", "user": "by hand, ", "dealer": "dealer ", "operator": "operator "}
