"""How commands ended, for lists of what caused them. A command is named by its account and its number in the tray."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef

from orders.intake import OUTCOMES_SQL
from orders.models import OrderCommand

CommandNumber = tuple[int, int]
Status = OrderCommand.Status

WAITING: Final = (Status.QUEUED,)
TURNED_DOWN: Final = (Status.REFUSED, Status.PARKED)
NOT_DONE: Final = (*WAITING, *TURNED_DOWN)


def decided(commands: Iterable[CommandNumber]) -> dict[CommandNumber, tuple[str, dict[str, Any]]]:
    """Of those that the engine has decided: "accepted" or "refused", and the outcome as execution left it."""
    pairs = list(commands)
    if not pairs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(OUTCOMES_SQL, [[account for account, _ in pairs], [seq for _, seq in pairs]])
        # The connection hands JSON over as text.
        return {(account, seq): (word(status), json.loads(outcome or "{}")) for account, seq, status, outcome in cursor}


def word(status: int) -> str:
    return "accepted" if status == Status.DONE else "refused"


def is_one_of(statuses: Iterable[Status], account: str = "account_id", seq: str = "seq") -> Exists:
    """For a queryset's filter: whether the command that a row's two columns name has one of these statuses."""
    return Exists(
        OrderCommand.objects.filter(account_id=OuterRef(account), seq=OuterRef(seq), status__in=list(statuses))
    )
