"""Where a person chooses: account, theme, products."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("choose/", views.choose_account, name="choose"),
    path("theme/", views.choose_theme, name="theme"),
    path("products/", views.products, name="products"),
    path("products/<slug:code>/", views.change_subscription, name="subscription"),
]
