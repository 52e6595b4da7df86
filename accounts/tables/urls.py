"""What a person does to their tables."""

from django.urls import path

from accounts.tables import views

app_name = "tables"
urlpatterns = [
    path("<slug:name>/columns/", views.columns, name="columns"),
    path("<slug:name>/sort/", views.sort, name="sort"),
    path("<slug:name>/filters/", views.filters, name="filters"),
    path("<slug:name>/csv/", views.export, name="csv"),
]
