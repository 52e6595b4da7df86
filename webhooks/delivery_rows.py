"""A delivery in the words of the Requests list: what was asked, what came of it, what was answered."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from orders.engine.values import OrderType, Side, State
from orders.reading import CommandNumber, decided
from webhooks.keys import TRADINGVIEW_NETWORKS
from webhooks.models import Delivery
from webhooks.shape import squeezed, words_of

TYPES: Final = words_of(OrderType)
SIDES: Final = words_of(Side)
SEPARATORS: Final = str.maketrans({",": "\u00a0", "-": "\u2212"})
DONE_LABELS: Final = {"modify": "Modified", "cancel": "Cancelled"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the body asks for, as far as it can be read."""

    side: str = ""
    qty: str = ""
    symbol: str = ""
    type: str = ""
    order: str = ""

    @property
    def is_readable(self) -> bool:
        return bool(self.side or self.symbol or self.order)


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    delivery: Delivery
    asked: Asked
    outcome: str  # pending, accepted or refused
    state: str  # the word that the stylesheet knows
    label: str
    answer: str
    order_id: int | None

    @property
    def from_tradingview(self) -> bool:
        return self.delivery.source in TRADINGVIEW_NETWORKS

    @property
    def took(self) -> str:
        took = self.delivery.took_ms
        return "" if took is None else grouped(str(round(took) if took >= 1 else round(took, 1)))


def delivery_rows(deliveries: Iterable[Delivery]) -> list[DeliveryRow]:
    """The rows in the given order, with the outcomes of those whose answers left before the engine's decision."""
    deliveries = list(deliveries)
    later = decided(command for delivery in deliveries if (command := undecided_command(delivery)))
    return [delivery_row(delivery, later) for delivery in deliveries]


def left_pending(delivery: Delivery) -> bool:
    """Whether the answer left before the engine's decision, or never did."""
    if delivery.http >= 400:
        return False
    if delivery.answer is None:
        return delivery.seq is not None
    return facts_of(delivery.answer).get("state") == State.PENDING


def undecided_command(delivery: Delivery) -> CommandNumber | None:
    """The command of which the answer could not yet tell the end."""
    if not left_pending(delivery) or delivery.account_id is None or delivery.seq is None:
        return None
    return delivery.account_id, delivery.seq


def delivery_row(delivery: Delivery, later: dict[CommandNumber, tuple[str, dict[str, Any]]]) -> DeliveryRow:
    answer = delivery.answer or {}
    if delivery.http >= 400:
        outcome = "refused"
    elif left_pending(delivery):
        outcome, answer = outcome_now(delivery, later)
    else:
        outcome = "accepted"
    state, label = look_of(delivery, outcome, answer)
    order_id = facts_of(answer).get("orderId")
    asked = asked_in(delivery.body)
    return DeliveryRow(delivery, asked, outcome, state, label, answer_text(delivery, outcome, answer), order_id)


def outcome_now(
    delivery: Delivery, later: dict[CommandNumber, tuple[str, dict[str, Any]]]
) -> tuple[str, dict[str, Any]]:
    """Of a delivery whose answer left before the engine's decision."""
    command = undecided_command(delivery)
    if command is None or command not in later:
        return "pending", delivery.answer or {}
    return later[command]


def facts_of(answer: dict[str, Any] | None) -> dict[str, Any]:
    """The `d` of an answer or outcome."""
    facts = (answer or {}).get("d")
    return facts if isinstance(facts, dict) else {}


# --- What was asked ------------------------------------------------------------------------------------


def asked_in(body: str) -> Asked:
    fields = fields_in(body)
    order = "" if fields.get("action") == "place" else text_of(fields, "orderId") or text_of(fields, "clientOrderId")
    return Asked(
        side=str(SIDES.get(squeezed(text_of(fields, "side")), "")),
        qty=grouped(text_of(fields, "qty") or text_of(fields, "cashOrderQty")),
        symbol=text_of(fields, "symbol"),
        type=str(TYPES.get(squeezed(text_of(fields, "type")), "")),
        order=f"#{order}" if order.isdigit() else order,
    )


def fields_in(body: str) -> dict[str, Any]:
    """The body's fields; none when it is no JSON object. For showing only: the parser of the webhook is stricter."""
    try:
        fields = json.loads(body.strip().removeprefix("\ufeff"), parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def text_of(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    # Halves of character pairs, which JSON can escape, cannot be written to a page.
    return value.strip()[:64].encode(errors="replace").decode() if isinstance(value, str) else ""


# --- What came of it -------------------------------------------------------------------------------------


def look_of(delivery: Delivery, outcome: str, answer: dict[str, Any]) -> tuple[str, str]:
    """The state for the stylesheet and the word for people."""
    if outcome == "refused":
        return "refused", "Test refused" if delivery.dry_run else "Refused"
    if outcome == "pending":
        return "pending", "Pending"
    facts = facts_of(answer)
    if facts.get("dryRun"):
        return "accepted", "Test passed"
    if delivery.action in DONE_LABELS:
        return "accepted", DONE_LABELS[delivery.action]
    state = str(facts.get("state", ""))
    if not state:
        return "accepted", "Accepted"
    return state.replace("partially filled", "working").replace("inactive", "sleeping"), state.capitalize()


def answer_text(delivery: Delivery, outcome: str, answer: dict[str, Any]) -> str:
    facts = facts_of(answer)
    number = f"#{facts['orderId']}" if facts.get("orderId") else ""
    if outcome == "pending":
        return f"{number} accepted, the engine has not decided yet".strip()
    if outcome == "refused":
        return refusal_text(answer) or delivery.code or "refused"
    would = "would be " if facts.get("dryRun") else ""
    if delivery.action == "modify":
        return f"{number} {would}modified, {facts.get('state', '')}".strip(" ,")
    return f"{number} {would}{filled_text(facts)}".strip()


def refusal_text(answer: dict[str, Any]) -> str:
    if answer.get("errmsg"):
        return str(answer["errmsg"])
    errors = [error for error in answer.get("errors") or [] if isinstance(error, dict)]
    return "; ".join(": ".join(filter(None, (error.get("field"), error.get("message")))) for error in errors)


def filled_text(facts: dict[str, Any]) -> str:
    state, filled, price = str(facts.get("state", "")), grouped(facts.get("filledQty")), grouped(facts.get("avgPrice"))
    if state == State.FILLED:
        return f"@ {price}" if price else "filled"
    if filled and filled != "0":
        return f"{state}, {filled} filled @ {price}"
    return f"{state}, nothing was filled" if state == State.CANCELLED else state


def grouped(number: object) -> str:
    """Digits in groups of three with a true minus; what is no number stays as it is."""
    text = "" if number is None else str(number)
    try:
        return f"{Decimal(text):,f}".translate(SEPARATORS)
    except (InvalidOperation, ValueError):
        return text
