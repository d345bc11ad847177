"""The first page of the admin: what happens, and what needs somebody's hand."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from batches import approval_pages
from batches.progress import why_files_wait
from couponadmin.times import local_date
from marketing import charts, figures, running
from redemption import guessers


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK. People who may not look at series get the list of pages."""
    if not request.user.has_perm("series.view_series"):
        return context
    now = timezone.now()
    today = local_date(now)
    days = figures.per_day(today=today)
    shown = {
        "cards": cards(figures.totals(today=today)),
        "as_of": figures.as_of(now=now),
        "chart": charts.bars(days),
        "chart_options": charts.OPTIONS,
        "chart_in_words": charts.in_words(days),
        "top_series": figures.top_series(today=today),
        "ending_soon": figures.ending_soon(today=today),
        "running_low": figures.running_low(today=today),
        "worker_trouble": why_files_wait(now=now),
        "approvals": approval_pages.waiting_for(request.user),
        "guessers": guessers.waiting_for(request.user, now=now),
        "zone": timezone.get_default_timezone_name(),
    }
    if request.user.has_perm("issuance.view_coupon"):
        shown |= running.shown(series_id=None, now=now)
    return context | {"home": shown, "title": "Home"}


def cards(totals: figures.Totals) -> list[tuple[str, str, str]]:
    """Name, figure and a note of each."""
    open_ended = " Percentages without a limit are not in it." if totals.open_ended else ""
    rate = "–" if totals.rate is None else f"{totals.rate:.1f}%"
    return [
        ("Issued", f"{totals.issued:,}", "coupons, ever"),
        ("Redeemed", f"{totals.redeemed:,}", "times, ever"),
        ("Redemption rate", rate, "redeemed of issued"),
        ("Live series", f"{totals.live:,}", "may issue today"),
        (
            "Outstanding value",
            f"{totals.outstanding:,.0f}",
            f"at most, if all open coupons of live series were redeemed.{open_ended}",
        ),
    ]
