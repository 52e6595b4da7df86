"""`manage.py dealer fill|reject ORDER`: what a dealer does with a Care order."""

from __future__ import annotations

from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orders.carrying import NotDone, act
from orders.engine.commands import DealerFill, DealerReject
from orders.models import Order
from orders.strict_json import BadNumberError, decimal_of

ORIGIN = {"kind": "dealer", "user": "manage.py"}


class Command(BaseCommand):
    help = "Fills a Care order, all of it or a part, or rejects it with a reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        fill = acts.add_parser("fill", help="fill it at a price not worse than its limit")
        fill.add_argument("order")
        fill.add_argument("--qty", required=True, help="lots")
        fill.add_argument("--price", required=True)
        reject = acts.add_parser("reject", help="reject it")
        reject.add_argument("order")
        reject.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        number = options["order"]
        plain = number.isascii() and number.isdigit() and len(number) < 19
        order = Order.objects.filter(pk=number).first() if plain else None
        if order is None:
            raise CommandError(f"no order {number}")
        try:
            done = act(order.account_id, self.command(order.pk, options), ORIGIN)
        except NotDone as error:
            raise CommandError(f"order {number}: {error}") from None
        self.stdout.write(f"order {number}: {done.get('state', 'done')}")

    def command(self, order_id: int, options: dict[str, Any]) -> DealerFill | DealerReject:
        if options["act"] == "fill":
            return DealerFill(order_id, positive("qty", options["qty"]), positive("price", options["price"]))
        reason = options["reason"].strip()
        if not reason or len(reason) > 255:
            raise CommandError("--reason: a sentence of at most 255 characters")
        return DealerReject(order_id, reason)


def positive(name: str, text: str) -> Decimal:
    try:
        return decimal_of(text)
    except BadNumberError as error:
        raise CommandError(f"--{name}: {error.message}") from None
