from django.urls import path

from orders.views import accounts

app_name = "orders"
urlpatterns = [
    path("accounts/", accounts.accounts, name="accounts"),
]
