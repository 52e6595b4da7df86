"""The trading account a person looks at: one of their own, remembered in their session."""

from __future__ import annotations

from accounts.models import TradingAccount
from accounts.signed_in import SignedInRequest

SESSION_KEY = "account"


def own_accounts(request: SignedInRequest) -> list[TradingAccount]:
    """The signed-in user's accounts, read once per request."""
    if not hasattr(request, "own_accounts"):
        request.own_accounts = list(request.user.trading_accounts.all()) if request.user.is_authenticated else []
    return request.own_accounts


def chosen_account(request: SignedInRequest) -> TradingAccount | None:
    """The account chosen last; the first one when that was never, or is theirs no more; None when they have none."""
    accounts = own_accounts(request)
    chosen = request.session.get(SESSION_KEY)
    return next((account for account in accounts if account.pk == chosen), accounts[0] if accounts else None)
