"""Codes and passkeys as people send them. Whatever is sent, it is right, or it is refused and written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.trail import Act, record

# What the library raises for JSON that is no credential at all.
NO_CREDENTIAL = (TypeError, ValueError, KeyError, AttributeError, IndexError)


class CodeForm(AuthenticateForm):
    def clean_code(self) -> str:
        with recorded(Act.SIGN_IN_REFUSED, self.user):
            return str(super().clean_code())


class ConfirmingCodeForm(ReauthenticateForm):
    def clean_code(self) -> str:
        with recorded(Act.CONFIRMATION_REFUSED, self.user):
            return str(super().clean_code())


@contextmanager
def recorded(refusal: Act, user: User) -> Iterator[None]:
    try:
        yield
    except ValidationError:
        record(context.request, refusal, whose=user, details="wrong code")
        raise


class PasskeyForm(AuthenticateWebAuthnForm):
    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()
        except NO_CREDENTIAL as error:
            raise get_adapter().validation_error("incorrect_code") from error


class EnteringPasskeyForm(PasskeyForm, LoginWebAuthnForm):
    pass


class ConfirmingPasskeyForm(PasskeyForm, ReauthenticateWebAuthnForm):
    pass


class NewPasskeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].initial = True

    def clean(self) -> dict[str, Any]:
        try:
            return dict(super().clean())
        except NO_CREDENTIAL as error:
            raise get_adapter().validation_error("incorrect_code") from error
