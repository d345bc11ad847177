"""The page of a series: how it goes, and what can be done with all of its coupons."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from couponadmin.addresses import page_of
from couponadmin.errors import CouponError
from couponadmin.times import local_date
from issuance.asks import Answer, Ask, Purpose
from issuance.records import WITH_COUPONS
from issuance.services import issue
from marketing import levers, overview
from marketing.forms import ExtendForm, IssueForm, StepForm
from series.models import ExpiryStrategy, Series
from series.services import update_series
from series.values import DAY

NOTHING_TO_EXTEND = "This series has no last day, so it goes on anyway."
NO_LAST_DAY = "This series has no last day, so there is no day to extend its coupons to."


@require_GET
def overview_page(request: HttpRequest, series_id: int) -> HttpResponse:
    series = wanted(request, series_id, "series.view_series")
    return shown(request, series, IssueForm())


@require_POST
def issue_one(request: HttpRequest, series_id: int) -> HttpResponse:
    """Issue a coupon to one customer, exactly as the single call of the API does."""
    series = wanted(request, series_id, "issuance.add_coupon")
    form = IssueForm(request.POST)
    if not form.is_valid():
        return shown(request, series, form)
    customer = form.cleaned_data["customer"]
    ask = Ask(series.pk, customer.pk, may_resend=True)
    purpose = Purpose(user_id=request.user.pk, source="admin")
    [answer] = issue([ask], now=timezone.now(), purpose=purpose)
    messages.add_message(request, *said(answer, str(customer)))
    return redirect("series_overview", series.pk)


def said(answer: Answer, customer: str) -> tuple[int, str]:
    """What to tell whoever asked, and how gravely; the code leads to the page of the coupon."""
    if not answer.coupons:
        return messages.ERROR, answer.limit.message
    [coupon] = answer.coupons
    ends = date_format(timezone.localtime(coupon.expires_at), DAY) if coupon.expires_at else ""
    until = f", valid until {ends}" if ends else ""
    url = page_of("admin:issuance_coupon_change", coupon.id)
    code = format_html('<a class="underline" href="{}">{}</a>', url, coupon.code)
    if answer.resent:
        return messages.WARNING, format_html("{} holds one already: {}{}.", customer, code, until)
    return messages.SUCCESS, format_html("Issued to {}: {}{}.", customer, code, until)


@require_http_methods(["GET", "POST"])
def extend(request: HttpRequest, series_id: int) -> HttpResponse:
    """Move the end of the series, by the same service as the API, and of its coupons."""
    series = wanted(request, series_id, "series.change_series")
    if series.valid_till_date is None:
        messages.warning(request, NOTHING_TO_EXTEND)
        return redirect("series_overview", series.pk)
    form = extend_form(request, series)
    count, exact = levers.how_many(series)
    shown = {
        "form": form,
        "count": count,
        "count_text": f"{count:,}" if exact else f"{count:,} at most",
    }
    if request.method == "GET" or not form.is_valid():
        return page(request, "extend", series, **shown)
    day = form.cleaned_data["valid_till_date"]
    try:
        update_series(series.pk, {"valid_till_date": day}, now=timezone.now(), user=request.user)
    except CouponError as refusal:
        form.add_error("valid_till_date", refusal.message.removeprefix("validTillDate: "))
        return page(request, "extend", series, **shown)
    return extended(request, series, form, count)


def extend_form(request: HttpRequest, series: Series) -> ExtendForm:
    # Where coupons have a time of their own, a longer series is no reason to prolong them.
    first = {"coupons": series.expiry_strategy_type == ExpiryStrategy.SERIES_EXPIRY}
    days = {"now_ends": series.valid_till_date, "today": local_date(timezone.now())}
    return ExtendForm(request.POST or None, initial=first, **days)


def extended(request: HttpRequest, series: Series, form: ExtendForm, count: int) -> HttpResponse:
    """Say so, and begin with the coupons if they are meant."""
    day = date_format(form.cleaned_data["valid_till_date"], DAY)
    messages.success(request, f"The series now ends on {day}.")
    too = form.cleaned_data["coupons"] and request.user.has_perm("issuance.change_coupon")
    note(request.user, series, f"Extended to {day}{WITH_COUPONS if too else ''}.")
    if too:
        step = StepForm({"after": 0, "done": 0, "whole": count})
        return go_on(request, series, "extend_coupons", step)
    return redirect("series_overview", series.pk)


@require_POST
def extend_coupons(request: HttpRequest, series_id: int) -> HttpResponse:
    """Go on with coupons that shall be valid to the end of the series."""
    series = wanted(request, series_id, "issuance.change_coupon")
    if series.valid_till_date is None:
        messages.warning(request, NO_LAST_DAY)
        return redirect("series_overview", series.pk)
    return go_on(request, series, "extend_coupons", StepForm(request.POST))


@require_http_methods(["GET", "POST"])
def revoke_rest(request: HttpRequest, series_id: int) -> HttpResponse:
    """Ask, saying how many; then revoke what was not redeemed, in steps, or ask for approval."""
    series = wanted(request, series_id, "issuance.change_coupon")
    waits = levers.why_revoke(series)
    if request.method == "POST":
        form = StepForm(request.POST)
        return ask(request, series, waits) if waits else go_on(request, series, "revoke", form)
    count, exact = levers.how_many(series)
    text = f"{count:,}" if exact else f"up to {count:,}"
    return page(request, "revoke", series, count=count, count_text=text, waits=waits)


def ask(request: HttpRequest, series: Series, because: str) -> HttpResponse:
    """Nothing is revoked before a second person has approved it."""
    now, user_id = timezone.now(), request.user.pk
    try:
        sentence = levers.ask_to_revoke(series, because=because, user_id=user_id, now=now)
        messages.warning(request, sentence)
    except CouponError as refusal:
        messages.error(request, refusal.message)
    return redirect("series_overview", series.pk)


WORK = {
    "revoke": (levers.revoke_some, "Revoked"),
    "extend_coupons": (levers.extend_some, "Extended"),
}


def go_on(request: HttpRequest, series: Series, name: str, form: StepForm) -> HttpResponse:
    """Do some of the work; the page that follows asks for more until all is done."""
    if not form.is_valid():
        raise Http404
    work, verb = WORK[name]
    series.refresh_from_db()
    step = work(series, after=form.cleaned_data["after"], now=timezone.now())
    done = form.cleaned_data["done"] + step.changed
    if step.changed and name == "revoke":
        note(request.user, series, f"{verb}: {step.changed} unredeemed coupons.")
    if step.after is not None:
        far = {"step": step, "done": done, "whole": form.cleaned_data["whole"] or 0}
        return page(request, "more", series, verb=verb, deed=name, **far)
    messages.success(request, f"{verb}: {done:,} coupons.")
    return redirect("series_overview", series.pk)


def note(user: User, series: Series, sentence: str) -> None:
    LogEntry.objects.log_actions(user.pk, [series], CHANGE, sentence, single_object=True)


def wanted(request: HttpRequest, series_id: int, permission: str) -> Series:
    if not request.user.has_perm(permission):
        raise PermissionDenied
    series = Series.objects.with_counts().filter(pk=series_id).first()
    if series is None:
        raise Http404
    return series


def shown(request: HttpRequest, series: Series, form: IssueForm) -> HttpResponse:
    now = timezone.now()
    facts = overview.facts(series, user=request.user, today=local_date(now), now=now)
    return page(request, "overview", series, issue_form=form, **facts)


def page(request: HttpRequest, name: str, series: Series, **context: Any) -> HttpResponse:
    around = site.each_context(request) | {"title": series.description, "series": series}
    zone = timezone.get_default_timezone_name()
    template = f"admin/marketing/{name}.html"
    return TemplateResponse(request, template, around | {"zone": zone} | context)
