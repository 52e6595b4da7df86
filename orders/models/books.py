"""The books: money, orders, what happened to them, trades, positions, ledger. Only `execution` writes them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import TradingAccount
from orders.models.columns import LOOKED_AT, LOTS, MONEY, PRICE, UNCHECKED
from orders.models.market import Instrument


class Book(models.Model):
    """An account's money and how far its tray is done. Its row lock is the lane: one drain at a time."""

    account = models.OneToOneField(TradingAccount, primary_key=True, on_delete=models.PROTECT, related_name="book")
    done_seq = models.BigIntegerField(default=0)
    balance = models.DecimalField(**MONEY, default=0)
    halted = models.BooleanField(default=False)
    risk = models.JSONField(default=dict, blank=True, help_text="risk rules by their names, see docs/engine.md")
    # Counters of the risk rules: trading day, orders of the day, equity at its start, peak equity.
    day = models.JSONField(default=dict, blank=True)
    # Instruments whose quotes after this number must still be looked at: {"12": 345}.
    look = models.JSONField(default=dict, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = LOOKED_AT
        indexes = [
            models.Index(fields=["changed_at"], name="orders_book_changed"),
            models.Index(fields=["account"], condition=~Q(look={}), name="orders_book_to_look"),
        ]

    def __str__(self) -> str:
        return f"book of {self.account_id}"


class Order(models.Model):
    id = models.BigIntegerField(primary_key=True)
    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, related_name="orders", **UNCHECKED, db_index=False
    )
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+", **UNCHECKED, db_index=False)
    parent_id = models.BigIntegerField(null=True, help_text="of a stop loss or take profit")
    leg = models.CharField(max_length=11, blank=True, help_text="stopLoss or takeProfit")
    client_order_id = models.CharField(max_length=64, blank=True)
    type = models.CharField(max_length=13)
    side = models.CharField(max_length=4)
    qty = models.DecimalField(**LOTS)
    filled_qty = models.DecimalField(**LOTS, default=0)
    avg_price = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    fill_count = models.PositiveIntegerField(default=0)
    price = models.DecimalField(**PRICE, null=True)
    stop_price = models.DecimalField(**PRICE, null=True)
    trail_ticks = models.DecimalField(**LOTS, null=True)
    triggered = models.BooleanField(default=False)
    validity = models.CharField(max_length=3)
    expire_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=16)
    reason = models.CharField(max_length=255, blank=True, help_text="why it was rejected or cancelled")
    # Stop loss and take profit as asked for: {"value", "type"}.
    stop_loss = models.JSONField(null=True)
    take_profit = models.JSONField(null=True)
    user_comment = models.CharField(max_length=255, blank=True)
    origin = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # The trigger index: the number of the last quote it saw, and the prices (ask for a buy, bid for a sell) at
    # or beyond which the next one concerns it.
    seen_seq = models.BigIntegerField(default=0)
    wakes_at_or_below = models.DecimalField(**PRICE, null=True)
    wakes_at_or_above = models.DecimalField(**PRICE, null=True)

    class Meta:
        default_permissions = LOOKED_AT
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "-id"], name="orders_order_of_account"),
            models.Index(
                fields=["account", "-id"],
                condition=Q(state__in=["working", "partially filled", "inactive"]),
                name="orders_order_unfinished",
            ),
            models.Index(
                fields=["instrument", "side", "wakes_at_or_below"],
                condition=Q(wakes_at_or_below__isnull=False),
                name="orders_order_wakes_below",
            ),
            models.Index(
                fields=["instrument", "side", "wakes_at_or_above"],
                condition=Q(wakes_at_or_above__isnull=False),
                name="orders_order_wakes_above",
            ),
            models.Index(
                fields=["expire_at"],
                condition=Q(state__in=["working", "partially filled", "inactive"], expire_at__isnull=False),
                name="orders_order_expires",
            ),
            models.Index(
                fields=["account", "client_order_id"],
                condition=~Q(client_order_id=""),
                name="orders_order_client_id",
            ),
            models.Index(fields=["parent_id"], condition=Q(parent_id__isnull=False), name="orders_order_parent"),
        ]

    def __str__(self) -> str:
        return f"#{self.id}"


class CareOrder(Order):
    """An order as the Care desk sees it."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "care order"
        verbose_name_plural = "care desk"


class OrderEvent(models.Model):
    """What happened to an order (or to the account: halted, rules set), when, by whom, and why. Append-only."""

    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="+", **UNCHECKED, db_index=False)
    order_id = models.BigIntegerField(null=True, help_text="empty for what happened to the account")
    seq = models.BigIntegerField(help_text="the command that caused it")
    number = models.PositiveIntegerField(help_text="its place among that command's events")
    kind = models.CharField(max_length=32)
    state = models.CharField(max_length=16, blank=True)
    at = models.DateTimeField()
    origin = models.JSONField(default=dict)
    details = models.JSONField(default=dict)

    class Meta:
        default_permissions = LOOKED_AT
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["account", "seq", "number"], name="orders_event_once")]
        indexes = [
            models.Index(fields=["order_id", "id"], name="orders_event_of_order"),
            # What tables sort and narrow by is in the index: a page reads no other row than those it shows.
            models.Index(
                fields=["account", "-id"], include=["kind", "state", "order_id"], name="orders_event_of_account"
            ),
            models.Index(fields=["account", "kind", "-id"], name="orders_event_of_kind"),
        ]

    def __str__(self) -> str:
        return f"#{self.order_id} {self.kind}"


class Fill(models.Model):
    """A trade. Its id is the trade id. Append-only."""

    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, related_name="fills", **UNCHECKED, db_index=False
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fills", **UNCHECKED, db_index=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+", **UNCHECKED, db_index=False)
    number = models.PositiveIntegerField(help_text="1 is the order's first")
    seq = models.BigIntegerField(help_text="the command that caused it")
    side = models.CharField(max_length=4)
    qty = models.DecimalField(**LOTS)
    price = models.DecimalField(**PRICE)
    fee = models.DecimalField(**MONEY, help_text="commission in account currency")
    gross = models.DecimalField(**MONEY, help_text="realised profit or loss in account currency, before the fee")
    # The quote it used; a dealer's fill has none.
    quote_seq = models.BigIntegerField(null=True)
    quote_bid = models.DecimalField(**PRICE, null=True)
    quote_ask = models.DecimalField(**PRICE, null=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = LOOKED_AT
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="orders_fill_once")]
        indexes = [
            # As with events: sorting and filtering reads the index alone.
            models.Index(
                fields=["account", "-id"],
                include=["instrument", "order", "side", "qty", "price", "fee", "gross"],
                name="orders_fill_of_account",
            ),
            models.Index(F("account"), F("gross") - F("fee"), F("id"), name="orders_fill_by_result"),
        ]

    def __str__(self) -> str:
        return f"#{self.order_id} {self.qty} @ {self.price}"


class Position(models.Model):
    """What an account holds of an instrument; a closed position has no row."""

    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, related_name="positions", **UNCHECKED, db_index=False
    )
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+", **UNCHECKED)
    qty = models.DecimalField(**LOTS, help_text="lots; negative is short")
    avg_price = models.DecimalField(max_digits=38, decimal_places=18)
    fee = models.DecimalField(**MONEY, default=0, help_text="commission paid since it was opened")
    opened_at = models.DateTimeField()
    # The trigger index of the stop-out: bids (long) or asks (short) beyond which equity must be looked at again.
    wakes_at_or_below = models.DecimalField(**PRICE, null=True)
    wakes_at_or_above = models.DecimalField(**PRICE, null=True)

    class Meta:
        default_permissions = LOOKED_AT
        ordering = ["instrument__symbol", "id"]
        constraints = [models.UniqueConstraint(fields=["account", "instrument"], name="orders_position_once")]
        indexes = [
            models.Index(
                fields=["instrument", "wakes_at_or_below"],
                condition=Q(wakes_at_or_below__isnull=False),
                name="orders_position_wakes_below",
            ),
            models.Index(
                fields=["instrument", "wakes_at_or_above"],
                condition=Q(wakes_at_or_above__isnull=False),
                name="orders_position_wakes_above",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.qty} {self.instrument_id}"


class LedgerEntry(models.Model):
    """A change of the balance, with its cause. Append-only; the balance is always their sum."""

    class Kind(models.TextChoices):
        DEPOSIT = "deposit"
        WITHDRAWAL = "withdrawal"
        REALISED = "realised P/L"
        COMMISSION = "commission"
        ADJUSTMENT = "adjustment"

    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, related_name="ledger", **UNCHECKED, db_index=False
    )
    seq = models.BigIntegerField(help_text="the command that caused it")
    number = models.PositiveIntegerField(help_text="its place among that command's entries")
    kind = models.CharField(max_length=12, choices=Kind)
    amount = models.DecimalField(**MONEY)
    balance = models.DecimalField(**MONEY, help_text="after this entry")
    order_id = models.BigIntegerField(null=True)
    fill_number = models.PositiveIntegerField(null=True)
    note = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = LOOKED_AT
        ordering = ["-id"]
        verbose_name_plural = "ledger entries"
        constraints = [models.UniqueConstraint(fields=["account", "seq", "number"], name="orders_ledger_once")]
        indexes = [
            models.Index(
                fields=["account", "-id"],
                include=["kind", "order_id", "amount", "balance"],
                name="orders_ledger_of_account",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.kind} {self.amount}"
