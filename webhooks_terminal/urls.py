"""Every address of the product."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from orders.api import Nothing
from orders.views.home import home
from webhooks_terminal.health import health

OVERVIEWS = ("2fa", "2fa/webauthn", "sessions")

urlpatterns = [
    path("health", health),
    path("", home, name="home"),
    path("", include("orders.urls")),
    path("", include("webhooks.urls")),
    path("accounts/", include("accounts.urls")),
    path("tables/", include("accounts.tables.urls")),
    path("favicon.ico", RedirectView.as_view(url=static("mark.svg"))),
    path("api/v1/", include("orders.api_urls")),
    path("api/v1/", include("webhooks.api_urls")),
    re_path("^api/", Nothing.as_view()),
    path("admin/", admin.site.urls),
    # The overviews of allauth are one page here.
    *(path(f"account/{part}/", RedirectView.as_view(pattern_name="accounts:security")) for part in OVERVIEWS),
    path("account/", include("allauth.urls")),
]
