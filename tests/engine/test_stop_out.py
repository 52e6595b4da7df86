"""The stop-out: below half of the used margin the largest loss is closed, and again until it holds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from orders.engine import margin, watch
from orders.engine.commands import StopOut
from orders.engine.events import StopOutDue
from orders.engine.exchange import execute
from tests.engine.desk import FX, Desk, instrument

CFD = instrument(20, "CFD", margin_rate="0.1", tick_size="0.01")
OTHER = instrument(21, "OTHER", margin_rate="0.1", tick_size="0.01")


def leveraged(deposit: str = "1000") -> Desk:
    """A thousand dollars hold 90 CFD at 100.00: used margin is 900, so that the stop-out comes below 450."""
    desk = Desk(deposit, "USD", CFD, OTHER)
    desk.quote("CFD", "100", "100")
    desk.quote("OTHER", "100", "100")
    return desk


def test_it_comes_below_half_of_the_used_margin_not_at_it() -> None:
    desk = leveraged()
    desk.place("CFD", "buy", "90")
    desk.quote("CFD", "93.89", "93.90")
    assert (str(desk.figures.equity), desk.held("CFD")) == ("450.10", "90")
    desk.money("withdrawal", "-0.10", refused="withdrawal")
    desk.money("adjustment", "-0.10")
    assert (str(desk.figures.equity), desk.held("CFD")) == ("450.00", "90")
    desk.quote("CFD", "93.88", "93.89")
    assert desk.held("CFD") == "0"
    assert str(desk.book.balance) == "449.10"


def test_it_leaves_an_order_that_says_why() -> None:
    desk = leveraged()
    desk.place("CFD", "sell", "90")
    desk.quote("CFD", "106.99", "107")
    (order,) = [o for o in desk.book.orders.values() if o.reason]
    assert order.reason == "stop-out: equity 370.00 USD is below 0.5 of used margin 900.00 USD"
    assert (order.type, order.side, order.state, order.qty) == ("Market", "buy", "filled", 90)
    assert desk.history(order.id) == ["placed", "filled"]


def test_the_largest_loss_goes_first_and_the_rest_stays_if_that_is_enough() -> None:
    desk = leveraged()
    desk.place("CFD", "buy", "45")
    desk.place("OTHER", "buy", "45")
    desk.quote("OTHER", "99", "99")
    desk.quote("CFD", "88", "88")
    assert (desk.held("CFD"), desk.held("OTHER")) == ("0", "45")


def test_again_until_it_holds() -> None:
    desk = leveraged()
    desk.place("CFD", "buy", "45")
    desk.place("OTHER", "buy", "45")
    desk.quote("OTHER", "95", "95")
    desk.quote("CFD", "81", "81")
    assert (desk.held("CFD"), desk.held("OTHER")) == ("0", "0")


def test_a_thin_quote_is_hit_until_the_position_is_closed() -> None:
    desk = leveraged()
    desk.place("CFD", "buy", "90")
    desk.quote("CFD", "89", "89", sizes=("40", "40"))
    assert desk.held("CFD") == "0"
    assert [event.qty for event in desk.told if hasattr(event, "qty")] == [Decimal(40), Decimal(40), Decimal(10)]


def test_it_cancels_the_guards_of_what_it_closed() -> None:
    desk = leveraged()
    order = desk.place("CFD", "buy", "90", sl="50", tp="200")
    desk.quote("CFD", "90", "90")
    assert [leg.state for leg in desk.legs(order) if leg] == ["cancelled", "cancelled"]


def test_it_works_while_trading_is_halted() -> None:
    desk = leveraged()
    desk.place("CFD", "buy", "90")
    desk.halt()
    desk.quote("CFD", "90", "90")
    assert desk.held("CFD") == "0"


def test_what_cannot_be_closed_waits_and_the_next_is_taken() -> None:
    desk = leveraged()
    desk.place("CFD", "buy", "45")
    desk.place("OTHER", "buy", "45")
    desk.market.instruments = dict(desk.market.instruments) | {20: replace(CFD, max_quote_age_seconds=5)}
    desk.wait(seconds=6)
    desk.market.quotes[20] = replace(desk.market.quotes[20], bid=Decimal(80), ask=Decimal(80))
    desk.quote("OTHER", "99", "99")
    assert (desk.held("CFD"), desk.held("OTHER")) == ("45", "0")
    desk.quote("CFD", "80", "80")
    assert desk.held("CFD") == "0"


def test_it_is_called_for_once_and_only_done_if_it_still_holds() -> None:
    desk = leveraged()
    desk.place("CFD", "buy", "90")
    quote = desk._remember("CFD", "93", "93", None, None, None)
    assert [type(event) for event in execute(desk.book, _shown(quote), desk.market, desk.now)] == [StopOutDue]
    assert execute(desk.book, _shown(quote), desk.market, desk.now) == []
    desk._remember("CFD", "100", "100", None, None, None)
    assert execute(desk.book, StopOut(desk.new_id()), desk.market, desk.now) == []
    assert desk.held("CFD") == "90"
    assert execute(desk.book, _shown(desk._remember("CFD", "93", "93", None, None, None)), desk.market, desk.now)


def _shown(quote: object) -> object:
    from orders.engine.commands import SeeQuote

    return SeeQuote(quote)  # type: ignore[arg-type]


def test_a_stop_out_on_its_way_is_not_forgotten_at_midnight() -> None:
    desk = leveraged()
    desk.place("CFD", "buy", "90")
    quote = desk._remember("CFD", "93", "93", None, None, None)
    assert execute(desk.book, _shown(quote), desk.market, desk.now)
    desk.wait(days=1)
    assert execute(desk.book, _shown(quote), desk.market, desk.now) == []


def test_the_level_can_be_set() -> None:
    desk = leveraged()
    desk.market.stop_out_level = Decimal("0.9")
    desk.place("CFD", "buy", "90")
    desk.quote("CFD", "97.88", "97.89")
    assert desk.held("CFD") == "0"


# --- The trigger index of positions -----------------------------------------------------------------------


def test_the_index_says_how_far_a_position_may_fall() -> None:
    desk = leveraged()
    desk.place("CFD", "buy", "90")
    ((below, above),) = watch.position_levels(desk.book, desk.market).values()
    assert above is None
    assert below is not None
    # 550 may be lost before 450 is reached; a cent of it is kept for rounding.
    assert below == Decimal("93.8890000000")
    desk.place("CFD", "sell", "90")
    desk.place("CFD", "sell", "90")
    ((below, above),) = watch.position_levels(desk.book, desk.market).values()
    assert (below, above) == (None, Decimal("106.1110000000"))


def test_foreign_currency_counts_at_its_worst() -> None:
    euro = instrument(22, "EURO", margin_rate="0.1", tick_size="0.01", currency="EUR")
    desk = Desk("2000", "USD", euro)
    desk.quote("EUR/USD", "1.25", "1.25")
    desk.quote("EURO", "100", "100")
    desk.place("EURO", "buy", "10")
    # Used margin is 125, at twice the rate 250. All but 125 and a cent may be lost, at 2 x 1.25 x 10 a point.
    assert watch.position_levels(desk.book, desk.market) == {22: (Decimal("25.0004000000"), None)}


def test_a_small_position_of_a_rich_account_never_wakes() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.001")
    assert watch.position_levels(desk.book, desk.market) == {1: (None, None)}


def test_without_a_rate_every_quote_is_looked_at() -> None:
    desk = Desk()
    desk.place("UK100", "buy", "1")
    del desk.market.quotes[desk.by_symbol["GBP/USD"].id]
    assert watch.position_levels(desk.book, desk.market) == {8: (None, Decimal(0))}


def test_below_the_level_every_quote_is_looked_at() -> None:
    desk = leveraged()
    desk.place("CFD", "buy", "90")
    desk._remember("CFD", "93", "93", None, None, None)
    assert watch.position_levels(desk.book, desk.market) == {20: (None, Decimal(0))}


moves = st.lists(st.integers(-600, 600), min_size=3, max_size=3)


@settings(deadline=None, max_examples=300)
@given(
    bets=st.lists(st.sampled_from([-25, -12, -5, 5, 12, 25]), min_size=3, max_size=3),
    moves=moves,
    rates=st.sampled_from([Decimal("0.52"), Decimal("0.8"), Decimal(1), Decimal("1.3"), Decimal("1.95")]),
    floor=st.sampled_from([None, 700, 900]),
)
def test_no_stop_out_or_loss_limit_is_ever_missed(
    bets: list[int], moves: list[int], rates: Decimal, floor: int | None
) -> None:
    """As long as no position has moved to its level, neither limit is reached, however rates have moved meanwhile."""
    euro = instrument(22, "EURO", margin_rate="0.1", tick_size="0.01", currency="EUR")
    pair = instrument(23, "EURO/USD", **FX, base_currency="EUR")
    desk = Desk("1000", "USD", CFD, OTHER, euro, pair, quoted=False)
    desk.quote("EURO/USD", "1.1", "1.1")
    symbols = ("CFD", "OTHER", "EURO")
    for symbol, lots in zip(symbols, bets, strict=True):
        desk.quote(symbol, "100", "100.02")
        desk.place(symbol, "buy" if lots > 0 else "sell", str(abs(lots)))
    if floor:
        desk.risk(maxDrawdownLevel=str(floor))
    if "locked" in desk.book.day or len(desk.book.positions) < 3:
        return
    levels = watch.position_levels(desk.book, desk.market)
    desk._remember("EURO/USD", str(Decimal("1.1") * rates), str(Decimal("1.1") * rates), None, None, None)
    for symbol, move in zip(symbols, moves, strict=True):
        bid = Decimal(100) + Decimal(move) / 100
        desk._remember(symbol, str(bid), str(bid + Decimal("0.02")), None, None, None)
    if any(_woken(desk, id_, level) for id_, level in levels.items()):
        return
    worth = margin.worth_of(desk.book, desk.market)
    assert worth.equity >= desk.market.stop_out_level * worth.used_margin
    assert floor is None or worth.equity > floor


def _woken(desk: Desk, id_: int, level: tuple[Decimal | None, Decimal | None]) -> bool:
    below, above = level
    quote = desk.market.quotes[id_]
    mark = quote.bid if desk.book.positions[id_].qty > 0 else quote.ask
    return (below is not None and mark <= below) or (above is not None and mark >= above)
