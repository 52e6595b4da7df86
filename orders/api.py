"""The read API: the books of one's own accounts. It writes nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import TradingAccount, User
from orders import reading, shapes
from orders.engine.values import State

Row = TypeVar("Row", bound=Model)
PAGE, LARGEST_PAGE = 100, 500
LARGEST_ID = 2**63 - 1


class BadQueryError(APIException):
    status_code = 400
    default_code = "bad_query"


class Books(APIView):
    """What every door to the books has in common: who reads, the envelope, paging by key."""

    http_method_names = ["get", "head", "options"]

    @property
    def reader(self) -> reading.Reader:
        # A key's badge may be limited to some accounts; a session's auth is None.
        user = cast(User, self.request.user)  # permissions have turned strangers away
        return reading.Reader(user, getattr(self.request.auth, "accounts", frozenset()))

    def account(self, name: str) -> TradingAccount:
        found = None if "\0" in name else self.reader.account(name)
        if found is None:
            raise NotFound("no such account")
        return found

    def page(self, rows: QuerySet[Row], shape: Callable[[Row], shapes.Shape], *, newest_first: bool = True) -> Response:
        found, following = self.cut(rows, newest_first)
        return enveloped([shape(row) for row in found], following)

    def cut(self, rows: QuerySet[Row], newest_first: bool) -> tuple[Sequence[Row], str | None]:
        """A page of rows in the order of their keys, and the cursor of the next one."""
        size = self.whole("limit", PAGE, LARGEST_PAGE)
        last = cursor_in(self.request)
        if last is not None:
            rows = rows.filter(pk__lt=last) if newest_first else rows.filter(pk__gt=last)
        found = list(rows.order_by("-pk" if newest_first else "pk")[: size + 1])
        return found[:size], cursor_of(found[size - 1]) if len(found) > size else None

    def whole(self, name: str, otherwise: int, most: int = LARGEST_ID) -> int:
        text = self.request.query_params.get(name)
        if text is None:
            return otherwise
        if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) > 0):
            raise BadQueryError(f"{name}: must be a whole number greater than zero")
        return min(int(text), most)


def enveloped(d: Any, *following: str | None) -> Response:
    body = {"s": "ok", "status": "ok", "d": d}
    return Response(body | {"next": following[0]} if following else body, headers={"Cache-Control": "no-store"})


def cursor_of(row: Model) -> str:
    return base64.urlsafe_b64encode(f"after {row.pk}".encode()).decode()


def cursor_in(request: Request) -> int | None:
    text = request.query_params.get("cursor")
    if not text:
        return None
    try:
        word, _, number = base64.b64decode(text, altchars=b"-_", validate=True).decode("ascii").partition(" ")
    except (binascii.Error, ValueError):
        word, number = "", ""
    if word != "after" or not number.isdigit() or len(number) > 19 or int(number) > LARGEST_ID:
        raise BadQueryError("cursor: must be the `next` of the page before")
    return int(number)


def state_in(request: Request) -> State | None:
    """`?state=`, read like every enumeration: without regard to case, spaces, `_` and `-`."""
    text = request.query_params.get("state", "")
    if not text:
        return None
    said = "".join(letter for letter in text.casefold() if letter not in " _-")
    found = next((state for state in State if state.replace(" ", "") == said), None)
    if found is None:
        raise BadQueryError(f"state: must be one of {', '.join(State)}")
    return found


# --- The doors ---------------------------------------------------------------------------------------


class Accounts(Books):
    def get(self, request: Request) -> Response:
        found, following = self.cut(self.reader.accounts(), newest_first=False)
        return enveloped([shapes.account_shape(worth) for worth in reading.worths(found)], following)


class Account(Books):
    def get(self, request: Request, name: str) -> Response:
        worths = reading.worths([self.account(name)])
        if not worths:
            raise NotFound("no such account")
        return enveloped(shapes.account_shape(worths[0]))


class Orders(Books):
    def get(self, request: Request, name: str) -> Response:
        return self.page(reading.orders_of(self.account(name), state_in(request)), shapes.order_shape)


class Positions(Books):
    def get(self, request: Request, name: str) -> Response:
        account = self.account(name)
        worths = reading.worths([account])
        holdings = {one.position.pk: one for worth in worths for one in worth.holdings}
        return self.page(
            reading.positions_of(account),
            lambda position: shapes.position_shape(position, holdings.get(position.pk)),
            newest_first=False,
        )


class Fills(Books):
    def get(self, request: Request, name: str) -> Response:
        order_id = self.whole("orderId", 0)
        return self.page(reading.fills_of(self.account(name), order_id or None), shapes.fill_shape)


class Ledger(Books):
    def get(self, request: Request, name: str) -> Response:
        return self.page(reading.ledger_of(self.account(name)), shapes.entry_shape)


class Order(Books):
    def get(self, request: Request, number: str) -> Response:
        plain = number.isascii() and number.isdigit() and len(number) < 20
        order = self.reader.order(min(int(number), LARGEST_ID)) if plain else None
        if order is None:
            raise NotFound("no such order")
        events = [shapes.event_shape(event) for event in reading.events_of(order)]
        return enveloped(shapes.order_shape(order) | {"events": events})


class Instruments(Books):
    def get(self, request: Request) -> Response:
        return self.page(reading.instruments(), shapes.instrument_shape, newest_first=False)


class Nothing(APIView):
    """Every other address below the API: no page for people, but an answer for machines."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("there is nothing at this address")
