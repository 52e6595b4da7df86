from django.urls import path

from orders.quote_door import take_quotes

urlpatterns = [
    path("quotes", take_quotes),
    path("quotes/", take_quotes),
]
