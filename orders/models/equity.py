"""What accounts were worth, minute by minute. Only the pump writes it; no rule of the books depends on it."""

from __future__ import annotations

from django.db import models

from accounts.models import TradingAccount
from orders.models.columns import LOOKED_AT, MONEY, UNCHECKED


class Equity(models.Model):
    """Balance and equity of an account as they were at a minute. A minute that changed nothing has no row."""

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="+", **UNCHECKED, db_index=False)
    at = models.DateTimeField()
    balance = models.DecimalField(**MONEY)
    equity = models.DecimalField(**MONEY, help_text="balance and what is open")

    class Meta:
        default_permissions = LOOKED_AT
        verbose_name_plural = "equity"
        constraints = [models.UniqueConstraint(fields=["account", "at"], name="orders_equity_once")]
        indexes = [models.Index(fields=["at"], name="orders_equity_at")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.equity}"
