"""The page on which people turn their second factor on and off."""

from base64 import b32encode
from binascii import unhexlify
from typing import Any

import segno
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django_otp.util import random_hex

from couponadmin import second_factor
from couponadmin.errors import CouponError
from couponadmin.signin import CodeField, CodeForm

KEY = "second_factor_key"


class FirstCodeForm(forms.Form):
    """Takes the first code of a key that is not in use yet; the service verifies it."""

    otp_token = CodeField(help_text="The six digits that the app shows.")


def page(request: HttpRequest) -> HttpResponse:
    return change(request) if second_factor.is_on(request.user) else enrol(request)


def enrol(request: HttpRequest) -> HttpResponse:
    """Shows a key; the key is stored when a code proves that somebody's app has it."""
    key = request.session.setdefault(KEY, random_hex())
    form = FirstCodeForm(request.POST or None)
    if not form.is_valid():
        return show_key(request, form, key)
    code = form.cleaned_data["otp_token"]
    try:
        codes = second_factor.turn_on(request.user, key=key, code=code, now=timezone.now())
    except CouponError as refusal:
        return show_key(request, form, key, error=refusal.message)
    del request.session[KEY]
    note(request, "Turned the second factor on.")
    return show(request, form=CodeForm(user=request.user), codes=codes)


def change(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST or None, user=request.user)
    if not form.is_valid():
        return show(request, form=form)
    if request.POST.get("change") == "off":
        second_factor.turn_off(request.user)
        note(request, "Turned the second factor off.")
        messages.success(request, "The second factor is off.")
        return HttpResponseRedirect(request.path)
    codes = second_factor.renew_recovery_codes(request.user)
    note(request, "Made new recovery codes.")
    return show(request, form=CodeForm(user=request.user), codes=codes)


def show_key(request: HttpRequest, form: FirstCodeForm, key: str, error: str = "") -> HttpResponse:
    code = segno.make(second_factor.address(request.user, key))
    picture = code.svg_data_uri(scale=4, light="#fff")
    typed = b32encode(unhexlify(key)).decode()
    return show(request, form=form, error=error, key=typed, picture=picture)


def show(request: HttpRequest, **context: Any) -> TemplateResponse:
    context |= admin.site.each_context(request) | {
        "title": "Second factor",
        "is_on": second_factor.is_on(request.user),
        "codes_left": second_factor.recovery_codes_left(request.user),
    }
    return TemplateResponse(request, "admin/login_second_factor.html", context)


def note(request: HttpRequest, sentence: str) -> None:
    LogEntry.objects.log_actions(request.user.pk, [request.user], CHANGE, sentence)
