"""Accounts → Webhooks. The webhook itself stands before Django: see `webhooks_terminal.asgi`."""

from django.urls import path

from webhooks.views import docs, keys, page, requests, snippets, trials

app_name = "webhooks"
urlpatterns = [
    path("webhooks", page.panel, name="panel"),
    path("webhooks/keys", keys.table, name="keys"),
    path("webhooks/keys/create", keys.create, name="create"),
    path("webhooks/keys/<int:key_id>/pause", keys.pause, name="pause"),
    path("webhooks/keys/<int:key_id>/resume", keys.resume, name="resume"),
    path("webhooks/keys/<int:key_id>/ask-rotate", keys.ask_rotate, name="ask-rotate"),
    path("webhooks/keys/<int:key_id>/rotate", keys.rotate, name="rotate"),
    path("webhooks/keys/<int:key_id>/ask-limits", keys.ask_limits, name="ask-limits"),
    path("webhooks/keys/<int:key_id>/limits", keys.limits, name="limits"),
    path("webhooks/keys/<int:key_id>/ask-renew", keys.ask_renew, name="ask-renew"),
    path("webhooks/keys/<int:key_id>/renew", keys.renew, name="renew"),
    path("webhooks/keys/<int:key_id>/ask-delete", keys.ask_delete, name="ask-delete"),
    path("webhooks/keys/<int:key_id>/delete", keys.delete, name="delete"),
    path("webhooks/requests", requests.listed, name="requests"),
    path("webhooks/requests/<uuid:delivery_id>", requests.drawer, name="request"),
    path("webhooks/snippet", snippets.snippet, name="snippet"),
    path("webhooks/try", trials.ask, name="try"),
    path("webhooks/check", trials.look_at, name="check"),
    path("webhooks/test", trials.send, name="test"),
    path("docs/webhooks", docs.reference, name="docs"),
    path("docs/webhooks/guide", docs.guide, name="guide"),
]
