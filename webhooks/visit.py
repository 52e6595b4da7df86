"""One request's way through the gate.

The order of the checks is method, key, rate, size, subscription and address, message, key's limits, account,
instrument, repetition, engine.
"""

from __future__ import annotations

import asyncio
import json
import time
from hashlib import sha256
from typing import Any, Final

from orders.intake import Slip
from webhooks import answers
from webhooks.answers import Answer, Asked
from webhooks.authentication import HTTPS_ONLY, NOT_OPENED, TOO_MANY, is_well_formed
from webhooks.badges import Badge, opens
from webhooks.desk import LEAST_SECONDS, InDoubtError
from webhooks.dry_run import as_dry_run, rehearsed
from webhooks.entry import Entry, Placed, Repeat
from webhooks.errors import Fault
from webhooks.gatehouse import Gatehouse
from webhooks.inquiry import FIRST_SQL, became_of
from webhooks.knock import BodyTooLargeError, BodyTooSlowError, Knock
from webhooks.logbook import Row
from webhooks.ordering import NotOrderedError, Order, account_for, ordered
from webhooks.payloads import Message, MessageRefusedError, read_message
from webhooks.secrecy import redacted, redacted_in
from webhooks.sources import neighbourhood

UNAVAILABLE: Final = 503
LOG_SECONDS: Final = 0.15  # that long an answer waits for its row in the delivery log


class SenderGoneError(Exception):
    """Nobody is left to be answered."""


class Visit:
    """One request on its way through the gate. `row` is what the delivery log will say of it.

    `accepted` is set once its command is in the tray: from then on no trouble may make the answer a 5xx.
    """

    def __init__(self, house: Gatehouse, knock: Knock) -> None:
        self.house, self.knock = house, knock
        self.row = Row(knock.id, house.now(), knock.method, knock.address)
        self.shown_id = self.row.shown_id
        self.is_inquiry = False
        self.has_turn = False
        self.is_logged = False  # by the desk, together with its command
        self.accepted: tuple[Placed, Asked] | None = None

    async def answer(self) -> Answer:
        knock = self.knock
        inquiry = knock.asks_for
        if len(knock.parts) > 2 and inquiry is None:
            return answers.refused([Fault("not_found", "there is nothing at this address")])
        allowed = "POST" if inquiry is None else "GET"
        if knock.method != allowed:
            return answers.method_not_allowed(allowed)
        if self.house.https and not knock.is_secure:
            return answers.refused([Fault("https_required", HTTPS_ONLY)])
        api_key, secret = knock.key_pair
        badge = self.house.badges.at_hand(api_key)
        if badge is None or not badge.was_opened_by(secret):
            if is_well_formed(api_key, secret):
                badge = await self.house.badges.get(api_key, knock.look_up_seconds)
            if not opens(badge, secret) or badge is None:
                return self.not_opened()
        self.row.key_id, self.row.user_id = badge.id, badge.user_id
        self.is_inquiry = inquiry is not None
        if wait := self.over_the_limit(badge):
            message = "too many requests with this key"
            return answers.refused([Fault("rate_limited", message)], retry_after=wait)
        if inquiry is not None:
            return await self.inquire(badge, inquiry)
        self.house.logbook.key_used(badge.id, self.row.received_at, knock.address)
        try:
            raw = await knock.body()
        except BodyTooLargeError:
            return answers.closing(Fault("body_too_large", "the body has more than 16384 bytes"))
        except BodyTooSlowError:
            return answers.closing(Fault("body_too_slow", "the body did not arrive in time"))
        await self.take_turn()
        try:
            return await self.take(badge, raw)
        finally:
            self.end_turn()

    async def take_turn(self) -> None:
        """In a burst, those who came first are done first, instead of all together and late.

        Raises TimeoutError when the turn would come too late for an answer in time.
        """
        await self.house.turns.take(max(self.knock.left - LEAST_SECONDS, 0))
        self.has_turn = True

    def end_turn(self) -> None:
        if self.has_turn:
            self.has_turn = False
            self.house.turns.give()

    def not_opened(self) -> Answer:
        if wait := self.house.guesses.note(neighbourhood(self.knock.address)):
            fault = Fault("too_many_wrong_keys", TOO_MANY)
            return answers.refused([fault], retry_after=wait)
        return answers.refused([Fault("invalid_key", NOT_OPENED)])

    def over_the_limit(self, badge: Badge) -> float:
        if self.is_inquiry:  # asking costs nobody an order
            return self.house.inquiry_buckets.take(badge.id)
        wait = self.house.buckets.take(badge.id)
        if not wait and badge.requests_per_minute:
            wait = self.house.minutes.take(badge.id, badge.requests_per_minute)
        return wait

    async def inquire(self, badge: Badge, request_id: str) -> Answer:
        if fault := badge.fault_at_the_door(self.knock.address):
            return answers.refused([fault])
        found = await became_of(self.house.inquiries, badge, request_id)
        if found.code != "not_found":
            self.shown_id = request_id
        return found

    # --- A message ---------------------------------------------------------------------------------------

    async def take(self, badge: Badge, raw: bytes) -> Answer:
        self.row.body = storable(raw)
        self.row.fingerprint = sha256(raw).digest()
        fault = badge.fault_at_the_door(self.knock.address)
        if fault is None and not badge.subscribed:
            fault = Fault("not_subscribed", "the key's owner is not subscribed to Trading Webhooks")
        if fault is not None:
            return answers.refused([fault])
        try:
            message = read_message(raw, self.house.now(), self.knock.headers.get("idempotency-key", ""))
        except MessageRefusedError as error:
            return await self.refuse_message(badge, error)
        self.row.action, self.row.account_name = message.action, message.account_name
        self.row.summary, self.row.dry_run = message.summary, message.dry_run
        try:
            order = await ordered(self.house, badge, message, self.knock.look_up_seconds)
        except NotOrderedError as error:
            answer = answers.refused(error.faults, error.warnings)
            if message.dry_run:
                return as_dry_run(answer)
            return await self.first_answer(error.account_id, message.request_id, error.warnings) or answer
        if message.dry_run:  # goes no further: what follows puts it into the tray
            return await rehearsed(message, order, self.knock.left)
        return await self.place(badge, message, order)

    async def refuse_message(self, badge: Badge, error: MessageRefusedError) -> Answer:
        self.row.action, self.row.account_name = error.action, error.account_name
        answer = answers.refused(error.faults, error.warnings)
        if error.dry_run:
            self.row.dry_run = True
            return as_dry_run(answer)
        if {fault.code for fault in error.faults} != {"expire_date_past"}:
            return answer
        try:  # it may have been in the future when the request came first
            account = await account_for(self.house, badge, error.account_name, self.knock.look_up_seconds)
        except NotOrderedError:
            return answer
        return await self.first_answer(account.id, error.request_id, error.warnings) or answer

    async def first_answer(self, account_id: int | None, request_id: str | None, warnings: list[str]) -> Answer | None:
        """What a repeat of an accepted request gets, though the world has changed and would refuse it today."""
        if account_id is None or request_id is None:
            return None
        async with asyncio.timeout(self.knock.look_up_seconds):
            rows = await self.house.line.rows(FIRST_SQL, account_id, request_id, self.row.fingerprint)
        if not rows:
            return None
        seq, order_id, client_order_id = rows[0]
        self.row.account_id, self.row.seq = account_id, seq
        asked = Asked(order_id, client_order_id or "", request_id, warnings)
        return await self.decided(Placed(account_id, seq, order_id, Repeat.REQUEST_ID), asked)

    # --- A command -----------------------------------------------------------------------------------------

    async def place(self, badge: Badge, message: Message, order: Order) -> Answer:
        origin = {
            "kind": "webhook",
            "key": badge.name,
            "keyId": badge.id,
            "user": badge.username,
            "address": self.knock.address,
        }
        slip = Slip(order.account_id, order.command, origin, self.knock.id, message.request_id, self.row.fingerprint)
        placed = await self.put(Entry(slip, self.row, self.knock.until, badge.identical_window_seconds))
        self.is_logged = True
        if not placed.same_body:
            fault = Fault("request_id_reused", "was used within 24 hours with another body", "requestId")
            return answers.refused([fault], order.warnings)
        if placed.repeat is Repeat.WINDOW:
            seconds = badge.identical_window_seconds
            order.warnings.append(f"the same message came within {seconds} s; it was not carried out again")
        return await self.decided(placed, asked_by(message, order, placed))

    async def put(self, entry: Entry) -> Placed:
        try:
            return await self.house.desk.put(entry)
        except InDoubtError:
            self.end_turn()
            assert entry.truth is not None
            return await self.truth(entry.truth)

    async def truth(self, truth: asyncio.Future[Placed]) -> Placed:
        """Whether a commit in doubt happened. Until that is known there is silence, and the sender hangs up in the end:
        a refusal would be a lie if the order is carried out after all."""
        gone = asyncio.create_task(self.knock.gone())
        try:
            waited_for: list[asyncio.Future[Any]] = [gone, truth]
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not truth.done():
                truth.cancel()
        if truth.cancelled():
            raise SenderGoneError
        return truth.result()

    async def decided(self, placed: Placed, asked: Asked) -> Answer:
        """The engine's decision, or `pending` when it takes too long."""
        command = (placed.account_id, placed.seq)
        self.accepted = (placed, asked)
        self.end_turn()
        seconds = min(self.house.wait_seconds, self.knock.left) if self.knock.waits else 0
        outcome = await self.house.decisions.wait(command, seconds)
        return finished(answers.of_outcome(asked, outcome), placed)

    @property
    def least_answer(self) -> Answer | None:
        """What can be said at least of a command that is in the tray."""
        return finished(answers.of_outcome(self.accepted[1], None), self.accepted[0]) if self.accepted else None

    # --- The log ---------------------------------------------------------------------------------------------

    async def note(self, answer: Answer) -> None:
        """Before the answer leaves: a request that reached no tray gets its row."""
        row = self.row
        row.http, row.code = answer.status, answer.code
        # A refusal quotes what was sent.
        row.answer = json.dumps(redacted_in(answer.body)) if row.code else answer.encoded().decode()
        row.answered_at, row.took_ms = self.house.now(), (time.monotonic() - self.knock.started) * 1000
        if self.is_inquiry or self.is_logged:
            return
        if self.accepted is None:
            row.account_id = row.seq = None
        if row.key_id is None or answer.status == UNAVAILABLE:  # then nothing may cost time
            self.house.logbook.insert(row)
        else:
            await self.house.logbook.insert_now(row, min(LOG_SECONDS, self.knock.left))

    def leave(self) -> None:
        """After the answer has left."""
        if self.is_logged:
            self.house.logbook.answered(self.row)


def asked_by(message: Message, order: Order, placed: Placed) -> Asked:
    return Asked(placed.order_id, message.client_order_id, message.request_id, order.warnings)


def finished(answer: Answer, placed: Placed) -> Answer:
    if placed.repeat is not Repeat.NO:
        answer.headers.append((b"idempotent-replayed", b"true"))
    return answer


def storable(raw: bytes) -> str:
    """The body for the delivery log: as text, without secrets."""
    return redacted(raw.decode("utf-8", "replace").replace("\0", "\ufffd"))
