"""Subscribing to a product: at once where that is allowed, else by asking an operator."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts.models import Product, Subscription, User


def subscribe(user: User, product: Product) -> Subscription:
    """The living subscription of that user: a new one, or the one that is there already."""
    at_once = product.approval == Product.Approval.AUTOMATIC
    status = Subscription.Status.ACTIVE if at_once else Subscription.Status.REQUESTED
    living = Subscription.objects.filter(user=user, product=product, status__in=["requested", "active"])
    # An expired one is still called active: it makes room for the new one.
    if (old := living.first()) and old.has_ended:
        living.filter(pk=old.pk).update(status=Subscription.Status.CANCELLED)
    try:
        with transaction.atomic():
            return Subscription.objects.create(user=user, product=product, status=status)
    except IntegrityError:  # asked twice at once, or it lives already
        return living.get()


def withdraw(user: User, product: Product) -> int:
    """Takes back a request that no operator has answered yet; says how many there were."""
    asked = Subscription.objects.filter(user=user, product=product, status=Subscription.Status.REQUESTED)
    return asked.update(status=Subscription.Status.CANCELLED)
