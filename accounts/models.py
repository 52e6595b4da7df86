"""Who trades: users, their trading accounts, the products they may subscribe to."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone


class User(AbstractUser):
    """A person who signs in: a trader, or an operator (staff)."""


class TradingAccount(models.Model):
    """A paper account. Its money and positions are in the books (`orders`), never here."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    name = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="trading_accounts")
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """Something a user subscribes to. *Trading Webhooks* opens the webhook."""

    TRADING_WEBHOOKS = "trading-webhooks"

    class Approval(models.TextChoices):
        AUTOMATIC = "automatic"
        OPERATOR = "operator"

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=64)
    category = models.CharField(max_length=64, blank=True)
    description = models.TextField(blank=True)
    price = models.DecimalField(max_digits=20, decimal_places=8, default=0)
    currency = models.CharField(max_length=3, default="USD")
    approval = models.CharField(max_length=9, choices=Approval, default=Approval.AUTOMATIC)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def active(self) -> SubscriptionQuerySet:
        now = timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), status="active", starts_at__lte=now)


class Subscription(models.Model):
    class Status(models.TextChoices):
        REQUESTED = "requested"
        ACTIVE = "active"
        REJECTED = "rejected"
        CANCELLED = "cancelled"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="subscriptions")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="subscriptions")
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    comment = models.CharField(max_length=255, blank=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["product__name", "-starts_at"]
        constraints = [
            # One living subscription a product; the ended ones stay as history.
            models.UniqueConstraint(
                fields=["user", "product"],
                condition=Q(status__in=["requested", "active"]),
                name="accounts_subscription_one_living",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.product} · {self.status}"

    @property
    def has_ended(self) -> bool:
        return self.ends_at is not None and self.ends_at <= timezone.now()


class Preference(models.Model):
    """How a person likes one thing of their terminal: the watchlist, the columns of a table."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="preferences")
    name = models.CharField(max_length=32)
    value = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="accounts_preference_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.name}"


class AuditEntry(models.Model):
    """An act that gives or takes access: of a person on their own account and keys, or of an operator on them.

    Rows are only ever added; the database refuses to change or delete one.
    """

    class Act(models.TextChoices):
        SIGNED_IN = "signed-in", "Signed in"
        SIGNED_OUT = "signed-out", "Logged out"
        SIGN_IN_REFUSED = "sign-in-refused", "Sign-in refused"
        CONFIRMATION_REFUSED = "confirmation-refused", "Confirmation refused"
        SESSION_ENDED = "session-ended", "Session ended"
        PASSWORD_CHANGED = "password-changed", "Password changed"
        PASSWORD_RESET = "password-reset", "Password reset by mail"
        EMAIL_CHANGED = "email-changed", "E-mail address changed"
        TOTP_ADDED = "totp-added", "Authenticator app added"
        TOTP_REMOVED = "totp-removed", "Authenticator app removed"
        PASSKEY_ADDED = "passkey-added", "Passkey added"
        PASSKEY_REMOVED = "passkey-removed", "Passkey removed"
        CODES_MADE = "codes-made", "Recovery codes made"
        FACTOR_REMOVED = "factor-removed", "Second factor removed"
        KEY_CREATED = "key-created", "Key created"
        KEY_ROTATED = "key-rotated", "Secret rotated"
        KEY_PAUSED = "key-paused", "Key paused"
        KEY_RESUMED = "key-resumed", "Key resumed"
        KEY_LIMITED = "key-limited", "Limits changed"
        KEY_RENEWED = "key-renewed", "Expiry changed"
        KEY_DELETED = "key-deleted", "Key deleted"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="audit_entries", help_text="whose account")
    by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", help_text="who did it, if somebody was signed in"
    )
    at = models.DateTimeField(db_default=Now())
    act = models.CharField(max_length=24, choices=Act)
    subject = models.CharField(max_length=64, blank=True, help_text="the name of the key, passkey or browser")
    details = models.TextField(blank=True)
    source = models.GenericIPAddressField(null=True, help_text="the address it came from")

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["user", "-id"], name="accounts_audit_of_user")]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.subject}".strip()
