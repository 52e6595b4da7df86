"""A second exchange for one instrument, written out the long way: both sides separately, no index, no cleverness.

It knows matching and brackets, not money: its account is rich. Prices and lots are whole numbers, the tick is 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class PlainOrder:
    id: int
    type: str
    side: str
    qty: int
    price: float | None = None
    stop: float | None = None
    trail: int | None = None
    validity: str = "GTC"
    state: str = "working"
    filled: int = 0
    paid: float = 0
    triggered: bool = False
    seen: int = 0
    parent: PlainOrder | None = None
    kind: str = ""  # "sl" or "tp" of a leg
    guards: dict[str, tuple[str, int]] = field(default_factory=dict)
    legs: list[PlainOrder] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.qty - self.filled

    @property
    def works(self) -> bool:
        return self.state in ("working", "partially filled")

    @property
    def is_over(self) -> bool:
        return self.state in ("filled", "cancelled", "rejected")


@dataclass
class PlainQuote:
    number: int
    bid: int
    ask: int
    bid_size: int | None
    ask_size: int | None


class PlainExchange:
    def __init__(self, quote: PlainQuote) -> None:
        self.quote = quote
        self.orders: list[PlainOrder] = []
        self.position = 0
        self.fills: list[tuple[int, int, float]] = []
        self.woken: list[PlainOrder] = []

    # --- Commands -------------------------------------------------------------------------------------

    def place(self, order: PlainOrder, leg_ids: dict[str, int]) -> None:
        self.orders.append(order)
        if order.type == "Trailing stop":
            assert order.trail is not None
            if order.side == "buy":
                order.stop = self.quote.ask + order.trail
            else:
                order.stop = self.quote.bid - order.trail
        if self.is_refused(order):
            order.state = "rejected"
            return
        for kind, leg_id in leg_ids.items():
            side = "sell" if order.side == "buy" else "buy"
            leg = PlainOrder(leg_id, "Limit", side, order.qty, state="inactive", parent=order, kind=kind)
            self.dress(leg, order.guards[kind])
            order.legs.append(leg)
            self.orders.append(leg)
        self.enter(order)

    def enter(self, order: PlainOrder) -> None:
        """A new order, or one that enters anew, sees the present quote and ends if it may not rest."""
        self.show(order, fresh=True)
        if order.validity in ("IOC", "FOK") and order.works:
            self.cancel(order)
        self.show_woken()

    def is_refused(self, order: PlainOrder) -> bool:
        if order.stop is not None and order.stop <= 0:
            return True
        if order.stop is not None and not order.triggered and order.type != "Trailing stop":
            if order.side == "buy" and self.quote.ask >= order.stop:
                return True
            if order.side == "sell" and self.quote.bid <= order.stop:
                return True
        if order.validity == "FOK":
            price = self.price(order, fresh=True)
            if price is None or self.offered(order) < order.left:
                return True
        return any(self.is_wrong(order, kind) for kind in order.guards)

    def is_wrong(self, order: PlainOrder, kind: str) -> bool:
        type_, value = order.guards[kind]
        if type_ == "tr. offset":
            return False
        if type_ == "offset in %" and kind == "sl" and value >= 100:
            return True
        entry = order.price
        if entry is None:
            entry = order.stop
        if entry is None:
            entry = self.quote.ask if order.side == "buy" else self.quote.bid
        level = self.level(order, kind, entry)
        if level <= 0:
            return True
        if (order.side == "buy") == (kind == "sl"):
            return level >= entry
        return level <= entry

    def see(self, quote: PlainQuote) -> None:
        self.quote = quote
        for order in sorted((o for o in self.orders if o.works), key=lambda o: o.id):
            if order.works and order.seen < quote.number:
                self.show(order, fresh=False)
        self.show_woken()

    def cancel(self, order: PlainOrder) -> None:
        if order.is_over:
            return
        order.state = "cancelled"
        for leg in order.legs:
            if leg.state == "inactive":
                leg.state = "cancelled"

    # --- A quote meets an order -----------------------------------------------------------------------

    def show_woken(self) -> None:
        while self.woken:
            leg = self.woken.pop(0)
            if leg.works and leg.seen < self.quote.number:
                self.show(leg, fresh=True)

    def show(self, order: PlainOrder, fresh: bool) -> None:
        order.seen = self.quote.number
        if order.type == "Care":
            return
        if order.stop is not None and not order.triggered:
            if order.side == "buy":
                if order.trail is not None and self.quote.ask + order.trail < order.stop:
                    order.stop = self.quote.ask + order.trail
                if self.quote.ask < order.stop:
                    return
            else:
                if order.trail is not None and self.quote.bid - order.trail > order.stop:
                    order.stop = self.quote.bid - order.trail
                if self.quote.bid > order.stop:
                    return
            order.triggered = True
            fresh = True
        price = self.price(order, fresh)
        lots = self.offered(order)
        if price is not None and lots > 0:
            self.fill(order, lots, price)

    def price(self, order: PlainOrder, fresh: bool) -> float | None:
        if order.side == "buy":
            if order.price is None:
                return self.quote.ask
            if self.quote.ask > order.price:
                return None
            return self.quote.ask if fresh else order.price
        if order.price is None:
            return self.quote.bid
        if self.quote.bid < order.price:
            return None
        return self.quote.bid if fresh else order.price

    def offered(self, order: PlainOrder) -> int:
        size = self.quote.ask_size if order.side == "buy" else self.quote.bid_size
        return order.left if size is None else min(size, order.left)

    # --- A fill and what follows ----------------------------------------------------------------------

    def fill(self, order: PlainOrder, lots: int, price: float) -> None:
        self.fills.append((order.id, lots, price))
        self.position += lots if order.side == "buy" else -lots
        order.filled += lots
        order.paid += lots * price
        order.state = "filled" if order.left == 0 else "partially filled"
        if order.parent is not None:
            self.share(order, lots)
        for leg in order.legs:
            if not leg.is_over:
                self.guard(order, leg, lots)
        for leg in sorted(self.orders, key=lambda o: o.id):
            if leg.parent is not None and leg.works:
                self.fit(leg)

    def share(self, leg: PlainOrder, lots: int) -> None:
        assert leg.parent is not None
        for sibling in leg.parent.legs:
            if sibling is not leg and sibling.works:
                self.shrink(sibling, sibling.left - lots)
        if leg.state == "filled" and not leg.parent.is_over:
            self.cancel(leg.parent)

    def guard(self, parent: PlainOrder, leg: PlainOrder, lots: int) -> None:
        if leg.state == "inactive":
            leg.qty = leg.filled + lots
            self.put(parent, leg)
            leg.state = "working"
        else:
            leg.qty += lots
            if not leg.triggered:
                self.put(parent, leg)
        self.woken.append(leg)

    def put(self, parent: PlainOrder, leg: PlainOrder) -> None:
        if leg.trail is not None:
            if leg.stop is None:
                leg.stop = self.quote.ask + leg.trail if leg.side == "buy" else max(1, self.quote.bid - leg.trail)
            return
        average = (Decimal(parent.paid) / parent.filled).quantize(Decimal("1E-18"))
        level = max(1, self.level(parent, leg.kind, average))
        if leg.kind == "sl":
            leg.stop = level
        else:
            leg.price = level

    def level(self, parent: PlainOrder, kind: str, entry: float | Decimal) -> float:
        type_, value = parent.guards[kind]
        if type_ == "absolute":
            return value
        distance = entry * value / 100 if type_ == "offset in %" else value
        below = (parent.side == "buy") == (kind == "sl")
        return round(entry - distance if below else entry + distance)

    def dress(self, leg: PlainOrder, guard: tuple[str, int]) -> None:
        type_, value = guard
        leg.price = leg.stop = leg.trail = None
        if leg.kind == "tp":
            leg.price = value if type_ == "absolute" else None
            return
        leg.type = "Trailing stop" if type_ == "tr. offset" else "Stop"
        leg.trail = value if type_ == "tr. offset" else None
        leg.stop = value if type_ == "absolute" else None

    def fit(self, leg: PlainOrder) -> None:
        room = 0
        if leg.side == "sell" and self.position > 0:
            room = self.position
        if leg.side == "buy" and self.position < 0:
            room = -self.position
        if leg.left > room:
            self.shrink(leg, room)

    def shrink(self, leg: PlainOrder, left: int) -> None:
        assert leg.parent is not None
        if left > 0:
            leg.qty = leg.filled + left
        elif leg.parent.is_over:
            leg.state = "cancelled"
        else:
            leg.state = "inactive"
            leg.qty = leg.parent.qty
            leg.triggered = False
            self.dress(leg, leg.parent.guards[leg.kind])
