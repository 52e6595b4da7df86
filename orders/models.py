"""The tray, the market and the books.

Only `intake` writes commands, only `execution` (through `ledger`) writes books, only `quotes` writes quotes.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import TradingAccount

MONEY: dict[str, Any] = {"max_digits": 28, "decimal_places": 8}
# Rows that only the product itself writes have no permission to add, change or delete them.
LOOKED_AT = ("view",)
PRICE: dict[str, Any] = {"max_digits": 28, "decimal_places": 10}
LOTS: dict[str, Any] = {"max_digits": 28, "decimal_places": 10}


# --- The market ------------------------------------------------------------------------------------


class Instrument(models.Model):
    class Type(models.TextChoices):
        CRYPTO = "CRYPTO", "Crypto"
        EQUITY = "EQUITY", "Equity"
        EQUITY_CFD = "EQUITY_CFD", "Equity CFD"
        ETF = "ETF", "ETF"
        FIXED_INCOME = "FIXED_INCOME", "Fixed income"
        FOREX = "FOREX", "Forex"
        FUTURES = "FUTURES", "Futures"
        FUTURES_CFD = "FUTURES_CFD", "Futures CFD"
        OPTIONS = "OPTIONS", "Options"
        SPREADBET = "SPREADBET", "Spread bet"

    class Status(models.TextChoices):
        OPEN = "open"
        HALTED = "halted"
        CLOSED = "closed"

    symbol = models.CharField(max_length=32)
    symbol_type = models.CharField(max_length=12, choices=Type)
    description = models.CharField(max_length=128, blank=True)
    exchange = models.CharField(max_length=32, blank=True)
    isin = models.CharField(max_length=12, blank=True)
    currency = models.CharField(max_length=3)
    base_currency = models.CharField(max_length=3, blank=True, help_text="of a currency pair")
    lot_size = models.DecimalField(**LOTS, help_text="units (or the multiplier) of one lot")
    tick_size = models.DecimalField(**PRICE)
    # [["0", "0.0001"], ["1", "0.01"]]: from this price on, this tick. Empty: tick_size everywhere.
    tick_ranges = models.JSONField(default=list, blank=True)
    min_lot = models.DecimalField(**LOTS)
    max_lot = models.DecimalField(**LOTS)
    lot_step = models.DecimalField(**LOTS)
    margin_rate = models.DecimalField(max_digits=12, decimal_places=8)
    short_allowed = models.BooleanField(default=True)
    low_price_limit = models.DecimalField(**PRICE, null=True, blank=True)
    high_price_limit = models.DecimalField(**PRICE, null=True, blank=True)
    contract_month = models.DateField(null=True, blank=True, help_text="final delivery date")
    strike_price = models.DecimalField(**PRICE, null=True, blank=True)
    strike_type = models.CharField(max_length=4, blank=True, choices=[("Put", "Put"), ("Call", "Call")])
    underlier = models.CharField(max_length=32, blank=True)
    calendar = models.CharField(max_length=16, default="24/7", help_text="24/7, 24/5 or an exchange_calendars code")
    status = models.CharField(max_length=6, choices=Status, default=Status.OPEN)
    last_trading_day = models.DateField(null=True, blank=True)
    max_quote_age_seconds = models.PositiveIntegerField(null=True, blank=True)
    commission_per_lot = models.DecimalField(**MONEY, default=0)
    commission_percent = models.DecimalField(max_digits=12, decimal_places=8, default=0)
    commission_fixed = models.DecimalField(**MONEY, default=0)
    aliases = ArrayField(models.CharField(max_length=32), default=list, blank=True)

    class Meta:
        ordering = ["symbol", "symbol_type", "contract_month", "strike_price", "strike_type"]
        constraints = [
            models.UniqueConstraint(
                fields=["symbol", "symbol_type", "contract_month", "strike_price", "strike_type"],
                nulls_distinct=False,
                name="orders_instrument_identity",
            ),
        ]

    def __str__(self) -> str:
        words = [self.symbol, self.contract_month and f"{self.contract_month:%b %Y}"]
        words += [self.strike_price and f"{self.strike_price.normalize():f}", self.strike_type]
        return " ".join(str(word) for word in words if word)


class LastQuote(models.Model):
    """The newest accepted quote of an instrument; its row lock numbers the quotes."""

    instrument = models.OneToOneField(Instrument, primary_key=True, on_delete=models.CASCADE, related_name="quote")
    seq = models.BigIntegerField(default=0)
    bid = models.DecimalField(**PRICE, null=True)
    ask = models.DecimalField(**PRICE, null=True)
    bid_size = models.DecimalField(**LOTS, null=True)
    ask_size = models.DecimalField(**LOTS, null=True)
    last = models.DecimalField(**PRICE, null=True)
    time = models.DateTimeField(null=True, help_text="the source's time")
    at = models.DateTimeField(null=True, help_text="when it was accepted")
    source = models.CharField(max_length=16, blank=True)
    refused = models.BigIntegerField(default=0, help_text="quotes refused so far")

    class Meta:
        default_permissions = LOOKED_AT

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.bid} / {self.ask}"


class Quote(models.Model):
    """Every accepted quote, numbered per instrument."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    bid = models.DecimalField(**PRICE)
    ask = models.DecimalField(**PRICE)
    bid_size = models.DecimalField(**LOTS, null=True)
    ask_size = models.DecimalField(**LOTS, null=True)
    last = models.DecimalField(**PRICE, null=True)
    time = models.DateTimeField()
    at = models.DateTimeField()
    source = models.CharField(max_length=16)
    # False until every order it touches has it in its tray; the pump finishes what a dead process began.
    shown = models.BooleanField(default=False)

    class Meta:
        default_permissions = LOOKED_AT
        constraints = [models.UniqueConstraint(fields=["instrument", "seq"], name="orders_quote_number")]
        indexes = [models.Index(fields=["at"], condition=Q(shown=False), name="orders_quote_to_show")]

    def __str__(self) -> str:
        return f"{self.instrument_id}#{self.seq} {self.bid} / {self.ask}"


class Session(models.Model):
    """A trading session of a calendar, written by `manage.py calendars`; 24/7 and 24/5 need none."""

    calendar = models.CharField(max_length=16)
    opens = models.DateTimeField()
    closes = models.DateTimeField()
    day_closes = models.DateTimeField(help_text="the end of the trading day that this session belongs to")

    class Meta:
        default_permissions = LOOKED_AT
        constraints = [models.UniqueConstraint(fields=["calendar", "opens"], name="orders_session_once")]

    def __str__(self) -> str:
        return f"{self.calendar} {self.opens:%Y-%m-%d %H:%M}"


class TradingHalt(models.Model):
    """The kill switch for everything: a single row. Accounts and instruments carry their own."""

    everywhere = models.BooleanField(default=False)

    class Meta:
        default_permissions = LOOKED_AT
        verbose_name = "kill switch"

    def __str__(self) -> str:
        return "halted" if self.everywhere else "trading"


# --- The tray ----------------------------------------------------------------------------------------


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

    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="commands", db_index=False)
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
            models.Index(fields=["account", "seq"], condition=Q(status=0), name="orders_command_queued"),
            models.Index(fields=["accepted_at"], condition=Q(status=0), name="orders_command_waiting"),
            models.Index(fields=["order_id"], condition=Q(order_id__isnull=False), name="orders_command_of_order"),
            models.Index(
                fields=["delivery_id"], condition=Q(delivery_id__isnull=False), name="orders_command_delivery"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}#{self.seq} {self.kind}"


# --- The books -----------------------------------------------------------------------------------------


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
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="orders", db_index=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+", db_index=False)
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
                fields=["account"],
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
                condition=Q(state__in=["working", "partially filled"], expire_at__isnull=False),
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

    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
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
            models.Index(fields=["account", "-id"], name="orders_event_of_account"),
        ]

    def __str__(self) -> str:
        return f"#{self.order_id} {self.kind}"


class Fill(models.Model):
    """A trade. Its id is the trade id. Append-only."""

    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="fills", db_index=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fills", db_index=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+", db_index=False)
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
        indexes = [models.Index(fields=["account", "-id"], name="orders_fill_of_account")]

    def __str__(self) -> str:
        return f"#{self.order_id} {self.qty} @ {self.price}"


class Position(models.Model):
    """What an account holds of an instrument; a closed position has no row."""

    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="positions", db_index=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
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

    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="ledger", db_index=False)
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
        indexes = [models.Index(fields=["account", "-id"], name="orders_ledger_of_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.kind} {self.amount}"
