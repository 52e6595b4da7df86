"""What the desk's pages have in common: rows that are only looked at, and acts that ask a question first."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from orders.carrying import NotDone

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
        return field.to_python(term)
    except ValidationError:
        return None


class Undeletable(admin.ModelAdmin):
    """Rows that history leans on: they end by their status."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def origin_of(request: HttpRequest, kind: str = "operator") -> dict[str, Any]:
    return {"kind": kind, "user": request.user.get_username()}


Act = Callable[[Any, dict[str, Any]], str]


def carried_out(
    page: admin.ModelAdmin, request: HttpRequest, rows: QuerySet[Any], act: Act, answers: Any = None
) -> None:
    """Does it to each row; what was done is logged and told, what was refused is told."""
    for row in rows:
        try:
            said = act(row, answers or {})
        except NotDone as error:
            page.message_user(request, f"{row}: {error}", messages.ERROR)
        else:
            page.log_change(request, row, said)
            page.message_user(request, f"{row}: {said}")


def asked(
    page: admin.ModelAdmin, request: HttpRequest, rows: QuerySet[Any], form_class: type[forms.Form], act: Act
) -> HttpResponse | None:
    """Asks the form's question about the chosen rows first, and then does it."""
    form = form_class(request.POST if "answered" in request.POST else None)
    if form.is_bound and form.is_valid():
        carried_out(page, request, rows, act, form.cleaned_data)
        return None
    name = request.POST["action"]
    known = page.get_actions(request)[name]
    context = {
        **page.admin_site.each_context(request),
        "title": known[2] if known else name,
        "opts": page.model._meta,
        "rows": rows,
        "form": form,
        "action": name,
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/orders/question.html", context)
