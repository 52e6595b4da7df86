"""Security: what guards an account, where it is signed in, and what was done to its access."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import AuditEntry, User
from accounts.pages import private
from accounts.signed_in import SignedInRequest
from accounts.trail import KEY_ACTS

ENTRIES = 12
ENTRIES_OF_A_PAGE = 100
# The first that fits: Edge and Opera also call themselves Chrome, and Chrome calls itself Safari.
BROWSERS = {"Firefox/": "Firefox", "Edg/": "Edge", "OPR/": "Opera", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone|iPad": "iOS", "Windows": "Windows", "Mac OS": "macOS", "Linux": "Linux"}


@login_required
@require_safe
def security(request: SignedInRequest) -> HttpResponse:
    entries = AuditEntry.objects.filter(user=request.user).select_related("by")
    context = factors_of(request.user) | {
        "passkeys_work": passkeys_work(request),
        "sessions": sessions_of(request.user),
        "key_history": entries.filter(act__in=KEY_ACTS)[:ENTRIES],
        "history": entries.exclude(act__in=KEY_ACTS)[:ENTRIES],
    }
    return private(render(request, "accounts/security.html", context))


@login_required
@require_safe
def history(request: SignedInRequest) -> HttpResponse:
    """The whole audit trail of the user, a page at a time, newest first."""
    entries = AuditEntry.objects.filter(user=request.user).select_related("by")
    before = request.GET.get("before", "")
    if re.fullmatch(r"[0-9]{1,18}", before):
        entries = entries.filter(pk__lt=int(before))
    found = list(entries[: ENTRIES_OF_A_PAGE + 1])
    page = found[:ENTRIES_OF_A_PAGE]
    context = {"history": page, "older": page[-1].pk if len(found) > len(page) else None}
    return private(render(request, "accounts/history.html", context))


def factors_of(user: User) -> dict[str, Any]:
    """What the user has set up, by its kind."""
    mine = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    codes = next((one.wrap() for one in mine if one.type == Authenticator.Type.RECOVERY_CODES), None)
    return {
        "totp": next((one for one in mine if one.type == Authenticator.Type.TOTP), None),
        "passkeys": [one for one in mine if one.type == Authenticator.Type.WEBAUTHN],
        "codes": codes,
        "codes_left": len(codes.get_unused_codes()) if codes else 0,
        "has_second_factor": any(one.type != Authenticator.Type.RECOVERY_CODES for one in mine),
    }


def passkeys_work(request: SignedInRequest) -> bool:
    """Browsers bind a passkey to a name, over HTTPS; at home `localhost` will do, a bare address never does."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() or host == "localhost" or settings.DEBUG
    return False


def sessions_of(user: User) -> list[dict[str, Any]]:
    """Living sessions, the present one first, then the newest."""
    living = sorted(UserSession.objects.purge_and_list(user), key=lambda one: one.created_at, reverse=True)
    rows = [{"session": one, "browser": browser_of(one.user_agent), "is_current": one.is_current()} for one in living]
    return sorted(rows, key=lambda row: not row["is_current"])


def browser_of(user_agent: str) -> str:
    """ "Chrome on Linux", as far as its own words can be trusted."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if re.search(mark, user_agent)), "")
    return " on ".join(filter(None, (browser, system))) or user_agent[:40] or "unknown program"


@login_required
@require_POST
def end_session(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Signs one browser out: another one, or this."""
    session = get_object_or_404(UserSession, pk=session_id, user=request.user)
    if session.is_current():
        return redirect("account_logout")
    get_adapter().end_sessions([session])
    messages.success(request, f"{browser_of(session.user_agent)} is signed out.")
    return redirect("accounts:security")


@login_required
@require_POST
def end_others(request: SignedInRequest) -> HttpResponse:
    others = [one for one in UserSession.objects.filter(user=request.user) if not one.is_current()]
    get_adapter().end_sessions(others)
    messages.success(request, f"Signed out everywhere else: {len(others)} session{'' if len(others) == 1 else 's'}.")
    return redirect("accounts:security")
