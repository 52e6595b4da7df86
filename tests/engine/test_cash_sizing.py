"""Orders sized by cash in account currency."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.engine.desk import Desk


@pytest.mark.parametrize(
    ("symbol", "cash", "fields", "qty"),
    [
        ("BTCUSDT", "1000", {}, "0.015"),  # 1000 / 64250.50 = 0.015564
        ("BTCUSDT", "1000", {"type": "Limit", "price": "50000"}, "0.02"),
        ("BTCUSDT", "1300", {"type": "Stop", "stopPrice": "65000"}, "0.02"),
        ("BTCUSDT", "1300", {"type": "Stop limit", "stopPrice": "64500", "price": "65000"}, "0.02"),
        ("BTCUSDT", "1299.99", {"type": "Stop limit", "stopPrice": "64500", "price": "65000"}, "0.019"),
        ("EUR/USD", "5000", {}, "0.04"),  # 5000 / 108010 = 0.046292
        ("UK100", "10416", {"type": "Limit", "price": "8201"}, "1"),  # one lot is 8201 x 1.27005 = 10415.68
        ("BTCUSDT", "1000", {"type": "Trailing stop", "trStopOffset": "100000"}, "0.015"),
        ("BTCUSDT", "1000", {"type": "Care"}, "0.015"),
    ],
)
def test_lots_are_what_the_cash_is_worth_rounded_down(symbol: str, cash: str, fields: dict[str, str], qty: str) -> None:
    desk = Desk()
    order = desk.place(symbol, "buy", None, cashOrderQty=cash, **fields)
    assert str(desk.order(order).qty.normalize()) == qty


def test_a_sale_is_sized_by_the_bid() -> None:
    desk = Desk()
    desk.quote("BTCUSDT", "100", "200")
    order = desk.place("BTCUSDT", "sell", None, cashOrderQty="100")
    assert str(desk.order(order).qty.normalize()) == "1"


def test_cash_in_euros_for_an_instrument_in_dollars() -> None:
    desk = Desk("50000", "EUR")
    desk.place("BTCUSDT", "buy", None, cashOrderQty="1000", filled="0.016")


def test_cash_decides_where_both_are_given() -> None:
    Desk().place("BTCUSDT", "buy", "5", cashOrderQty="1000", filled="0.015")


def test_too_little_cash_is_refused_with_the_cost_of_the_minimum() -> None:
    desk = Desk()
    says = ("1 lots cost 230.02 USD", "100 USD is less than the minimal lot costs")
    order = desk.place("AAPL", "buy", None, cashOrderQty="100", refused="cash_too_small", says=says, state="rejected")
    assert desk.order(order).qty == 0
    desk.place("AAPL", "buy", None, cashOrderQty="230.02", filled="1")


def test_too_much_cash_is_refused_with_the_maximum() -> None:
    Desk("1e9").place("BTCUSDT", "buy", None, cashOrderQty="6500000", refused="qty_maximum", says="at most 100 lots")


def test_without_a_price_there_is_nothing_to_size_by() -> None:
    Desk(quoted=False).place(
        "BTCUSDT", "buy", None, cashOrderQty="1000", refused="no_quote", says="to size the order by"
    )


@pytest.mark.parametrize("cash", ["0", "-1"])
def test_cash_is_more_than_nothing(cash: str) -> None:
    Desk().place("BTCUSDT", "buy", None, cashOrderQty=cash, refused="not_positive")


@pytest.mark.parametrize(
    ("cash", "rate", "price", "lots"),
    [("1499.6", "1.4475", "443.9", "4.89"), ("224.03", "1.84", "119.83", "3.44"), ("327", "1.023", "168.95", "1.98")],
)
def test_an_exact_number_of_lots_loses_none_to_an_inverted_rate(cash: str, rate: str, price: str, lots: str) -> None:
    """Euros that buy exactly so many lots in dollars: one over the rate has digits without end."""
    desk = Desk("50000", "EUR")
    desk.quote("EUR/USD", rate, rate)
    assert Decimal(cash) * Decimal(rate) == Decimal(lots) * Decimal(price)
    order = desk.place("BTCUSDT", "buy", None, "Limit", price=price, cashOrderQty=cash)
    assert desk.order(order).qty == Decimal(lots)
