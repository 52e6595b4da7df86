"""Addresses of the delivery log in the read API."""

from django.urls import path

from webhooks.api import OneRequest, Requests

urlpatterns = [
    path("requests", Requests.as_view()),
    path("requests/", Requests.as_view()),
    path("requests/<str:number>", OneRequest.as_view()),
    path("requests/<str:number>/", OneRequest.as_view()),
]
