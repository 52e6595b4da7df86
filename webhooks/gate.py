"""The gate: `POST /webhook/{apiKey}/{secretKey}`, and `GET .../requests/{id}` for what became of one.

A plain ASGI callable beside Django: no middleware, no cookie, no redirect, JSON always. Whatever happens behind it,
the sender gets an answer in time, and a 5xx only when nothing was accepted.
"""

from __future__ import annotations

import logging
import time
from typing import Final

import psycopg

from webhooks import answers
from webhooks.desk import UnavailableError
from webhooks.gatehouse import doorkeeper
from webhooks.knock import Knock, Receive, Scope, Send
from webhooks.visit import SenderGoneError, Visit

log = logging.getLogger("webhooks.gate")

TOO_LARGE: Final = 413
TROUBLE: Final = (TimeoutError, OSError, psycopg.OperationalError, UnavailableError)


class Troubles:
    """Warns at most once a second: in a flood the log may not cost what answers need."""

    def __init__(self) -> None:
        self.many, self.told_at = 0, 0.0

    def note(self, problem: Exception) -> None:
        self.many += 1
        if time.monotonic() - self.told_at >= 1:
            log.warning("%d answered late or 503, the last for %s", self.many, type(problem).__name__)
            self.many, self.told_at = 0, time.monotonic()


troubles = Troubles()


async def webhook(scope: Scope, receive: Receive, send: Send) -> None:
    house = await doorkeeper.open()
    visit = Visit(house, Knock(scope, receive, house.proxies))
    try:
        answer = await visit.answer()
    except SenderGoneError:
        log.warning("a sender left while its commit was in doubt")
        return
    except TROUBLE as problem:
        troubles.note(problem)
        answer = visit.least_answer or answers.unavailable()
    except Exception:
        log.exception("a request could not be handled")
        answer = visit.least_answer or answers.unavailable()
    await visit.note(answer)
    await answers.send_to(send, answer, visit.shown_id)
    visit.leave()
    if answer.status == TOO_LARGE:
        await visit.knock.discard()
