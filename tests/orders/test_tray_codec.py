"""A command survives the tray to the last digit."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orders.engine import commands as words
from orders.engine.commands import KEEP, Command
from orders.engine.values import Guard, OrderType, Quote, Side, StopLossType, TakeProfitType, Validity
from orders.tray_codec import CLASSES, decode, encode, kind_of

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**14), max_value=10**14)
ids = st.integers(1, 2**62)
times = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(tzinfo=UTC, fold=0))
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=64)
stops = st.builds(Guard, numbers, st.sampled_from(StopLossType))
profits = st.builds(Guard, numbers, st.sampled_from(TakeProfitType))
quotes = st.builds(Quote, ids, ids, numbers, numbers, times, times, st.none() | numbers, st.none() | numbers)


def kept(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.just(KEEP) | values


places = st.builds(
    words.Place,
    ids,
    ids,
    st.sampled_from(OrderType),
    st.sampled_from(Side),
    st.none() | numbers,
    st.none() | numbers,
    st.none() | numbers,
    validity=st.sampled_from(Validity),
    expire_at=st.none() | times,
    stop_loss=st.none() | stops,
    take_profit=st.none() | profits,
    stop_loss_id=st.none() | ids,
    client_order_id=texts,
    user_comment=texts,
)
modifications = st.builds(
    words.Modify,
    st.none() | ids,
    texts,
    kept(numbers),
    kept(numbers),
    kept(numbers),
    kept(st.sampled_from(Validity)),
    kept(times),
    kept(st.none() | numbers),
    kept(st.sampled_from([str(kind) for kind in StopLossType])),
    kept(st.none() | numbers),
    side=kept(st.sampled_from(Side)),
    type=kept(st.sampled_from(OrderType)),
)
others = st.one_of(
    st.builds(words.Cancel, st.none() | ids, texts),
    st.builds(words.SeeQuote, quotes),
    st.builds(words.Expire, ids),
    st.builds(words.DealerFill, ids, numbers, numbers),
    st.builds(words.DealerReject, ids, texts),
    st.builds(words.MoveMoney, st.sampled_from(["deposit", "withdrawal"]), numbers, texts),
    st.builds(words.Halt, st.booleans()),
    st.builds(words.SetRisk, st.lists(st.tuples(texts, numbers)).map(tuple)),
    st.builds(words.StopOut, ids),
)


@given(places | modifications | others)
def test_what_comes_out_is_what_went_in(command: Command) -> None:
    payload = json.loads(json.dumps(encode(command)))
    again = decode(kind_of(command), payload)
    assert again == command
    assert repr(again) == repr(command)  # 1.50 stays 1.50


def test_every_command_has_a_kind_that_fits_its_column() -> None:
    named = {cls for cls in vars(words).values() if isinstance(cls, type) and cls.__module__ == words.__name__}
    assert named - {words.Keep} == set(CLASSES.values())
    assert max(map(len, CLASSES)) <= 16


def test_absent_removed_and_changed_stay_apart() -> None:
    removed = words.Modify(order_id=1, stop_loss=None)
    assert encode(removed) == {"order_id": 1, "stop_loss": None}
    assert decode("modify", {"order_id": 1}).stop_loss is KEEP
    assert decode("modify", encode(removed)).stop_loss is None


def test_a_time_keeps_its_zone() -> None:
    at = datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC) + timedelta(microseconds=1)
    assert (
        decode("place", encode(words.Place(1, 2, OrderType.CARE, Side.BUY, Decimal(1), expire_at=at))).expire_at == at
    )
