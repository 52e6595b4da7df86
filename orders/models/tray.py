"""The tray: what has been asked for. Only `intake` writes commands."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import TradingAccount
from orders.models.columns import LOOKED_AT, UNCHECKED


class Tray(models.Model):
    """Numbers an account's commands. Its row lock, held until commit, makes the order of numbers that of commits."""

    account = models.OneToOneField(TradingAccount, primary_key=True, on_delete=models.PROTECT, related_name="tray")
    next_seq = models.BigIntegerField(default=1)

    class Meta:
        default_permissions = LOOKED_AT

    def __str__(self) -> str:
        return f"tray of {self.account_id}"


class OrderCommand(models.Model):
    """A wish that reached an account. The row is the queue; Celery only rings a bell."""

    class Status(models.IntegerChoices):
        QUEUED = 0
        DONE = 1
        REFUSED = 2
        PARKED = 3

    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, related_name="commands", **UNCHECKED, db_index=False
    )
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    payload = models.JSONField()
    # Ids are born here, so that the answer can carry them and a replay finds the same ones.
    order_id = models.BigIntegerField(null=True)
    stop_loss_id = models.BigIntegerField(null=True)
    take_profit_id = models.BigIntegerField(null=True)
    origin = models.JSONField(default=dict, help_text="who: webhook key and address, user, dealer, engine")
    delivery_id = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  null: none was given
    fingerprint = models.BinaryField(null=True, help_text="SHA-256 of the body's bytes")
    status = models.PositiveSmallIntegerField(choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    outcome = models.JSONField(null=True)
    # What the engine saw: the time and the number of each quote it read. A replay sees the same.
    context = models.JSONField(null=True)
    accepted_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = LOOKED_AT
        permissions = [
            ("deal", "Can fill and reject Care orders"),
            ("halt", "Can halt and resume trading, suspend and activate accounts"),
            ("move_money", "Can deposit, withdraw and adjust"),
            ("set_risk", "Can set an account's risk rules"),
            ("ring", "Can ring again for a command"),
        ]
        ordering = ["account", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["account", "seq"], name="orders_command_number"),
            models.UniqueConstraint(
                fields=["account", "request_id"],
                condition=Q(request_id__isnull=False),
                name="orders_command_request",
            ),
        ]
        indexes = [
            models.Index(fields=["accepted_at"], condition=Q(status=0), name="orders_command_waiting"),
            models.Index(fields=["accepted_at"], condition=Q(status=3), name="orders_command_parked"),
            models.Index(fields=["order_id"], condition=Q(order_id__isnull=False), name="orders_command_of_order"),
            models.Index(
                fields=["delivery_id"], condition=Q(delivery_id__isnull=False), name="orders_command_delivery"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}#{self.seq} {self.kind}"
