"""Which request an order came from, for a page of orders at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from orders.models import Order, OrderCommand


def deliveries_of(orders: Iterable[Order]) -> dict[int, UUID | None]:
    """Order id to the delivery that placed it; a stop loss or take profit has its parent's. Absent are those without
    one, and those that are too old for it to be kept."""
    placed_by = {order.pk: order.parent_id or order.pk for order in orders}
    rows = OrderCommand.objects.filter(order_id__in=set(placed_by.values()), kind="place", delivery_id__isnull=False)
    if days := settings.DELIVERY_RETENTION_DAYS:
        rows = rows.filter(accepted_at__gt=timezone.now() - timedelta(days=days))
    known = dict(rows.values_list("order_id", "delivery_id"))
    return {order_id: known[placed] for order_id, placed in placed_by.items() if placed in known}
