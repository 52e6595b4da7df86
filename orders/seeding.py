"""The other half of a world: instruments, sessions, quotes, and accounts whose money comes through the tray."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.db import transaction

from accounts.models import TradingAccount
from accounts.world import Json, WorldError, camel, checked, entries, named_user, snake
from orders.carrying import NotDone, carry_out
from orders.engine.commands import Command, Halt, MoveMoney, SetRisk
from orders.instruments import catalogue, forget
from orders.intake import Accepted, Slip, insert, open_books
from orders.limits import RULES
from orders.models import Instrument, LastQuote, Session
from orders.past import invent_past
from orders.quote_reading import Offer, Unfit, read_offer
from orders.quotes import offer

SEED = {"kind": "operator", "user": "seed"}
TERMS_REQUIRED = (
    "symbol", "symbolType", "currency", "lotSize", "tickSize", "minLot", "maxLot", "lotStep", "marginRate",
)  # fmt: skip
COMMISSION = {"perLot": "commission_per_lot", "percent": "commission_percent", "fixed": "commission_fixed"}
TERMS_OPTIONAL = (
    "commission",
    *(
        camel(column.name)
        for column in Instrument._meta.concrete_fields
        if camel(column.name) not in ("id", *TERMS_REQUIRED, *map(camel, COMMISSION.values()))
    ),
)
IDENTITY = ("symbol", "symbolType", "contractMonth", "strikePrice", "strikeType")
QUOTE_OPTIONAL = ("symbolType", "contractMonth", "strikePrice", "strikeType", "bidSize", "askSize", "last", "time")


def seed_market(world: Json, *, past: bool = False) -> None:
    """Instruments, sessions, and a first quote for each instrument that has none; before it, if wanted, a past."""
    with transaction.atomic():
        for entry in entries(world, "instruments", TERMS_REQUIRED, TERMS_OPTIONAL):
            seed_instrument(entry)
        for entry in entries(world, "sessions", ("calendar", "opens", "closes", "dayCloses")):
            seed_session(entry)
    forget()
    offers = first_offers(world)
    if past:
        invent_past(offers)
    result = offer(offers, "seed")
    if result.refused:
        raise WorldError(f"quotes: {result.refused[0].reason}")


def seed_instrument(entry: Json) -> None:
    identity = {snake(name): entry.get(name) for name in IDENTITY} | {"strike_type": entry.get("strikeType", "")}
    if Instrument.objects.filter(**{name: value for name, value in identity.items() if value is not None}).filter(
        **{f"{name}__isnull": True for name, value in identity.items() if value is None}
    ):
        return
    terms = {snake(name): value for name, value in entry.items() if name != "commission"}
    for name, value in entry.get("commission", {}).items():
        if name not in COMMISSION:
            raise WorldError(f"instrument {entry['symbol']}: unknown commission {name}")
        terms[COMMISSION[name]] = value
    checked(Instrument(**terms), f"instrument {entry['symbol']}").save()


def seed_session(entry: Json) -> None:
    times = {"closes": entry["closes"], "day_closes": entry["dayCloses"]}
    if not Session.objects.filter(calendar=entry["calendar"], opens=entry["opens"]).exists():
        row = Session(calendar=entry["calendar"], opens=entry["opens"], **times)
        checked(row, f"session of {entry['calendar']}").save()


def first_offers(world: Json) -> list[Offer]:
    known = catalogue(0)
    quoted = set(LastQuote.objects.exclude(bid=None).values_list("instrument_id", flat=True))
    offers = []
    for entry in entries(world, "quotes", ("symbol", "bid", "ask"), QUOTE_OPTIONAL):
        try:
            one = read_offer(entry, known)
        except Unfit as error:
            raise WorldError(f"quote of {entry['symbol']}: {error.text}") from None
        if one.instrument_id not in quoted:
            offers.append(one)
    return offers


# --- Accounts ----------------------------------------------------------------------------------------


def seed_accounts(world: Json) -> None:
    """Accounts that do not exist yet, with their deposits and risk rules carried out when it returns."""
    for entry in entries(world, "accounts", ("name", "user", "currency"), ("deposit", "risk", "status", "halted")):
        if not TradingAccount.objects.filter(name=entry["name"]).exists():
            accepted = seed_account(entry)
            try:
                for one in accepted:
                    carry_out(one)
            except NotDone as error:
                raise WorldError(f"account {entry['name']}: {error}") from None


def seed_account(entry: Json) -> list[Accepted]:
    """The row and what goes into its tray in one commit: there is never an account without its deposit."""
    owner = named_user(entry["user"])
    row = TradingAccount(
        name=entry["name"], user=owner, currency=entry["currency"], status=entry.get("status", "active")
    )
    with transaction.atomic():
        checked(row, f"account {entry['name']}").save()
        open_books(row)
        return insert([Slip(row.pk, command, SEED) for command in first_commands(entry)])


def first_commands(entry: Json) -> list[Command]:
    commands: list[Command] = []
    if "deposit" in entry:
        commands.append(MoveMoney("deposit", amount(entry["deposit"], f"account {entry['name']}: deposit")))
    if rules := entry.get("risk"):
        if unknown := [name for name in rules if name not in RULES]:
            raise WorldError(f"account {entry['name']}: unknown risk rule {', '.join(unknown)}")
        read = ((name, amount(value, f"account {entry['name']}: {name}")) for name, value in rules.items())
        commands.append(SetRisk(tuple(sorted(read))))
    if entry.get("halted"):
        commands.append(Halt(True))
    return commands


def amount(value: object, what: str) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number <= 0:
        raise WorldError(f"{what} must be a number greater than zero")
    return number
