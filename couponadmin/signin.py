"""How people sign in to the admin: password, code of the second factor, and the lock-out.

The API has authenticators of its own; nothing here is about them.
"""

from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from axes.backends import AxesStandaloneBackend
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_otp.forms import OTPAuthenticationFormMixin
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from couponadmin import second_factor


class CodeField(forms.CharField):
    """Six digits from the app, or a recovery code, as people type them."""

    def __init__(self, **options: Any) -> None:
        attributes = {"autocomplete": "one-time-code", "spellcheck": "false"}
        widget = UnfoldAdminTextInputWidget(attributes)
        super().__init__(label="Code", max_length=50, widget=widget, **options)

    def clean(self, value: Any) -> str:
        return second_factor.tidy(super().clean(value))


class WithCode(OTPAuthenticationFormMixin):
    """A form that verifies a code in its field `otp_token`."""

    otp_error_messages = OTPAuthenticationFormMixin.otp_error_messages | {
        "token_required": "Enter the code from your authenticator app, too.",
        "device_required": "That code is wrong.",
        "invalid_token": "That code is wrong.",
    }

    def _chosen_device(self, user: User) -> Any:
        return second_factor.device_for(user, self.cleaned_data.get("otp_token", ""))


class SignInForm(WithCode, AuthenticationForm):
    """Asks for the code when the password was right and the account has a second factor."""

    otp_token = CodeField(required=False, help_text="From your app, or one of the recovery codes.")
    asks_for_code = False

    def clean_username(self) -> str:
        """Django limits only what browsers send, and failures are written down by name."""
        name = self.cleaned_data["username"]
        if len(name) > self.username_field.max_length:
            raise self.get_invalid_login_error()
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        user: AbstractBaseUser | None = self.get_user()
        if user is not None and second_factor.is_on(user):
            self.clean_otp(user)
        return data

    def _update_form(self, user: User) -> None:
        super()._update_form(user)
        self.asks_for_code = True
        self.fields["username"].widget.attrs.pop("autofocus")
        self.fields["otp_token"].widget.attrs["autofocus"] = ""


class CodeForm(WithCode, forms.Form):
    """Asks somebody who is signed in for a code before the second factor is changed."""

    otp_token = CodeField()

    def __init__(self, *arguments: Any, user: User, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.user = user

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.clean_otp(self.user)
        return data


class LockOut(AxesStandaloneBackend):
    """Axes' own, but for programs that check a password where no request is: nobody signs in."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        if request is not None:
            super().authenticate(request, **credentials)


def locked_out(
    request: HttpRequest, original: HttpResponse, credentials: dict[str, Any] | None
) -> HttpResponse:
    """The answer to one who failed too often (AXES_LOCKOUT_CALLABLE)."""
    wait: timedelta = settings.AXES_COOLOFF_TIME
    minutes = int(wait.total_seconds() // 60)
    context = admin.site.each_context(request) | {"title": "Too many tries", "minutes": minutes}
    response = render(request, "admin/login_locked.html", context, status=429)
    response["Retry-After"] = str(int(wait.total_seconds()))
    return response


def client_ip(request: HttpRequest) -> str | None:
    """Where a sign-in comes from: what the outermost of our proxies saw (PROXY_COUNT)."""
    direct = request.META.get("REMOTE_ADDR") or None
    # Addresses further left are what the caller claims.
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")[-settings.PROXY_COUNT :]
    if len(forwarded) < settings.PROXY_COUNT or not settings.PROXY_COUNT:
        return direct
    try:
        return str(ip_address(forwarded[0].strip()))
    except ValueError:
        return direct
