"""Netting, profit and loss, commission, and what everything is worth in the account's currency."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orders.engine import margin
from orders.engine.rates import NoRateError, rate
from orders.engine.values import Commission
from tests.engine.desk import FX, SHARE, Desk, instrument


def test_adding_averages_the_price() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.1")
    desk.quote("BTCUSDT", "64350", "64350.50")
    desk.place("BTCUSDT", "buy", "0.3")
    assert (desk.held("BTCUSDT"), desk.average("BTCUSDT")) == ("0.4", "64325.5")
    assert (str(desk.book.balance), str(desk.figures.used_margin)) == ("100000", "25730.20")


def test_an_average_keeps_eighteen_decimals() -> None:
    desk = Desk()
    desk.place("SPY", "buy", "2")
    desk.quote("SPY", "590", "590.03")
    desk.place("SPY", "buy", "1")
    assert desk.average("SPY") == "590.023333333333333333"


def test_reducing_realises_and_keeps_the_average() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.4")
    desk.quote("BTCUSDT", "64350.50", "64351")
    desk.place("BTCUSDT", "sell", "0.1")
    assert (desk.held("BTCUSDT"), desk.average("BTCUSDT")) == ("0.3", "64250.5")
    assert desk.ledger()[-1] == ("realised P/L", "10")


@pytest.mark.parametrize(("first", "second"), [("buy", "sell"), ("sell", "buy")])
def test_crossing_zero_closes_and_opens(first: str, second: str) -> None:
    desk = Desk()
    desk.place("BTCUSDT", first, "0.1")
    desk.wait(minutes=1)
    desk.place("BTCUSDT", second, "0.3")
    sign = "-" if second == "sell" else ""
    assert (desk.held("BTCUSDT"), desk.ledger()[-1]) == (f"{sign}0.2", ("realised P/L", "-0.05"))
    position = desk.book.positions[1]
    assert position.opened_at == desk.now
    assert desk.average("BTCUSDT") == ("64250" if second == "sell" else "64250.5")


def test_a_closed_position_is_gone() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.1")
    desk.place("BTCUSDT", "sell", "0.1")
    assert desk.book.positions == {}


def test_a_lot_of_a_pair_is_a_hundred_thousand_units() -> None:
    desk = Desk()
    desk.place("EUR/USD", "buy", "0.5", at="1.0801")
    assert (str(desk.figures.used_margin), str(desk.figures.open_pl)) == ("1080.10", "-5.00")


def test_profit_in_yen_becomes_dollars_at_the_mid() -> None:
    desk = Desk()
    desk.place("USD/JPY", "buy", "0.1", at="150.01")
    desk.quote("USD/JPY", "151.000", "151.010")
    desk.place("USD/JPY", "sell", "0.1", at="151")
    # 10000 x 0.99 = 9900 yen at 151.005
    assert desk.ledger()[-1] == ("realised P/L", "65.56")


def test_margin_is_converted_at_the_present_mid() -> None:
    desk = Desk("1000000")
    desk.place("UK100", "buy", "10")
    # 10 x 8201 x 1 x 1.27005 (margin rate 1)
    assert str(desk.figures.used_margin) == "104156.80"
    desk.quote("GBP/USD", "1.30000", "1.30010")
    assert str(desk.figures.used_margin) == "106617.10"


@pytest.mark.parametrize(
    ("source", "target", "worth"),
    [
        ("USD", "USD", "1"),
        ("EUR", "USD", "1.08005"),
        ("USD", "JPY", "150.005"),
        ("GBP", "JPY", "190.51385025"),
    ],
)
def test_rates_lead_directly_or_through_the_dollar(source: str, target: str, worth: str) -> None:
    desk = Desk()
    assert rate(desk.market, source, target) == Decimal(worth)
    back = rate(desk.market, target, source)
    assert abs(back * Decimal(worth) - 1) < Decimal("1e-24")


def test_where_no_dollar_leads_the_euro_does() -> None:
    pairs = [
        instrument(30, "EUR/NOK", **FX, base_currency="EUR", currency="NOK"),
        instrument(31, "EUR/SEK", **FX, base_currency="EUR", currency="SEK"),
    ]
    desk = Desk("0", "SEK", *pairs)
    desk.quote("EUR/NOK", "10", "12")
    desk.quote("EUR/SEK", "5.4", "5.6")
    assert rate(desk.market, "NOK", "SEK") == Decimal("5.5") * (1 / Decimal(11))


def test_the_first_of_two_instruments_for_a_pair_gives_the_rate() -> None:
    twin = instrument(40, "EURUSD.X", **FX, base_currency="EUR")
    desk = Desk("0", "USD", twin)
    desk.quote("EURUSD.X", "2", "2")
    assert rate(desk.market, "EUR", "USD") == Decimal("1.08005")
    del desk.market.quotes[desk.by_symbol["EUR/USD"].id]
    assert rate(desk.market, "EUR", "USD") == Decimal(2)


def test_without_a_rate_nothing_is_placed_or_guessed() -> None:
    desk = Desk("1000", "CHF")
    desk.place("BTCUSDT", "buy", "0.001", refused="no_rate", says="no rate from USD to CHF", state="rejected")
    desk.place("BTCUSDT", "buy", None, cashOrderQty="500", refused="no_rate")
    care = desk.place("AAPL", "buy", "1", "Limit", price="1", refused="no_rate")
    assert desk.order(care).state == "rejected"
    with pytest.raises(NoRateError):
        rate(desk.market, "USD", "CHF")


@pytest.mark.parametrize(
    ("terms", "fees"),
    [
        (Commission(per_lot=Decimal("0.01")), ["-0.4", "-0.4"]),
        (Commission(percent=Decimal("0.1")), ["-23.6", "-23.6"]),  # 23.6008, 23.6000
        (Commission(fixed=Decimal("1.5")), ["-1.5", "-1.5"]),
        (Commission(Decimal("0.01"), Decimal("0.1"), Decimal("1.5")), ["-25.5", "-25.5"]),
    ],
)
def test_commission_is_charged_on_each_fill(terms: Commission, fees: list[str]) -> None:
    share = instrument(20, "SHR", **SHARE, commission=terms)
    desk = Desk("100000", "USD", share)
    desk.quote("SHR", "590.00", "590.02")
    desk.place("SHR", "buy", "40")
    desk.place("SHR", "sell", "40")
    assert [amount for kind, amount in desk.ledger() if kind == "commission"] == fees
    assert [amount for kind, amount in desk.ledger() if kind == "realised P/L"] == ["-0.8"]
    spent = sum(Decimal(amount) for _, amount in desk.ledger())
    assert desk.book.balance == spent


def test_each_part_of_an_order_pays_its_commission_and_the_position_remembers() -> None:
    share = instrument(20, "SHR", **SHARE, commission=Commission(fixed=Decimal(1)))
    desk = Desk("100000", "USD", share)
    desk.quote("SHR", "10", "10.02", sizes=("5", "5"))
    desk.place("SHR", "buy", "8")
    desk.quote("SHR", "10", "10.02", sizes=("5", "5"))
    assert [kind for kind, _ in desk.ledger()] == ["deposit", "commission", "commission"]
    assert desk.book.positions[20].fee == Decimal(2)


def test_a_yen_account_counts_in_whole_yen() -> None:
    desk = Desk("1000000", "JPY")
    desk.place("BTCUSDT", "buy", "0.01")
    desk.place("BTCUSDT", "sell", "0.01")
    # 0.01 x -0.50 USD = -0.005 USD x 150.005 = -0.750025 yen
    assert desk.ledger()[-1] == ("realised P/L", "-1")
    assert desk.figures.used_margin == Decimal(0)


def test_a_ledger_entry_carries_its_cause_and_the_balance_after_it() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.1")
    order = desk.place("BTCUSDT", "sell", "0.1")
    entry = desk.told[-1]
    assert (entry.order_id, entry.fill_number, str(entry.balance)) == (order, 1, "99999.95")


def test_no_entry_for_an_amount_of_zero() -> None:
    desk = Desk()
    desk.quote("BTCUSDT", "64000", "64000")
    desk.place("BTCUSDT", "buy", "0.1")
    desk.place("BTCUSDT", "sell", "0.1")
    assert desk.ledger() == [("deposit", "100000")]


@pytest.mark.parametrize(
    ("kind", "amount", "code"),
    [
        ("deposit", "10.001", "amount_digits"),
        ("deposit", "-10", "not_positive"),
        ("deposit", "0", "not_positive"),
        ("withdrawal", "10", "not_positive"),
        ("withdrawal", "-100000.01", "withdrawal"),
        ("adjustment", "0", "not_positive"),
    ],
)
def test_money_that_cannot_be_moved(kind: str, amount: str, code: str) -> None:
    desk = Desk()
    desk.money(kind, amount, refused=code)
    assert str(desk.book.balance) == "100000"


def test_all_that_is_available_can_be_withdrawn() -> None:
    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.1")
    desk.money("withdrawal", "-93574.91", refused="withdrawal", says="available is 93574.90 USD")
    desk.money("withdrawal", "-93574.90")
    assert str(desk.figures.available) == "0.00"
    desk.money("adjustment", "-1")
    assert str(desk.book.balance) == "6424.10"


def test_figures_do_not_depend_on_the_caller_s_decimal_context() -> None:
    import decimal

    desk = Desk()
    desk.place("BTCUSDT", "buy", "0.123")
    expected = desk.figures
    with decimal.localcontext(prec=3):
        assert margin.figures(desk.book, desk.market) == expected
        desk.place("BTCUSDT", "buy", "0.111")
    assert desk.average("BTCUSDT") == "64250.5"


def test_half_cents_go_to_the_even_cent() -> None:
    desk = Desk()
    desk.quote("BTCUSDT", "100.00", "100.50")
    for lots, loss in (("0.01", "0"), ("0.03", "-0.02"), ("0.05", "-0.02"), ("0.07", "-0.04")):
        balance = desk.book.balance
        desk.place("BTCUSDT", "buy", lots)
        desk.place("BTCUSDT", "sell", lots)
        assert desk.book.balance - balance == Decimal(loss)


def test_what_cannot_be_sold_short_never_is() -> None:
    desk = Desk()
    says = "AAPL cannot be sold short"
    desk.place("AAPL", "sell", "1", refused="short_not_allowed", says=says, state="rejected")
    desk.place("AAPL", "buy", "10")
    desk.place("AAPL", "sell", "11", refused="short_not_allowed")
    first, second = (desk.place("AAPL", "sell", lots, "Limit", price="240") for lots in ("7", "8"))
    desk.quote("AAPL", "240", "240.04")
    assert (desk.fills(first), desk.fills(second)) == ([("7", "240")], [("3", "240")])
    assert (desk.order(second).state, desk.order(second).reason) == ("cancelled", says)
    assert desk.held("AAPL") == "0"


def test_a_resting_buy_of_what_cannot_be_sold_short_fills() -> None:
    desk = Desk()
    order = desk.place("AAPL", "buy", "10", "Limit", price="220")
    desk.quote("AAPL", "219", "219.04")
    assert desk.fills(order) == [("10", "220")]
