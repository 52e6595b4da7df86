"""What a person chooses: the account they look at, the theme of their screen."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.chosen import SESSION_KEY

THEMES = ("dark", "light", "auto")


@login_required
@require_POST
def choose_account(request: HttpRequest) -> HttpResponse:
    account = get_object_or_404(request.user.trading_accounts, name=request.POST.get("account", "").replace("\0", ""))
    request.session[SESSION_KEY] = account.pk
    return back(request)


@login_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme")
    request.session["theme"] = theme if theme in THEMES else THEMES[0]
    return back(request)


def back(request: HttpRequest) -> HttpResponse:
    """To the page that asked, if it is one of ours."""
    there = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure())
    return redirect(there if ours and there.startswith("/") else "home")
