"""The doors for machines, each with and without a final slash: a sender does not follow a redirect."""

from django.urls import re_path

from orders import api
from orders.quote_door import take_quotes

urlpatterns = [
    re_path(r"^quotes/?$", take_quotes),
    re_path(r"^accounts/?$", api.Accounts.as_view()),
    re_path(r"^accounts/(?P<name>[^/]+)/?$", api.Account.as_view()),
    re_path(r"^accounts/(?P<name>[^/]+)/orders/?$", api.Orders.as_view()),
    re_path(r"^accounts/(?P<name>[^/]+)/positions/?$", api.Positions.as_view()),
    re_path(r"^accounts/(?P<name>[^/]+)/fills/?$", api.Fills.as_view()),
    re_path(r"^accounts/(?P<name>[^/]+)/ledger/?$", api.Ledger.as_view()),
    re_path(r"^orders/(?P<number>[^/]+)/?$", api.Order.as_view()),
    re_path(r"^instruments/?$", api.Instruments.as_view()),
]
