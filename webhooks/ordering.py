"""From a message to the command it means, for this key, account and instrument."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from orders.engine.commands import Modify, Place
from orders.engine.values import Instrument, Refusal, SymbolType
from orders.intake import Catalogue, catalogue, faults_of_place, ignored_selectors
from webhooks.badges import ACCOUNT_SQL, AccountRef, Badge
from webhooks.errors import Fault
from webhooks.gatehouse import Gatehouse
from webhooks.hints import shown
from webhooks.payloads import Command, Message


class NotOrderedError(Exception):
    """Why a well-formed message is no command. `account_id` is known once the key may use the account."""

    def __init__(self, faults: list[Fault], warnings: list[str], account_id: int | None = None) -> None:
        super().__init__(faults[0].message)
        self.faults, self.warnings, self.account_id = faults, warnings, account_id


@dataclass(frozen=True, slots=True)
class Order:
    account_id: int
    command: Command
    warnings: list[str]


async def ordered(house: Gatehouse, badge: Badge, message: Message, seconds: float) -> Order:
    """Raises NotOrderedError; TimeoutError when a look-up takes longer than it may."""
    check_action(badge, message)
    account = await account_for(house, badge, message.account_name, seconds)
    instruments = None if message.selectors is None else await house.instruments(seconds)
    return commanded(message, account, instruments, house.now())


def ordered_here(badge: Badge, message: Message, now: datetime) -> Order:
    """The same outside of the gate, through Django's connection."""
    check_action(badge, message)
    with connection.cursor() as cursor:
        row = cursor.execute(ACCOUNT_SQL, [[message.account_name]]).fetchone()
    account = allowed(badge, message.account_name, AccountRef(*row[1:]) if row else None)
    return commanded(message, account, None if message.selectors is None else catalogue(), now)


def check_action(badge: Badge, message: Message) -> None:
    if not badge.allows_action(message.action):
        raise NotOrderedError([Fault("action_not_allowed", f"this key may not {message.action}", "action")], [])


async def account_for(house: Gatehouse, badge: Badge, name: str, seconds: float) -> AccountRef:
    return allowed(badge, name, await house.accounts.get(name, seconds))


def allowed(badge: Badge, name: str, account: AccountRef | None) -> AccountRef:
    """The account, when the key may use it."""
    if account is None or account.user_id != badge.user_id:
        raise NotOrderedError([Fault("account_unknown", f"there is no account {shown(name, 64)}", "accountName")], [])
    if not badge.allows_account(account.id):
        fault = Fault("account_not_allowed", f"this key may not use account {shown(name, 64)}", "accountName")
        raise NotOrderedError([fault], [])
    if account.status != "active":
        fault = Fault("account_suspended", f"account {shown(name, 64)} is {account.status}", "accountName")
        raise NotOrderedError([fault], [])
    return account


def commanded(message: Message, account: AccountRef, instruments: Catalogue | None, now: datetime) -> Order:
    """The command on its instrument. Only a message that names an instrument needs the catalogue."""
    command, warnings = message.command, list(message.warnings)
    try:
        if instruments is not None and isinstance(command, Place):
            command = place_on(instruments, message, command, warnings, now)
        elif instruments is not None and isinstance(command, Modify):
            command = repeat_of(instruments, message, command)
    except UnfitError as unfit:
        raise NotOrderedError(unfit.faults, warnings, account.id) from None
    return Order(account.id, command, warnings)


class UnfitError(Exception):
    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults[0].message)
        self.faults = faults


def place_on(instruments: Catalogue, message: Message, command: Place, warnings: list[str], now: datetime) -> Place:
    """The order on its instrument, when the instrument's terms allow it."""
    assert message.selectors is not None
    found = instruments.find(message.selectors)
    if not isinstance(found, Instrument):
        raise UnfitError(unfound(found, message.doubtful))
    if found.symbol_type is SymbolType.OPTIONS and message.doubtful:
        raise UnfitError(message.doubtful)
    for name in [*ignored_selectors(message.selectors, found), *(fault.field for fault in message.doubtful)]:
        warnings.append(f"{name}: ignored, {found.symbol_type} has none")
    placed = command.on(found.id)
    if refusals := faults_of_place(placed, found, now):
        raise UnfitError(faults_of(refusals))
    return placed


def unfound(refusals: list[Refusal], doubtful: list[Fault]) -> list[Fault]:
    """A selector that could not be read is told once, by what was wrong with it."""
    told = {fault.field for fault in doubtful}
    return [*doubtful, *(fault for fault in faults_of(refusals) if fault.field not in told)]


def faults_of(refusals: Iterable[Refusal]) -> list[Fault]:
    return [Fault(refusal.code, refusal.text, refusal.field) for refusal in refusals]


def repeat_of(instruments: Catalogue, message: Message, command: Modify) -> Modify:
    """A modification that repeats its order's symbol: the engine compares it with the order's."""
    assert message.selectors is not None
    found = instruments.find(message.selectors, complete=False)
    if isinstance(found, Instrument):
        return replace(command, instrument_id=found.id)
    if found[0].code == "symbol_ambiguous":  # the order is one of them, or the engine says what it is
        return command
    raise UnfitError([Fault("order_differs", found[0].text, found[0].field or "symbol")])
