"""The keys of the signed-in user: made, listed, paused, rotated, limited, renewed, deleted."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from accounts.pages import private
from accounts.signed_in import SignedInRequest
from accounts.trail import Act, record
from webhooks.addresses import webhook_url
from webhooks.forms import ExpiryForm, KeyForm, LimitsForm, RotateForm
from webhooks.key_rows import key_row, terms_of
from webhooks.keys import (
    NameTakenError,
    create_key,
    delete_key,
    limit_key,
    pause_key,
    renew_key,
    resume_key,
    rotate_key,
)
from webhooks.models import WebhookKey
from webhooks.reauthentication import faults_of_proof, minutes_since_confirmed, ways_to_prove
from webhooks.traffic import Traffic, traffic_of
from webhooks.views.answers import dialog, done, fragment
from webhooks.views.page import form_context, keys_context, whole_page

NOT_REPEATED = ("csrfmiddlewaretoken", "password")


def own_key(request: SignedInRequest, key_id: int) -> WebhookKey:
    """The user's living key of that id; for anybody else's, or a deleted one: no such thing."""
    return get_object_or_404(WebhookKey.objects.undeleted().filter(user=request.user), pk=key_id)


# --- The table -----------------------------------------------------------------------------------------


@login_required
@require_safe
def table(request: SignedInRequest) -> HttpResponse:
    if not request.htmx:
        return redirect("webhooks:panel")
    return fragment(request, "webhook-keys", keys_context(request))


# --- A new key -----------------------------------------------------------------------------------------


@login_required
@require_POST
@transaction.atomic
@sensitive_variables("secret")
def create(request: SignedInRequest) -> HttpResponse:
    form = KeyForm(request.POST, user=request.user)
    if not form.is_valid():
        return form_again(request, form)
    if asked := question_first(request):
        return asked
    try:
        key, secret = create_key(request.user, form.cleaned_data["name"], expires_at=form.expires_at, **form.limits)
    except NameTakenError:
        form.add_error("name", f"You have a key “{form.cleaned_data['name']}”: choose another name.")
        return form_again(request, form)
    record(request, Act.KEY_CREATED, subject=key.name, details=terms_of(key))
    return credentials(request, key, secret, made="created")


def form_again(request: SignedInRequest, form: KeyForm) -> HttpResponse:
    """The form with what is wrong under each field."""
    if not request.htmx:
        return whole_page(request, form=form)
    context = form_context(request, form)
    response = private(HttpResponse(render_to_string("webhooks/fragments/key-form.html", context, request)))
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#key-form", "outerHTML"
    response.headers["HX-Trigger"] = "close-dialogs"
    return response


def question_first(request: SignedInRequest) -> HttpResponse | None:
    """The dialog that asks for the password or a code, or None when the user is known well enough to go on.

    The dialog posts what this request posted, and that proof, to the same address.
    """
    if minutes_since_confirmed(request) is not None:
        return None
    asked_already = "password" in request.POST
    faults = faults_of_proof(request) if asked_already else []
    if asked_already and not faults:
        return None
    pairs = [(name, value) for name, values in request.POST.lists() for value in values if name not in NOT_REPEATED]
    return dialog(request, "confirm", {"faults": faults, "repeated": pairs, **ways_to_prove(request)})


@sensitive_variables("secret")
def credentials(request: SignedInRequest, key: WebhookKey, secret: str, made: str) -> HttpResponse:
    """The one answer that carries the secret."""
    context: dict[str, Any] = {
        "row": key_row(key, Traffic(), timezone.now()),
        "secret": secret,
        "url": webhook_url(request, key.api_key, secret),
        "made": made,
        "masked_api_key": f"{key.api_key[:7]}{'•' * 18}",
        "masked_secret": f"ws_{'•' * 24}",
        "masked_url": webhook_url(request, f"{key.api_key[:7]}…", f"ws_{'•' * 8}"),
        **form_context(request, KeyForm(user=request.user)),
    }
    return dialog(request, "credentials", context, "webhook-keys")


# --- What a key's buttons do -----------------------------------------------------------------------------


@login_required
@require_POST
@transaction.atomic
def pause(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = own_key(request, key_id)
    pause_key(key)
    record(request, Act.KEY_PAUSED, subject=key.name)
    return done(request, f"{key.name} paused", "Requests are refused until you resume it.", "webhook-keys")


@login_required
@require_POST
@transaction.atomic
def resume(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = own_key(request, key_id)
    if asked := question_first(request):
        return asked
    resume_key(key)
    record(request, Act.KEY_RESUMED, subject=key.name)
    return done(request, f"{key.name} resumed", "It can send again.", "webhook-keys")


@login_required
@require_safe
def ask_delete(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = own_key(request, key_id)
    used = traffic_of([key.pk], timezone.now()).get(key.pk, Traffic())
    return dialog(request, "delete", {"key": key, "used": used})


@login_required
@require_POST
@transaction.atomic
def delete(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = own_key(request, key_id)
    delete_key(key)
    record(request, Act.KEY_DELETED, subject=key.name)
    return done(request, f"{key.name} deleted", "Whoever uses it is refused from now on.", "webhook-keys")


@login_required
@require_safe
def ask_rotate(request: SignedInRequest, key_id: int) -> HttpResponse:
    return dialog(request, "rotate", {"key": own_key(request, key_id), "form": RotateForm()})


@login_required
@require_POST
@transaction.atomic
@sensitive_variables("secret")
def rotate(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = own_key(request, key_id)
    form = RotateForm(request.POST)
    if not form.is_valid():
        return dialog(request, "rotate", {"key": key, "form": form})
    if asked := question_first(request):
        return asked
    secret = rotate_key(key, form.overlap_time)
    until = f"{key.previous_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if key.previous_until else "now"
    record(request, Act.KEY_ROTATED, subject=key.name, details=f"the secret before it works until {until}")
    return credentials(request, key, secret, made="rotated")


@login_required
@require_safe
def ask_limits(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = own_key(request, key_id)
    return dialog(request, "limits", {"key": key, "form": LimitsForm.filled_from(key)})


@login_required
@require_POST
@transaction.atomic
def limits(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = own_key(request, key_id)
    form = LimitsForm(request.POST, user=request.user)
    if not form.is_valid():
        return dialog(request, "limits", {"key": key, "form": form})
    if asked := question_first(request):
        return asked
    before = terms_of(key)
    limit_key(key, **form.limits)
    record(request, Act.KEY_LIMITED, subject=key.name, details=f"{terms_of(key)}; before: {before}")
    return done(request, f"Limits of {key.name} changed", "They hold from the next request on.", "webhook-keys")


@login_required
@require_safe
def ask_renew(request: SignedInRequest, key_id: int) -> HttpResponse:
    return dialog(request, "renew", {"key": own_key(request, key_id), "form": ExpiryForm(initial={"expires": "90"})})


@login_required
@require_POST
@transaction.atomic
def renew(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = own_key(request, key_id)
    form = ExpiryForm(request.POST)
    if not form.is_valid():
        return dialog(request, "renew", {"key": key, "form": form})
    if asked := question_first(request):
        return asked
    before = terms_of(key)
    renew_key(key, form.expires_at)
    record(request, Act.KEY_RENEWED, subject=key.name, details=f"{terms_of(key)}; before: {before}")
    return done(request, f"{key.name} renewed", "It works with the secret that it has.", "webhook-keys")
