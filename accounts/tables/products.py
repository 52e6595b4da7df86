"""The tables of the Products panel: what is active, and what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from accounts.models import Subscription
from accounts.signed_in import SignedInRequest
from accounts.tables.declared import Column, Listed, Table, declare


def own(request: SignedInRequest) -> list[Subscription]:
    """The signed-in user's subscriptions, read once per request."""
    if not hasattr(request, "own_subscriptions"):
        found = Subscription.objects.filter(user=request.user).select_related("product")
        request.own_subscriptions = list(found)
    return request.own_subscriptions


def active(request: SignedInRequest) -> Listed:
    return Listed([one for one in own(request) if one.status == "active" and not one.has_ended])


def asked(request: SignedInRequest) -> Listed:
    return Listed([one for one in own(request) if one.status in ("requested", "rejected")])


def of(name: str) -> Callable[[Subscription], Any]:
    return lambda one: getattr(one, name)


PRODUCT: Final = Column("Product", lambda one: one.product.name, lambda one: one.product.name)
STATE: Final = Column("State", of("status"), of("status"), look="prose", card="state")
ACTIVE: Final = declare(
    Table(
        "active-products",
        "Active products",
        "accounts:products",
        (
            PRODUCT,
            Column("Category", lambda one: one.product.category, lambda one: one.product.category, look="prose"),
            Column("Since", of("starts_at"), of("starts_at")),
            Column("Until", of("ends_at"), of("ends_at")),
            STATE,
        ),
        active,
        usual_sort="product",
        events=(),
    )
)
ASKED: Final = declare(
    Table(
        "asked-products",
        "Requests for products",
        "accounts:products",
        (
            PRODUCT,
            Column("Asked", of("starts_at"), of("starts_at")),
            Column("Comment", of("comment"), look="stretch", card="wide"),
            STATE,
        ),
        asked,
        usual_sort="-asked",
        events=(),
    )
)
