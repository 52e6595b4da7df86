"""A request as views behind `login_required` get it."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Subscription, TradingAccount, User


class SignedInRequest(HttpRequest):
    """Only a name for the type checker: Django never makes one."""

    user: User
    htmx: HtmxDetails
    own_accounts: list[TradingAccount]  # once they were read, see accounts.chosen
    own_subscriptions: list[Subscription]  # once they were read, see accounts.tables.products
