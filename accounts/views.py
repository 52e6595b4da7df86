"""What a person chooses: the account they look at, the theme of their screen, the products they use."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.chosen import SESSION_KEY
from accounts.models import Product
from accounts.pages import private, render_page, with_events
from accounts.products import subscribe, withdraw
from accounts.signed_in import SignedInRequest
from accounts.tables.pages import shown
from accounts.tables.products import ACTIVE, ASKED, own

THEMES = ("dark", "light", "auto")


@login_required
@require_POST
def choose_account(request: SignedInRequest) -> HttpResponse:
    account = get_object_or_404(request.user.trading_accounts, name=request.POST.get("account", "").replace("\0", ""))
    request.session[SESSION_KEY] = account.pk
    return back(request)


@login_required
@require_POST
def choose_theme(request: SignedInRequest) -> HttpResponse:
    theme = request.POST.get("theme")
    request.session["theme"] = theme if theme in THEMES else THEMES[0]
    return back(request)


def back(request: SignedInRequest) -> HttpResponse:
    """To the page that asked, if it is one of ours."""
    there = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure())
    return redirect(there if ours and there.startswith("/") else "home")


@login_required
@require_safe
def products(request: SignedInRequest) -> HttpResponse:
    return render_page(request, "accounts/products.html", "products", products_context(request))


def products_context(request: SignedInRequest) -> dict[str, Any]:
    living = {s.product_id: s for s in own(request) if s.status in ("active", "requested") and not s.has_ended}
    return {
        "active": shown(request, ACTIVE),
        "asked": shown(request, ASKED),
        "catalogue": [(product, living.get(product.pk)) for product in Product.objects.all()],
    }


@login_required
@require_POST
def change_subscription(request: SignedInRequest, code: str) -> HttpResponse:
    """Subscribes, asks, or takes the question back."""
    product = get_object_or_404(Product, code=code)
    if request.POST.get("do") == "withdraw":
        withdraw(request.user, product)
        words = f"{product.name}: request withdrawn"
    else:
        subscription = subscribe(request.user, product)
        words = f"{product.name} is {'active' if subscription.status == 'active' else 'requested'}"
    if not request.headers.get("HX-Request"):
        return redirect("accounts:products")
    body = render_to_string("accounts/fragments/products.html", products_context(request), request)
    return with_events(private(HttpResponse(body)), {"toast": {"kind": "done", "title": words}})
