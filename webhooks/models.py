"""Keys that let another system post, and the log of what was posted."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone


class WebhookKeyQuerySet(models.QuerySet["WebhookKey"]):
    def undeleted(self) -> WebhookKeyQuerySet:
        return self.filter(deleted_at=None)


class WebhookKey(models.Model):
    """A key pair. Only a keyed hash of the secret is stored; a deleted key keeps its row and its history."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="webhook_keys")
    name = models.CharField(max_length=64)
    api_key = models.CharField(max_length=25, unique=True, help_text="wk_ and 22 base62 characters; public")
    secret_hash = models.BinaryField(help_text="HMAC-SHA-256 of the secret")
    pepper = models.PositiveSmallIntegerField(help_text="number of the pepper that made the hash")
    # After a rotation the secret before it works until its time.
    previous_hash = models.BinaryField(null=True, blank=True)
    previous_pepper = models.PositiveSmallIntegerField(null=True, blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # Limits; empty means none.
    accounts = models.ManyToManyField("accounts.TradingAccount", blank=True, related_name="+")
    actions = ArrayField(models.CharField(max_length=6), default=list, blank=True)
    networks = ArrayField(models.CharField(max_length=49), default=list, blank=True)
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    identical_window_seconds = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)

    objects = WebhookKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            # A name may be used again once its key is deleted.
            models.UniqueConstraint(
                fields=["user", "name"], condition=Q(deleted_at=None), name="webhooks_key_name_of_user"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One request to the webhook and its answer. Its id is the answer's X-Request-Id.

    `body` never holds a secret. `answered_at` stays empty when the process died before the answer left.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.ForeignKey(
        WebhookKey,
        null=True,
        on_delete=models.SET_NULL,
        related_name="deliveries",
        db_constraint=False,
        db_index=False,
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    received_at = models.DateTimeField(default=timezone.now)
    source = models.GenericIPAddressField(null=True)
    method = models.CharField(max_length=16)
    action = models.CharField(max_length=6, blank=True)
    account_name = models.CharField(max_length=64, blank=True)
    summary = models.CharField(max_length=160, blank=True, help_text="what was asked, in a few words")
    body = models.TextField(blank=True)
    # The account and number of the command in the tray, when one was accepted.
    account_id = models.BigIntegerField(null=True)
    seq = models.BigIntegerField(null=True)
    fingerprint = models.BinaryField(null=True, help_text="SHA-256 of the body's bytes")
    gate = models.UUIDField(null=True, help_text="the process that received it")
    http = models.PositiveSmallIntegerField(help_text="status of the answer as it left")
    code = models.CharField(max_length=40, blank=True)
    answer = models.JSONField(null=True)
    answered_at = models.DateTimeField(null=True)
    took_ms = models.FloatField(null=True)
    dry_run = models.BooleanField(default=False, db_default=False, help_text="a test: nothing was to be carried out")

    class Meta:
        ordering = ["-received_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["user", "-received_at", "-id"], name="webhooks_delivery_of_user"),
            models.Index(fields=["key", "-received_at"], name="webhooks_delivery_of_key"),
            models.Index(fields=["-received_at"], name="webhooks_delivery_received"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class GateProcess(models.Model):
    """A process that receives requests. While it lives it holds an advisory lock on its number.

    Requests of one that died, unanswered, are known again when they are sent again.
    """

    gate = models.UUIDField(unique=True)
    started_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.gate)
