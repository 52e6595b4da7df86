"""The market: instruments, their quotes, sessions, the kill switch. Only `quotes` writes quotes."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from orders.models.columns import LOOKED_AT, LOTS, MONEY, PRICE, UNCHECKED


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
        month = f"{self.contract_month:%b %Y}" if self.contract_month else ""
        strike = f"{self.strike_price.normalize():f}" if self.strike_price else ""
        return " ".join(filter(None, [self.symbol, month, strike, self.strike_type]))


class InstrumentTerms(models.Model):
    """Terms that an instrument had while commands were executed, numbered as they came into use."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+", **UNCHECKED, db_index=False)
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=16)
    terms = models.JSONField()

    class Meta:
        default_permissions = LOOKED_AT
        constraints = [
            models.UniqueConstraint(fields=["instrument", "number"], name="orders_terms_number"),
            models.UniqueConstraint(fields=["instrument", "digest"], name="orders_terms_once"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} terms {self.number}"


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
    whole_from = models.BigIntegerField(default=1, db_default=1, help_text="from this number on no quote is missing")

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


class UsedQuote(models.Model):
    """A quote that a command read or a fill hit, noted so that it is not deleted with others of its age."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+", **UNCHECKED, db_index=False)
    seq = models.BigIntegerField()

    class Meta:
        default_permissions = LOOKED_AT
        constraints = [models.UniqueConstraint(fields=["instrument", "seq"], name="orders_used_quote_once")]

    def __str__(self) -> str:
        return f"{self.instrument_id}#{self.seq}"


class RetentionWalk(models.Model):
    """How far commands and fills were gone over for the quotes that they used: a single row."""

    commands_until = models.BigIntegerField()
    fills_until = models.BigIntegerField()

    class Meta:
        default_permissions = LOOKED_AT

    def __str__(self) -> str:
        return f"{self.commands_until}, {self.fills_until}"


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
        verbose_name_plural = "kill switches"

    def __str__(self) -> str:
        return "halted" if self.everywhere else "trading"
