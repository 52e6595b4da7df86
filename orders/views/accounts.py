"""The Accounts panel."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.chosen import chosen_account
from accounts.pages import render_page


@login_required
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    return render_page(request, "orders/accounts.html", "accounts", {"account": chosen_account(request)})
