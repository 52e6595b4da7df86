"""Heads and cells of tables in the order of their reader.

    {% row shown %}{% cell "Symbol" %}…{% endcell %}{% cell "Side" %}…{% endcell %}{% endrow %}

writes those cells that the reader wants, each with the classes that its column was declared with.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.tables.declared import Column
from accounts.tables.pages import Shown

register = template.Library()


class CellNode(template.Node):
    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name, self.nodelist = name, nodelist

    def render(self, context: template.Context) -> SafeString:
        return self.nodelist.render(context)


class RowNode(template.Node):
    """The cells of one row. A foot has no cell for most columns: those stay empty."""

    def __init__(self, shown: FilterExpression, nodelist: NodeList) -> None:
        self.shown = shown
        self.cells = {node.name: node for node in nodelist if isinstance(node, CellNode)}

    def render(self, context: template.Context) -> SafeString:
        shown: Shown = self.shown.resolve(context)
        cells = []
        for number, column in enumerate(shown.liking.columns):
            node = self.cells.get(column.name)
            cells.append(written(column, node.render(context) if node else SafeString(""), is_first=not number))
        return mark_safe("".join(cells))  # every part was made by a template


def written(column: Column, content: SafeString, *, is_first: bool) -> SafeString:
    opening, closing = opening_of(column, is_first=is_first)
    return SafeString(f"{opening}{content}{closing}")


def opening_of(column: Column, *, is_first: bool) -> tuple[str, str]:
    known = tags.get((column, is_first))
    if known is None:
        known = tags[column, is_first] = made(column, is_first=is_first)
    return known


tags: dict[tuple[Column, bool], tuple[str, str]] = {}


def made(column: Column, *, is_first: bool) -> tuple[str, str]:
    classes = " ".join(filter(None, (column.classes, "pinned" if is_first else "" if column.name else "pinned-end")))
    card = column.card or ("title" if is_first else "" if column.name else "actions")
    parts = [
        format_html(' class="{}"', classes) if classes else "",
        format_html(' data-label="{}"', column.hint or column.name) if column.name and not is_first else "",
        format_html(' data-card="{}"', card) if card else "",
    ]
    if is_first:
        return f'<th role="rowheader" scope="row"{"".join(parts)}>', "</th>"
    return f'<td role="cell"{"".join(parts)}>', "</td>"


@register.tag
def row(parser: Parser, token: Token) -> RowNode:
    _, shown = token.split_contents()
    nodelist = parser.parse(("endrow",))
    parser.delete_first_token()
    return RowNode(parser.compile_filter(shown), nodelist)


@register.tag
def cell(parser: Parser, token: Token) -> CellNode:
    _, name = token.split_contents()
    nodelist = parser.parse(("endcell",))
    parser.delete_first_token()
    return CellNode(name.strip('"'), nodelist)


@register.inclusion_tag("tables/head.html")
def head(shown: Shown) -> dict[str, Any]:
    """The heads of the columns that are shown; those that sort are buttons."""
    return {"shown": shown, "liking": shown.liking, "table": shown.table, "columns": shown.liking.columns}


@register.inclusion_tag("tables/tools.html")
def tools(shown: Shown) -> dict[str, Any]:
    """Columns and CSV, for the head of a panel."""
    return {"shown": shown, "table": shown.table}


@register.inclusion_tag("tables/filters.html")
def filters(shown: Shown) -> dict[str, Any]:
    return {"shown": shown, "table": shown.table}


@register.inclusion_tag("tables/pager.html")
def pager(shown: Shown) -> dict[str, Any]:
    return {"shown": shown, "page": shown.page, "table": shown.table}


@register.simple_tag
def lives(shown: Shown, url: str) -> SafeString:
    """The attributes by which a table comes again: when its reader likes it otherwise, and its first page with news."""
    news = shown.table.events if shown.page is None or shown.page.is_first else ()
    return format_html(
        ' hx-get="{}{}" hx-trigger="{}" hx-target="this" hx-swap="morph:outerHTML"',
        *(url, f"?{shown.query}" if shown.query else ""),
        ", ".join(f"{event} from:body" for event in (*news, shown.table.told)),
    )
