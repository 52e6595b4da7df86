"""Operators' groups and what each may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

LOOK = (
    "accounts.view_user",
    "accounts.view_tradingaccount",
    "accounts.view_product",
    "accounts.view_subscription",
    "accounts.view_auditentry",
    "mfa.view_authenticator",
    "usersessions.view_usersession",
    "orders.view_instrument",
    "orders.view_lastquote",
    "orders.view_session",
    "orders.view_tradinghalt",
    "orders.view_ordercommand",
    "orders.view_order",
    "orders.view_orderevent",
    "orders.view_fill",
    "orders.view_position",
    "orders.view_ledgerentry",
    "webhooks.view_webhookkey",
    "webhooks.view_delivery",
)
GROUPS: Mapping[str, tuple[str, ...]] = {
    "support": (*LOOK, "orders.ring"),
    "dealer": (
        "orders.deal",
        "orders.view_order",
        "orders.view_orderevent",
        "orders.view_fill",
        "orders.view_position",
        "orders.view_instrument",
        "orders.view_lastquote",
    ),
    "risk": (*LOOK, "orders.ring", "orders.halt", "orders.set_risk"),
    "admin": (
        *LOOK,
        "admin.view_logentry",
        "orders.ring",
        "orders.deal",
        "orders.halt",
        "orders.set_risk",
        "orders.move_money",
        "orders.add_instrument",
        "orders.change_instrument",
        "accounts.add_user",
        "accounts.change_user",
        "accounts.add_tradingaccount",
        "accounts.change_tradingaccount",
        "accounts.add_product",
        "accounts.change_product",
        "accounts.add_subscription",
        "accounts.change_subscription",
        "webhooks.change_webhookkey",
        "webhooks.delete_webhookkey",
    ),
}


def write_groups() -> None:
    """Brings the groups into being; what an operator has changed in one since stays, what is missing is added."""
    for name, wanted in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*permissions(wanted))


def permissions(names: Iterable[str]) -> list[Permission]:
    """By their names, such as orders.deal. Raises LookupError for one that does not exist."""
    found = []
    for name in names:
        app, _, codename = name.partition(".")
        one = Permission.objects.filter(Q(content_type__app_label=app), codename=codename).first()
        if one is None:
            raise LookupError(name)
        found.append(one)
    return found
