"""People in front of the panel, without a browser."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import Product, Subscription, TradingAccount, User
from webhooks.models import Delivery, WebhookKey

PASSWORD = "a-long-pass-for-tests"
numbers = itertools.count(1)


@dataclass
class Person:
    """A user in front of the panel."""

    user: User
    client: Client

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(path, query)

    def fragment(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(path, query, headers={"HX-Request": "true"})

    def file(self, table: str, **query: Any) -> str:
        """A table as CSV."""
        answer = self.get(f"/tables/{table}/csv/", **query)
        assert isinstance(answer, StreamingHttpResponse)
        assert answer.headers["Cache-Control"] == "no-store, private"

        async def read() -> bytes:
            return b"".join([part async for part in answer])

        return async_to_sync(read)().decode()

    def post(self, path: str, **fields: Any) -> HttpResponse:
        return self.client.post(path, fields, headers={"HX-Request": "true"})

    def create(self, **fields: Any) -> HttpResponse:
        """Fills in the form as it stands, changed by these fields, and gives the password when it is asked for."""
        form = {"name": "", "expires": "never", "actions": ["place", "modify", "cancel"], "password": PASSWORD}
        return self.post("/webhooks/keys/create", **form | fields)

    def key(self, name: str = "first", **fields: Any) -> WebhookKey:
        self.create(name=name, **fields)
        return WebhookKey.objects.undeleted().get(user=self.user, name=name)

    def delivery(self, key: WebhookKey | None = None, **columns: Any) -> Delivery:
        filled = {"method": "POST", "action": "place", "http": 200, "source": "192.0.2.7", "took_ms": 12.4}
        answer = {"s": "ok", "status": "ok", "d": {"orderId": 1001, "state": "filled", "avgPrice": "64250.5"}}
        return Delivery.objects.create(key=key, user=self.user, **filled | {"answer": answer} | columns)


def make_person(name: str) -> Person:
    """A user with an account and a subscription to Trading Webhooks, signed in."""
    number = next(numbers)
    user = User.objects.create_user(f"{name}-{number}", password=PASSWORD)
    TradingAccount.objects.create(name=f"{user.username}-1".upper(), user=user, currency="USD")
    product, _ = Product.objects.get_or_create(code=Product.TRADING_WEBHOOKS, defaults={"name": "Trading Webhooks"})
    Subscription.objects.create(user=user, product=product)
    # An address of their own: wrong passwords slow down whoever comes from the same one.
    person = Person(user, Client(REMOTE_ADDR=f"10.1.{number // 250}.{number % 250}"))
    person.client.force_login(user)
    return person


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def days_ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)
