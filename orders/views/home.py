"""The front door: to the heart of the terminal."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.signed_in import SignedInRequest
from orders.frame import exists


@login_required
def home(request: SignedInRequest) -> HttpResponse:
    return redirect("webhooks:panel" if exists("webhooks:panel") else "orders:accounts")
