"""The panels that show the books."""

from django.urls import path

from orders.views import (
    accounts,
    changing,
    closing,
    desk,
    lists,
    market,
    order,
    positions,
    surroundings,
    ticket,
)

app_name = "orders"
urlpatterns = [
    path("desk/", desk.desk, name="desk"),
    path("desk/bars/<int:instrument_id>/", desk.bars, name="bars"),
    path("desk/watchlist/", desk.watchlist, name="watchlist"),
    path("desk/ticket/<int:account_id>/<int:instrument_id>/", ticket.place, name="ticket"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("positions/", positions.positions, name="positions"),
    path("orders/", lists.working, name="working"),
    path("orders/filled/", lists.filled, name="filled"),
    path("orders/history/", lists.history, name="history"),
    path("orders/<int:order_id>/", order.order, name="order"),
    path("orders/<int:order_id>/cancel/", order.cancel, name="cancel"),
    path("orders/<int:order_id>/modify/", changing.modify, name="modify"),
    path("orders/cancel-all/<int:account_id>/", changing.cancel_all, name="cancel-all"),
    path("positions/<int:position_id>/close/", closing.close, name="close"),
    path("positions/<int:position_id>/reverse/", closing.reverse, name="reverse"),
    path("positions/<int:position_id>/protect/", closing.protect, name="protect"),
    path("positions/close-all/<int:account_id>/", closing.close_all, name="close-all"),
    path("accounts/equity/", accounts.equity, name="equity"),
    path("accounts/ledger/", lists.ledger, name="ledger"),
    path("events/", lists.events, name="events"),
    path("instruments/", market.instruments, name="instruments"),
    path("find/", market.find, name="find"),
    path("surroundings/", surroundings.surroundings, name="surroundings"),
]
