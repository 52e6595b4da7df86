"""What a user fills in about keys. Faults are said under the field, in words that say what would be right."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import TradingAccount, User
from webhooks.key_rows import ACTIONS
from webhooks.keys import TRADINGVIEW_NETWORKS
from webhooks.models import WebhookKey

EXPIRIES: Final = [("never", "Never"), ("30", "30 days"), ("90", "90 days"), ("365", "365 days"), ("date", "Date…")]
OVERLAPS: Final = [("0", "None"), ("1", "1 hour"), ("24", "24 hours"), ("168", "7 days")]
MOST_NETWORKS: Final = 32
LONGEST_WINDOW_SECONDS: Final = 86_400
UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def networks_in(text: str) -> list[str]:
    """Addresses and networks in the text, each once, as they are written best. Raises ValidationError."""
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    if len(words) > MOST_NETWORKS:
        raise ValidationError(f"At most {MOST_NETWORKS} networks.")
    return list(dict.fromkeys(network_in(word) for word in words))


def network_in(word: str) -> str:
    try:
        network = ipaddress.ip_network(word, strict=False)
    except ValueError:
        raise ValidationError(f"“{word[:40]}” is no address: write 203.0.113.7 or 203.0.113.0/24.") from None
    if "/" in word and str(ipaddress.ip_interface(word).ip) != str(network.network_address):
        raise ValidationError(f"“{word}” lies inside a network: did you mean {network}?")
    whole = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if whole else str(network)


class ExpiryForm(forms.Form):
    """When a key ends."""

    expires = forms.ChoiceField(choices=EXPIRIES, initial="never", error_messages={"required": "Choose one."})
    date = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write a date like 2027-01-31."},
    )

    def clean_date(self) -> Any:
        date, choice = self.cleaned_data.get("date"), self.cleaned_data.get("expires")
        if choice != "date":
            return date
        if date is None:
            raise ValidationError("Choose the last day on which the key works.")
        if date <= timezone.now().date():
            raise ValidationError("Choose a day after today.")
        if date.year > 2199:
            raise ValidationError("Choose a day before the year 2200.")
        return date

    @property
    def expires_at(self) -> datetime | None:
        """The moment that was chosen; None is never."""
        choice = self.cleaned_data["expires"]
        if choice == "never":
            return None
        if choice == "date":  # the day itself still counts
            return datetime.combine(self.cleaned_data["date"], time.max.replace(microsecond=0), UTC)
        return timezone.now() + timedelta(days=int(choice))


class LimitsForm(forms.Form):
    """What narrows a key. Nothing filled in is no limit."""

    accounts = forms.ModelMultipleChoiceField(
        queryset=TradingAccount.objects.none(),
        required=False,
        to_field_name="name",
        error_messages={
            "invalid_choice": "You have no account “%(value)s”.",
            "invalid_pk_value": "That is no account of yours.",
        },
    )
    actions = forms.MultipleChoiceField(
        choices=[(action, action) for action in ACTIONS],
        initial=list(ACTIONS),
        error_messages={"required": "Choose at least one action."},
    )
    networks = forms.CharField(required=False, max_length=2_000)
    tradingview = forms.BooleanField(required=False)
    requests_per_minute = forms.IntegerField(
        required=False,
        min_value=1,
        error_messages={"invalid": "Write a whole number.", "min_value": "At least 1; empty is the usual rate."},
    )
    identical_window_seconds = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LONGEST_WINDOW_SECONDS,
        error_messages={"invalid": "Write a whole number of seconds.", "max_value": "At most 86400, a day."},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["accounts"].queryset = user.trading_accounts.all()  # type: ignore[attr-defined]

    @classmethod
    def filled_from(cls, key: WebhookKey) -> LimitsForm:
        from_tradingview = set(key.networks) >= set(TRADINGVIEW_NETWORKS)
        others = [n for n in key.networks if not (from_tradingview and n in TRADINGVIEW_NETWORKS)]
        return cls(
            user=key.user,
            initial={
                "accounts": [account.name for account in key.accounts.all()],
                "actions": key.actions or list(ACTIONS),
                "networks": ", ".join(others),
                "tradingview": from_tradingview,
                "requests_per_minute": key.requests_per_minute,
                "identical_window_seconds": key.identical_window_seconds,
            },
        )

    def clean_actions(self) -> list[str]:
        chosen = self.cleaned_data["actions"]
        return [] if set(chosen) == set(ACTIONS) else [action for action in ACTIONS if action in chosen]

    def clean_networks(self) -> list[str]:
        return networks_in(self.cleaned_data["networks"])

    def clean_requests_per_minute(self) -> int | None:
        rate: int | None = self.cleaned_data["requests_per_minute"]
        if rate is not None and rate > self.usual_rate:
            raise ValidationError(f"At most {self.usual_rate}, the usual rate of every key.")
        return rate

    def clean_identical_window_seconds(self) -> int:
        return self.cleaned_data["identical_window_seconds"] or 0

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("tradingview") and "networks" in self.cleaned_data:
            typed = [n for n in self.cleaned_data["networks"] if n not in TRADINGVIEW_NETWORKS]
            self.cleaned_data["networks"] = [*TRADINGVIEW_NETWORKS, *typed]
        return self.cleaned_data

    @property
    def usual_rate(self) -> int:
        """Requests per minute of a key without a limit of its own, and the most that one may have."""
        return settings.WEBHOOK_RATE_PER_SECOND * 60

    @property
    def limits(self) -> dict[str, Any]:
        names = ("accounts", "actions", "networks", "requests_per_minute", "identical_window_seconds")
        return {name: self.cleaned_data[name] for name in names}


class KeyForm(ExpiryForm, LimitsForm):
    """A new key."""

    name = forms.CharField(
        required=False, max_length=64, error_messages={"max_length": "At most 64 characters; this has %(show_value)s."}
    )

    field_order = ["name", "expires", "date"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if UNPRINTABLE.search(name):
            raise ValidationError("The name has invisible characters in it: type it anew.")
        if name and WebhookKey.objects.undeleted().filter(user=self.user, name=name).exists():
            raise ValidationError(f"You have a key “{name}”: choose another name.")
        return name


class RotateForm(forms.Form):
    overlap = forms.ChoiceField(choices=OVERLAPS, initial="24")

    @property
    def overlap_time(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["overlap"]))
