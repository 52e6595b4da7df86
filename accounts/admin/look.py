"""What the desk's pages have in common: rows that are only looked at, and rows that are never deleted."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

MOST_COUNTED = 10_000


class QuickPaginator(Paginator):
    """Counts no further than anybody turns pages: an exact count of ten million rows takes a second."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return len(rows.order_by().values_list("pk")[:MOST_COUNTED])


class LookOnly(admin.ModelAdmin):
    """Rows that only the product itself writes."""

    list_per_page = 50
    show_full_result_count = False
    paginator = QuickPaginator

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact matches only, which an index finds; a text that cannot be a field's value is not looked for there."""
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q(pk__in=[])
        for path in self.search_fields:
            if (value := value_for(self.model, path, term)) is not None:
                wanted |= Q(**{path: value})
        return queryset.filter(wanted), False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def value_for(model: type[Model], path: str, term: str) -> Any:
    """The term as a value of the field at the end of a path; None when it cannot be one."""
    field: Any = None
    for name in path.split("__"):
        field = (field.related_model if field else model)._meta.get_field(name)
    try:
        value = field.to_python(term)
        field.run_validators(value)
    except ValidationError:
        return None
    return value


class Undeletable(admin.ModelAdmin):
    """Rows that history leans on: they end by their status."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
