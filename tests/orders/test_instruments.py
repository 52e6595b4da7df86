"""Finding the instrument that a message means."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from orders import instruments
from orders.engine.values import Instrument as Terms
from orders.engine.values import StrikeType, SymbolType
from orders.instruments import Selectors, catalogue, find_instrument
from orders.models import Instrument

pytestmark = pytest.mark.django_db


def listed(symbol: str, kind: str, **terms: object) -> Instrument:
    usual = {"lot_size": 1, "tick_size": "0.01", "min_lot": 1, "max_lot": 100, "lot_step": 1, "margin_rate": 1}
    return Instrument.objects.create(symbol=symbol, symbol_type=kind, currency="USD", **usual | terms)


@pytest.fixture(autouse=True)
def world(db: None) -> None:
    listed("BTCUSDT", "CRYPTO", aliases=["XBTUSD"], min_lot="0.0010", lot_size="100000.00")
    listed("EUR/USD", "FOREX", base_currency="EUR")
    listed("AAPL", "EQUITY", isin="US0378331005")
    listed("AAPL", "EQUITY_CFD")
    listed("SPY", "ETF", isin="US78462F1030")
    for month in ("2030-12-20", "2031-03-14", "2031-03-21"):
        listed("ES", "FUTURES", contract_month=month)
    listed("CL", "FUTURES_CFD", contract_month="2030-12-18")
    for strike, kind in (("250", "Call"), ("250", "Put"), ("260.5", "Call")):
        listed("AAPL", "OPTIONS", contract_month="2030-12-20", strike_price=strike, strike_type=kind)
    instruments.forget()


def found(symbol: str, **more: object) -> Terms:
    answer = find_instrument(Selectors(symbol, **more))
    assert isinstance(answer, Terms), answer
    return answer


def refused(symbol: str, **more: object) -> list[tuple[str, str]]:
    answer = find_instrument(Selectors(symbol, **more))
    assert isinstance(answer, list), answer
    return [(refusal.field, refusal.text) for refusal in answer]


@pytest.mark.parametrize(
    "spelling",
    ["BTCUSDT", "btcusdt", "XBTUSD", "xbtusd", "BINANCE:BTCUSDT", "BINANCE:BTCUSDT.P", "btcusdt.p", "BTC/USDT"],
)
def test_each_spelling_of_a_symbol_finds_it(spelling: str) -> None:
    assert found(spelling).symbol == "BTCUSDT"


@pytest.mark.parametrize("spelling", ["EUR/USD", "EURUSD", "eurusd", "FX:EURUSD", "OANDA:eur/usd"])
def test_a_pair_is_found_with_and_without_its_slash(spelling: str) -> None:
    assert found(spelling).symbol == "EUR/USD"


def test_terms_come_as_exact_decimals_without_padding() -> None:
    terms = found("BTCUSDT")
    assert (str(terms.min_lot), str(terms.lot_size), str(terms.tick_size)) == ("0.001", "100000", "0.01")


def test_an_unknown_symbol_names_the_nearest() -> None:
    [(field, text)] = refused("BTCUSDX")
    assert field == "symbol"
    assert "BTCUSDT" in text


@pytest.mark.parametrize("symbol", ["", ":", "ſPY", "BTC\u200bUSDT", "\x00", "x" * 5000, "🚀", ".P", "1!"])
def test_what_is_no_symbol_is_unknown(symbol: str) -> None:
    [(field, text)] = refused(symbol)
    assert field == "symbol"
    assert len(text) < 200


def test_a_symbol_of_several_types_asks_for_the_type_and_lists_them() -> None:
    [(field, text)] = refused("AAPL")
    assert field == "symbolType"
    assert all(kind in text for kind in ("EQUITY", "EQUITY_CFD", "OPTIONS"))
    assert found("NASDAQ:AAPL", symbol_type=SymbolType.EQUITY_CFD).symbol_type is SymbolType.EQUITY_CFD


def test_a_type_that_the_symbol_does_not_have_is_no_instrument() -> None:
    [(field, text)] = refused("SPY", symbol_type=SymbolType.FUTURES)
    assert field == "symbolType"
    assert "ETF" in text
    assert find_instrument(Selectors("SPY", SymbolType.FUTURES))[0].code == "symbol_unknown"


@pytest.mark.parametrize("text", ["2030-12-20", "20301220", "2030-12", "203012"])
def test_a_contract_is_found_by_its_date_or_its_month(text: str) -> None:
    assert found("ES", contract_month=text).contract_month == date(2030, 12, 20)


def test_a_month_with_two_contracts_names_both() -> None:
    [(field, text)] = refused("ES", contract_month="2031-03")
    assert field == "contractMonth"
    assert "2031-03-14" in text
    assert "2031-03-21" in text
    assert "2030" not in text


@pytest.mark.parametrize("text", ["2030-13", "Dec 2030", "2030-1", "20301", "2030-12-32", "２０３０-12", "0000-01"])
def test_a_month_that_is_none_says_how_to_write_one(text: str) -> None:
    [(field, words)] = refused("ES", contract_month=text)
    assert field == "contractMonth"
    assert "YYYY-MM" in words


def test_a_contract_that_does_not_exist_names_those_that_do() -> None:
    answer = find_instrument(Selectors("ES", contract_month="2029-06"))
    assert [(refusal.code, refusal.field) for refusal in answer] == [("symbol_unknown", "contractMonth")]
    assert "2030-12-20" in answer[0].text


def test_a_contract_wants_its_month_even_when_it_is_the_only_one() -> None:
    [(field, text)] = refused("CL")
    assert field == "contractMonth"
    assert "2030-12-18" in text
    assert isinstance(catalogue().find(Selectors("CL"), complete=False), Terms)


def test_a_continuous_contract_is_told_to_name_the_month() -> None:
    [(field, text)] = refused("CME_MINI:ES1!")
    assert field == "contractMonth"
    assert "continuous" in text
    assert found("ES1!", contract_month="2030-12").symbol == "ES"
    [(field, text)] = refused("MNQ1!")
    assert field == "symbol"
    assert "contractMonth" in text
    assert refused("SPY1!")[0][0] == "symbol"


def test_an_option_needs_its_month_strike_and_kind() -> None:
    missing = refused("AAPL", symbol_type=SymbolType.OPTIONS)
    assert [field for field, _ in missing] == ["contractMonth", "strikePrice", "strikeType"]
    option = found("AAPL", contract_month="2030-12", strike_price=Decimal("250.00"), strike_type=StrikeType.PUT)
    assert (option.strike_price, option.strike_type) == (Decimal(250), StrikeType.PUT)
    [(field, text)] = refused("AAPL", contract_month="2030-12", strike_price=Decimal(255), strike_type=StrikeType.PUT)
    assert field == "strikePrice"
    assert "250 or 260.5" in text


def test_an_isin_narrows_and_must_be_the_instruments() -> None:
    assert found("AAPL", isin="US0378331005").symbol_type is SymbolType.EQUITY
    answer = find_instrument(Selectors("SPY", isin="US0378331005"))
    assert [(refusal.code, refusal.field) for refusal in answer] == [("isin_mismatch", "isin")]


def test_selectors_that_mean_nothing_for_the_type_are_not_read() -> None:
    selectors = Selectors("BTCUSDT", contract_month="{{month}}", strike_type=StrikeType.CALL, strike_price=Decimal(1))
    instrument = find_instrument(selectors)
    assert isinstance(instrument, Terms)
    assert instruments.ignored_selectors(selectors, instrument) == ["contractMonth", "strikePrice", "strikeType"]


def test_a_change_of_terms_is_seen() -> None:
    before = catalogue()
    assert catalogue(max_age=0) is before
    Instrument.objects.filter(symbol="SPY").update(tick_size="0.05")
    assert catalogue(max_age=0).find(Selectors("SPY")).tick_size == Decimal("0.05")
    Instrument.objects.filter(symbol="SPY").delete()
    assert isinstance(catalogue(max_age=0).find(Selectors("SPY")), list)
