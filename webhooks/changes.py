"""What the fields of a modification or a cancelling mean together."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from orders.engine.commands import KEEP, Cancel, Keep, Modify
from orders.engine.values import Validity
from orders.intake import Selectors
from webhooks.draft import Draft
from webhooks.rules import ignore_foreign, read_expiry, read_guards, read_selectors, read_validity
from webhooks.shape import Action

CHANGES: Final = (
    *("price", "stopPrice", "qty", "validity", "expireDate", "stopLoss", "stopLossType"),
    *("takeProfit", "takeProfitType", "trStopOffset", "userComment"),
)
PLAIN_CHANGES: Final = ("price", "stopPrice", "qty", "trStopOffset", "userComment")
# These may be repeated, if they say what the order is.
REPEATED: Final = ("side", "type", "symbol", "symbolType", "contractMonth", "strikePrice", "strikeType", "isin")


def read_modify(draft: Draft) -> tuple[Modify, Selectors | None]:
    read_order_name(draft)
    ignore_foreign(draft, Action.MODIFY, REPEATED)
    for name in PLAIN_CHANGES:
        draft.read(name)
    read_guards(draft)
    validity, expire_at = read_new_validity(draft)
    changed = [name for name in CHANGES if name in draft.given or is_removed(draft, name) or name in draft.suspect]
    if not changed and not draft.suspect:
        draft.fault("nothing_to_change", "names nothing to change; give at least one of " + ", ".join(CHANGES))
    selectors = read_repeated(draft)
    given = draft.values.get
    modify = Modify(
        order_id=given("orderId"),
        client_order_id=given("clientOrderId", ""),
        price=given("price", KEEP),
        stop_price=given("stopPrice", KEEP),
        qty=given("qty", KEEP),
        validity=validity or KEEP,
        expire_at=expire_at or KEEP,
        stop_loss=new_guard(draft, "stopLoss"),
        stop_loss_type=given("stopLossType", KEEP),
        take_profit=new_guard(draft, "takeProfit"),
        take_profit_type=given("takeProfitType", KEEP),
        trail_ticks=given("trStopOffset", KEEP),
        user_comment=given("userComment", KEEP),
        side=given("side", KEEP),
        type=given("type", KEEP),
    )
    return modify, selectors


def is_removed(draft: Draft, name: str) -> bool:
    return name in draft.removed and name in ("stopLoss", "takeProfit")


def new_guard(draft: Draft, name: str) -> Decimal | Keep | None:
    return None if is_removed(draft, name) else draft.values.get(name, KEEP)


def read_new_validity(draft: Draft) -> tuple[Validity | None, datetime | None]:
    """expireDate alone, or GTD without one, is for an order that is GTD already; the engine knows."""
    if "validity" in draft.given:
        return read_validity(draft, None, is_new=False)
    return None, read_expiry(draft)


def read_repeated(draft: Draft) -> Selectors | None:
    """What the sender repeats of the order: it changes nothing, but may not differ."""
    for name in REPEATED:
        draft.ignore(name, "modify does not change it")
    draft.read("side")
    draft.read("type")
    return read_selectors(draft) if "symbol" in draft.given else None


def read_cancel(draft: Draft) -> tuple[Cancel, None]:
    read_order_name(draft)
    ignore_foreign(draft, Action.CANCEL)
    return Cancel(draft.values.get("orderId"), draft.values.get("clientOrderId", "")), None


def read_order_name(draft: Draft) -> None:
    draft.read("orderId")
    draft.read("clientOrderId")
    if "clientOrderId" not in draft.given and "clientOrderId" not in draft.suspect:
        draft.require("orderId", why=" (or clientOrderId)")
