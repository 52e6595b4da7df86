"""Acts of the desk: some ask a question first, all are logged, and what was refused is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from orders.carrying import NotDone


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
