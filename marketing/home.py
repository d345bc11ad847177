"""The first page of the admin: what happens, and what needs somebody's hand."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from batches import approval_pages
from batches.progress import why_files_wait
from couponadmin.addresses import page_of
from couponadmin.times import local_date
from marketing import figures, overview, running
from marketing.cards import Card, card, rate
from redemption import guessers

COUPONS = "admin:issuance_coupon_changelist"
REDEMPTIONS = "admin:redemption_redemption_changelist"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK. People who may not look at series get the list of pages."""
    if not request.user.has_perm("series.view_series"):
        return context
    now = timezone.now()
    today = local_date(now)
    days = figures.per_day(today=today)
    shown = overview.chart(days) | {
        "cards": cards(figures.totals(today=today), request.user),
        "as_of": figures.as_of(now=now),
        "top_series": [
            row | {"rate": rate(row["redeemed_sum"], row["issued_sum"])}
            for row in figures.top_series(today=today)
        ],
        "ending_soon": figures.ending_soon(today=today),
        "running_low": figures.running_low(today=today),
        "worker_trouble": why_files_wait(now=now),
        "checked": running.checked(request.user),
        "code_box": page_of(COUPONS) if helps_customers(request.user) else "",
        "approvals": approval_pages.waiting_for(request.user),
        "guessers": guessers.waiting_for(request.user, now=now),
        "zone": timezone.get_default_timezone_name(),
    }
    if request.user.has_perm("issuance.view_coupon"):
        shown |= running.shown(series_id=None, now=now)
    return context | {"home": shown, "title": "Home"}


def helps_customers(user: User) -> bool:
    """Who is asked about one code after the other, and makes no series."""
    helps = user.has_perms(["issuance.view_coupon", "redemption.change_redemption"])
    return helps and not user.has_perm("series.add_series")


def cards(totals: figures.Totals, user: User) -> list[Card]:
    coupons = page_of(COUPONS) if user.has_perm("issuance.view_coupon") else ""
    redemptions = page_of(REDEMPTIONS) if user.has_perm("redemption.view_redemption") else ""
    open_ended = " Percentages without a limit are not in it." if totals.open_ended else ""
    live = f"{page_of('admin:series_series_changelist')}?status=live"
    worth = f"at most, if all open coupons of live series were redeemed.{open_ended}"
    return [
        card("Issued", totals.issued, "coupons, ever", coupons),
        card("Redeemed", totals.redeemed, "times, ever", redemptions),
        Card("Redemption rate", rate(totals.redeemed, totals.issued), "redeemed of issued"),
        card("Live series", totals.live, "may issue today", live),
        card("Outstanding value", totals.outstanding, worth, is_money=True),
    ]
