"""What the page of a series shows."""

from datetime import date, datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.formats import date_format
from django.utils.http import urlencode

from batches import approval_pages
from batches.approval_models import Approval
from batches.models import Kind
from batches.permissions import PERMISSIONS
from couponadmin.addresses import page_of
from marketing import charts, figures, running
from series.models import ClientHandling, ExpiryStrategy, Series
from series.readers import issued, redeemed
from series.status import remaining, status
from series.worth import benefit

DAY = "j M Y"
# What the discount code is by default.
NO_NAME = Series._meta.get_field("discount_code").default


class Link(NamedTuple):
    """A button: what it says, where it leads, and whether what it does is hard to undo."""

    label: str
    url: str
    grave: bool = False


def facts(series: Series, *, user: User, today: date, now: datetime) -> dict[str, Any]:
    """The page's context: figures, chart, terms in plain words, batches, buttons."""
    days = figures.per_day(today=today, series_id=series.pk)
    may_see = user.has_perm("issuance.view_coupon")
    batches = running.shown(series_id=series.pk, now=now) if may_see else {"batches": None}
    approvals = Approval.objects.filter(series_id=series.pk)
    return batches | {
        "approvals": approval_pages.shown(approvals, user),
        "status": status(series, today=today),
        "cards": cards(series),
        "terms": terms(series),
        "as_of": now,
        "chart": charts.bars(days),
        "chart_options": charts.OPTIONS,
        "chart_in_words": charts.in_words(days),
        "links": links(series, user),
        "file_url": next((link.url for link in uploads(series, user)), ""),
    }


def cards(series: Series) -> list[tuple[str, str, str]]:
    """Name, figure and a note of each."""
    left, out, back = remaining(series), issued(series), redeemed(series)
    uploaded = series.client_handling_type == ClientHandling.DISC_CODE_PIN
    return [
        ("Issued", f"{out:,}", f"of {series.max_create:,}" if series.max_create else "no limit"),
        ("Redeemed", f"{back:,}", "times"),
        ("Redemption rate", f"{100 * back / out:.1f}%" if out else "–", "redeemed of issued"),
        (
            "Left to issue",
            "no limit" if left is None else f"{left:,}",
            f"{series.num_uploaded_total:,} codes uploaded" if uploaded else "",
        ),
    ]


def terms(series: Series) -> list[tuple[str, str]]:
    """The main terms in plain words."""
    end = series.valid_till_date
    at_the_till = series.discount_code
    named = [] if at_the_till == NO_NAME else [("Discount at the till", at_the_till)]
    return [
        ("Benefit", benefit(series)),
        ("Codes", codes(series)),
        (
            "Series ends",
            date_format(end, DAY) if end else "never",
        ),
        ("A coupon is valid", validity(series)),
        ("For one customer", per_customer(series)),
        *named,
        ("Code of the series", series.series_code),
    ]


def codes(series: Series) -> str:
    shared = series.client_handling_type == ClientHandling.GENERIC
    return f"all customers share {series.generic_code}" if shared else kind(series)


def kind(series: Series) -> str:
    return series.get_client_handling_type_display()


def validity(series: Series) -> str:
    count = series.expiry_strategy_value
    match series.expiry_strategy_type:
        case ExpiryStrategy.DAYS:
            return f"{count} days from its issue"
        case ExpiryStrategy.MONTHS_END:
            return f"to the end of the month {count} months after its issue"
    return "to the end of the series"


def per_customer(series: Series) -> str:
    if not series.is_multiple_vouchers_per_user_allowed:
        return "one coupon"
    if series.max_vouchers_per_user is None:
        return "any number of coupons"
    return f"{series.max_vouchers_per_user:,} coupons at most"


def links(series: Series, user: User) -> list[Link]:
    """What this person may do with the series."""
    offered: list[Link] = []
    if user.has_perm("series.view_series"):
        may_change = user.has_perm("series.change_series")
        change = page_of("admin:series_series_change", series.pk)
        offered.append(Link("Edit" if may_change else "All terms", change))
    offered += uploads(series, user)
    if user.has_perm("issuance.view_coupon"):
        listing = page_of("admin:issuance_coupon_changelist")
        offered.append(Link("Coupons", f"{listing}?{urlencode({'series__id__exact': series.pk})}"))
        offered.append(Link("Download", page_of("series_download", series.pk)))
    if user.has_perm("series.change_series"):
        offered.append(Link("Extend", page_of("series_extend", series.pk)))
    if user.has_perm("series.add_series"):
        add = page_of("admin:series_series_add")
        offered.append(Link("Duplicate", f"{add}?{urlencode({'from': series.pk})}"))
    if user.has_perm("issuance.change_coupon"):
        offered.append(Link("Revoke unredeemed", page_of("series_revoke", series.pk), grave=True))
    return [link for link in offered if link.url]


def uploads(series: Series, user: User) -> list[Link]:
    """To the form of a batch, filled in for this series."""
    form = page_of("admin:batches_batch_add")
    if not form:
        return []
    names = {Kind.ISSUE: "Issue to a file of customers"}
    if series.client_handling_type == ClientHandling.DISC_CODE_PIN:
        names[Kind.CODES] = "Upload codes"
    if series.client_handling_type != ClientHandling.GENERIC:
        names[Kind.HOLDERS] = "Move coupons here"
    return [
        Link(name, f"{form}?{urlencode({'kind': kind, 'series': series.pk})}")
        for kind, name in names.items()
        if user.has_perms(PERMISSIONS[kind])
    ]
