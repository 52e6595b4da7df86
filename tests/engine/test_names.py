"""An order may carry its sender's own name, and be found by it."""

from __future__ import annotations

from decimal import Decimal

from orders.engine.commands import Cancel, Modify
from tests.engine.desk import Desk


def entry(desk: Desk, name: str = "entry", **fields: object) -> int:
    return desk.place("BTCUSDT", "buy", "0.1", "Limit", price="60000", client_order_id=name, **fields)


def test_modify_and_cancel_by_name() -> None:
    desk = Desk()
    order = entry(desk)
    desk.modify(None, client_order_id="entry", price="59000")
    assert desk.order(order).price == Decimal(59000)
    desk.cancel(client_order_id="entry")
    assert desk.order(order).state == "cancelled"


def test_a_name_belongs_to_one_open_order() -> None:
    desk = Desk()
    first = entry(desk)
    second = entry(
        desk, refused="client_order_id_taken", says=f'"entry" is open order {first} already', state="rejected"
    )
    desk.cancel(client_order_id="entry")
    assert desk.order(first).state == "cancelled"
    assert desk.order(second).client_order_id == ""
    desk.cancel(client_order_id="entry", refused="order_final", says=f"order {first} is cancelled")


def test_a_name_is_free_again_when_its_order_is_final() -> None:
    desk = Desk()
    desk.cancel(entry(desk))
    again = entry(desk, state="working")
    desk.cancel(client_order_id="entry")
    assert desk.order(again).state == "cancelled"


def test_the_latest_final_order_answers_for_its_name() -> None:
    desk = Desk()
    desk.cancel(entry(desk))
    rejected = desk.place("BTCUSDT", "buy", "9", client_order_id="entry", refused="margin")
    desk.cancel(client_order_id="entry", refused="order_final", says=f"order {rejected} is rejected")


def test_a_name_never_used() -> None:
    Desk().cancel(client_order_id="entry", refused="order_unknown", says='no order named "entry"')


def test_id_and_name_must_agree() -> None:
    desk = Desk()
    first, second = entry(desk), entry(desk, "other")
    desk.run(Cancel(first, "entry"))
    assert desk.order(first).state == "cancelled"
    desk.run(Cancel(second, "entry"), refused="order_ids_disagree", says=f'order {second} is not named "entry"')
    desk.run(Cancel(4711, "other"), refused="order_unknown")
    desk.run(Cancel(second, "never used"), refused="order_unknown")
    assert desk.order(second).state == "working"


def test_neither_id_nor_name() -> None:
    desk = Desk()
    desk.run(Cancel(), refused="required", says="orderId")
    desk.run(Modify(price=Decimal(1)), refused="required")
