"""Why the engine says no: every code, and the class it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from orders.engine.values import Refusal

MALFORMED: Final = "malformed"  # the message and the instrument decide it: HTTP 400
FORBIDDEN: Final = "forbidden"  # 403
UNKNOWN: Final = "unknown"  # 404
FINAL: Final = "final"  # the order, or the name, is taken: 409
REFUSED: Final = "refused"  # the account, the market or the clock decide it: 422

KINDS: Final[Mapping[str, str]] = {
    # What the message and the instrument decide.
    "required": MALFORMED,
    "not_positive": MALFORMED,
    "out_of_range": MALFORMED,
    "qty_minimum": MALFORMED,
    "qty_maximum": MALFORMED,
    "qty_step": MALFORMED,
    "price_tick": MALFORMED,
    "ticks_whole": MALFORMED,
    "not_for_type": MALFORMED,
    "validity_type": MALFORMED,
    "expire_date_required": MALFORMED,
    "expire_date_unexpected": MALFORMED,
    "expire_date_past": MALFORMED,
    "guard_type_alone": MALFORMED,
    "nothing_to_change": MALFORMED,
    "order_differs": MALFORMED,
    "order_ids_disagree": MALFORMED,
    "amount_digits": MALFORMED,
    # Halts.
    "halted": FORBIDDEN,
    # What is not there.
    "symbol_unknown": UNKNOWN,
    "order_unknown": UNKNOWN,
    # What is final, or taken.
    "order_final": FINAL,
    "client_order_id_taken": FINAL,
    "guard_is_order": FINAL,
    # The market and the clock.
    "instrument_closed": REFUSED,
    "contract_expired": REFUSED,
    "out_of_session": REFUSED,
    "no_quote": REFUSED,
    "quote_age": REFUSED,
    "price_limits": REFUSED,
    "stop_through": REFUSED,
    "fok": REFUSED,
    "no_rate": REFUSED,
    # The account.
    "margin": REFUSED,
    "short_not_allowed": REFUSED,
    "cash_too_small": REFUSED,
    "stop_loss_side": REFUSED,
    "take_profit_side": REFUSED,
    "qty_below_filled": REFUSED,
    "leg_qty": REFUSED,
    "triggered": REFUSED,
    "withdrawal": REFUSED,
    # Risk rules.
    "max_order_amount": REFUSED,
    "max_order_capital": REFUSED,
    "max_orders_count": REFUSED,
    "max_pending_orders_number": REFUSED,
    "max_positions_number": REFUSED,
    "total_max_position_qty": REFUSED,
    "daily_loss_limit": REFUSED,
    "max_drawdown_level": REFUSED,
    # A dealer's acts.
    "not_care": REFUSED,
    "dealer_qty": REFUSED,
    "dealer_price": REFUSED,
}


class RefusedError(Exception):
    """Raised before anything was changed; becomes a CommandRefused."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(refusal.text for refusal in self.refusals))


def refusal(code: str, text: str, field: str = "") -> Refusal:
    """A refusal with a listed code; an unlisted one is a bug that raises."""
    if code not in KINDS:
        raise KeyError(code)
    return Refusal(code, text, field)


def kind_of(code: str) -> str:
    return KINDS[code]
