"""One delivery from its arrival to what became of its order, for the drawer."""

from __future__ import annotations

import json
import re
from typing import Any

from django.utils.safestring import SafeString

from accounts.models import User
from orders.reading import decided, story_of_order
from webhooks.delivery_rows import DeliveryRow, delivery_row, undecided_command
from webhooks.highlighting import highlighted
from webhooks.key_rows import short_api_key
from webhooks.models import Delivery
from webhooks.verdicts import heading, verdicts_on

# Numbers pass through the JSON module as marked texts, so that they keep their digits.
NUMBER = re.compile('"\ue000([^"\ue000]*)\ue000"')

REDACTED = "***"


def story_of(user: User, delivery: Delivery) -> dict[str, Any]:
    """What the drawer shows of the user's delivery."""
    command = undecided_command(delivery)
    later = decided([command] if command else [])
    row = delivery_row(delivery, later)
    answer = later[command][1] if command in later else delivery.answer or {}
    verdicts = verdicts_on(row, answer)
    return {
        "row": row,
        "delivery": delivery,
        "body": shown_json(delivery.body),
        "body_words": body_words(delivery.body),
        "short_api_key": short_api_key(delivery.key) if delivery.key else "",
        "answer": shown_answer(delivery),
        "decided_since": command in later,
        "verdicts": verdicts,
        "heading": heading(verdicts),
        "order": order_story(user, row),
        **neighbours(user, delivery),
    }


def shown_answer(delivery: Delivery) -> SafeString | str:
    return shown_json(json.dumps(delivery.answer, ensure_ascii=False)) if delivery.answer else ""


def body_words(body: str) -> str:
    redacted = "with secrets blotted out" if REDACTED in body else "nothing to redact"
    return f"As it was sent, {redacted}, {len(body.encode())} bytes"


def shown_json(text: str) -> SafeString:
    """As it came, in colour; JSON that stands on one line is laid out."""
    try:
        laid_out = text if "\n" in text else json.dumps(read_exactly(text), indent=2, ensure_ascii=False)
        laid_out.encode()  # an escaped half of a character pair is no text: then as it came
    except (ValueError, RecursionError):
        laid_out = text
    return highlighted(NUMBER.sub(r"\1", laid_out), "json")


def read_exactly(text: str) -> Any:
    """JSON whose numbers are written again digit by digit; not one whose fields are doubled, which would lose some."""
    return json.loads(text, parse_float=marked, parse_int=marked, object_pairs_hook=without_doubles)


def marked(number: str) -> str:
    return f"\ue000{number}\ue000"


def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(fields := dict(pairs)) < len(pairs):
        raise ValueError("a field is given twice")
    return fields


def order_story(user: User, row: DeliveryRow) -> Any:
    return story_of_order(user, row.order_id) if row.order_id else None


def neighbours(user: User, delivery: Delivery) -> dict[str, Delivery | None]:
    theirs = Delivery.objects.filter(user=user)
    at, id_ = delivery.received_at, delivery.pk
    newer = theirs.filter(received_at__gte=at).exclude(received_at=at, pk__lte=id_).order_by("received_at", "id")
    older = theirs.filter(received_at__lte=at).exclude(received_at=at, pk__gte=id_).order_by("-received_at", "-id")
    return {"newer": newer.only("pk").first(), "older": older.only("pk").first()}
