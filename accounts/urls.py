"""Where a person chooses: account, theme, products, and what guards them all."""

from django.urls import path

from accounts import security, views

app_name = "accounts"
urlpatterns = [
    path("choose/", views.choose_account, name="choose"),
    path("theme/", views.choose_theme, name="theme"),
    path("products/", views.products, name="products"),
    path("products/<slug:code>/", views.change_subscription, name="subscription"),
    path("security/", security.security, name="security"),
    path("security/history/", security.history, name="history"),
    path("security/sessions/<int:session_id>/end/", security.end_session, name="end-session"),
    path("security/sessions/end-others/", security.end_others, name="end-others"),
]
