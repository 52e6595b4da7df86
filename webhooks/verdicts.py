"""What each rule of the webhook said about a request, told from the codes of its answer.

The rules stand in the order in which the gate asks them. Those before a refusal were passed, those after it not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webhooks.delivery_rows import DeliveryRow, facts_of, fields_in
from webhooks.errors import FIELD_KINDS, JSON_KINDS
from webhooks.key_rows import limits_of
from webhooks.models import Delivery

ICONS: Final = {"passed": "check", "refused": "fault", "skipped": "skip", "waiting": "clock"}
REPEATS: Final = frozenset({"request_id_reused"})
INSTRUMENT: Final = frozenset({"symbol_unknown", "symbol_ambiguous", "isin_mismatch", "contract_month"})
# What the fields of the message say against each other; refused with 400 like a malformed field.
CONTRADICTIONS: Final = frozenset(
    {
        "not_for_type",
        "validity_type",
        "expire_date_unexpected",
        "expire_date_past",
        "guard_type_alone",
        "ticks_whole",
        "nothing_to_change",
        "request_id_differs",
    }
)
ENGINE: Final = "Engine"
# A rule's name, and the codes with which it refuses. What no rule names is the engine's.
RULES: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("Method", frozenset({"method_not_allowed"})),
    ("Key and secret", frozenset({"https_required", "invalid_key", "too_many_wrong_keys"})),
    ("Size", frozenset({"body_too_large", "body_too_slow"})),
    ("Rate", frozenset({"rate_limited"})),
    ("Key not paused", frozenset({"key_paused"})),
    ("Subscription", frozenset({"not_subscribed"})),
    ("Source network", frozenset({"address_not_allowed"})),
    ("JSON", frozenset(JSON_KINDS)),
    ("Fields", (frozenset(FIELD_KINDS) | CONTRADICTIONS) - INSTRUMENT),
    ("Limits of the key", frozenset({"action_not_allowed", "account_not_allowed"})),
    ("Account", frozenset({"account_unknown", "account_suspended"})),
    ("Instrument", INSTRUMENT),
    ("Said before?", REPEATS),
    (ENGINE, frozenset()),
)
# A fault of the service itself, which no rule of the request explains.
NOT_A_RULE: Final = frozenset({"unavailable", "internal", "not_found"})


@dataclass(frozen=True, slots=True)
class Verdict:
    rule: str
    verdict: str
    why: str

    @property
    def icon(self) -> str:
        return ICONS[self.verdict]


def rule_of(code: str) -> str:
    return next((rule for rule, codes in RULES if code in codes), ENGINE)


def verdicts_on(row: DeliveryRow, answer: Mapping[str, Any]) -> list[Verdict]:
    """Each rule's word, in order. `answer` is the present one: a pending request may have been decided since."""
    faults = faults_by_rule(row, answer)
    names = [rule for rule, _ in RULES]
    first = next((index for index, rule in enumerate(names) if rule in faults), len(names))
    reasons = reasons_of(row)
    return [
        Verdict(rule, "refused", faults[rule])
        if rule in faults
        else untold(rule, row, answer, reasons, asked=index < first)
        for index, rule in enumerate(names)
        if not (rule == "Instrument" and row.delivery.action in ("modify", "cancel"))
    ]


def untold(rule: str, row: DeliveryRow, answer: Mapping[str, Any], reasons: Mapping[str, str], asked: bool) -> Verdict:
    if not asked or row.delivery.code in NOT_A_RULE:
        return Verdict(rule, "skipped", "not asked")
    if rule != ENGINE:
        return Verdict(rule, "passed", reasons.get(rule, ""))
    if row.outcome == "pending":
        return Verdict(rule, "waiting", "not decided yet")
    return Verdict(rule, "passed", str(facts_of(dict(answer)).get("state", "")))


def faults_by_rule(row: DeliveryRow, answer: Mapping[str, Any]) -> dict[str, str]:
    if row.outcome != "refused" or row.delivery.code in NOT_A_RULE:
        return {}
    faults: dict[str, list[str]] = {}
    for error in answer.get("errors") or [{"code": row.delivery.code, "message": row.answer}]:
        words = ": ".join(filter(None, (error.get("field"), error.get("message"))))
        faults.setdefault(rule_of(error.get("code", "")), []).append(words)
    return {rule: "; ".join(words) for rule, words in faults.items()}


def reasons_of(row: DeliveryRow) -> dict[str, str]:
    """Why a rule passed, in a few words, where there is something to say."""
    delivery, fields = row.delivery, fields_in(row.delivery.body)
    return {
        "Method": delivery.method,
        "Key and secret": delivery.key.name if delivery.key else "",
        "Size": f"{len(delivery.body.encode())} bytes, at most 16384",
        "Rate": "within the limit",
        "Key not paused": "not paused",
        "Subscription": "Trading Webhooks active",
        "Source network": source_words(row),
        "JSON": "well formed",
        "Fields": f"{len(fields)} read" if fields else "",
        "Limits of the key": limit_words(delivery),
        "Account": delivery.account_name,
        "Instrument": row.asked.symbol,
        "Said before?": "no" if fields.get("requestId") else "no requestId: every request counts",
    }


def source_words(row: DeliveryRow) -> str:
    source = row.delivery.source or "an unknown address"
    return f"{source} is TradingView’s" if row.from_tradingview else f"{source} is allowed"


def limit_words(delivery: Delivery) -> str:
    return ", ".join(limits_of(delivery.key)) or "none" if delivery.key else ""


def heading(verdicts: list[Verdict]) -> str:
    """ "9 passed, 1 refused, 4 not asked"."""
    words = {"passed": "passed", "refused": "refused", "waiting": "waiting", "skipped": "not asked"}
    counts = {verdict: sum(one.verdict == verdict for one in verdicts) for verdict in words}
    return ", ".join(f"{count} {words[verdict]}" for verdict, count in counts.items() if count)
