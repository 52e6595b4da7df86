"""Addresses of the delivery log in the read API."""

from django.urls import path

from webhooks.api import OneRequest, Requests
from webhooks.check_door import Check
from webhooks.schema_door import document, message

urlpatterns = [
    path("schema", document, name="schema"),
    path("schema/<str:action>.json", message, name="message-schema"),
    path("check", Check.as_view()),
    path("check/", Check.as_view()),
    path("requests", Requests.as_view()),
    path("requests/", Requests.as_view()),
    path("requests/<str:number>", OneRequest.as_view()),
    path("requests/<str:number>/", OneRequest.as_view()),
]
