"""Every address of the product, and the state of the database as one picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
# Written by looking, too: sessions, counts of attempts, and the trail of what was tried.
UNSEEN = ("django_session", "accounts_cache", "accounts_auditentry")
TABLES_SQL = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT tablename = ANY(%s) ORDER BY 1"
# Of a person's own rows nothing is said: whoever asks may change those.
PICTURE_SQL = """SELECT '{0}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {0} t
    WHERE NOT to_jsonb(t) @> jsonb_build_object('user_id', {1}) AND NOT ('{0}' = 'accounts_user' AND to_jsonb(t) @>
    jsonb_build_object('id', {1}))"""


@dataclass(frozen=True)
class Route:
    pattern: str
    name: str

    @property
    def parameters(self) -> list[str]:
        return [first or second for first, second in PARAMETER.findall(self.pattern)]

    def address(self, things: Mapping[str, Any]) -> str:
        """KeyError: the route takes something that the test does not know."""
        filled = PARAMETER.sub(lambda found: str(things[found[1] or found[2]]), self.pattern)
        return "/" + re.sub(r"[\^$?]", "", filled)


def routes() -> list[Route]:
    return list(walk(get_resolver(), "", ""))


def walk(resolver: URLResolver, prefix: str, space: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry, pattern, f"{entry.namespace}:" if entry.namespace else space)
        else:
            yield Route(pattern, space + entry.name if entry.name else pattern)


def picture(but_of: int = 0) -> dict[str, str]:
    """Each table's contents as a fingerprint, without the rows of that user."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES_SQL, [list(UNSEEN)])
        tables = [table for (table,) in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(PICTURE_SQL.format(table, int(but_of)) for table in tables))
        return dict(cursor.fetchall())


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [table for table in after if before[table] != after[table]]


def form_at(client: Client, path: str) -> dict[str, str]:
    """The fields of the form there, as they stand."""
    answer: HttpResponse = client.get(path, headers={"HX-Request": "true"})
    html = answer.content.decode()
    found = dict(re.findall(r'<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', html))
    for name, options in re.findall(r'<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")?[^>]* selected>([^<]*)', options)
        found[name] = (chosen[1] or chosen[2]) if chosen else ""
    return found
