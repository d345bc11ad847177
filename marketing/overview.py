"""What the page of a series shows."""

from datetime import date, datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.http import urlencode

from batches import approval_pages
from batches.approval_models import Approval
from batches.exports import formats
from batches.models import Kind
from batches.permissions import PERMISSIONS
from couponadmin.addresses import page_of
from marketing import charts, figures, running
from marketing.cards import Card, card, rate
from series.models import ClientHandling, Series
from series.previews import code_such_as, messages_of
from series.readers import issued, redeemed
from series.status import COLORS, ENDED, NO_CODES, WAITING, remaining, status
from series.terms import terms
from series.values import names_of

ISSUE = "issuance.add_coupon"


class Link(NamedTuple):
    """A button: what it says, and where it leads."""

    label: str
    url: str


class Deeds(NamedTuple):
    """What this person may do with the series: what comes next, what is done often, the rest, and
    what nothing brings back.
    """

    first: Link | None
    often: list[Link]
    more: list[Link]
    grave: list[Link]


def facts(series: Series, *, user: User, today: date, now: datetime) -> dict[str, Any]:
    """The page's context: figures, chart, terms in plain words, batches, buttons."""
    days = figures.per_day_of(series, today=today)
    may_see = user.has_perm("issuance.view_coupon")
    batches = running.shown(series_id=series.pk, now=now) if may_see else {"batches": None}
    now_is = status(series, today=today)
    return (
        batches
        | chart(days)
        | {
            "approvals": waiting(series, user),
            "status": now_is,
            "status_color": COLORS[now_is],
            "cards": cards(series),
            "terms": terms(series, names_of([series])),
            "texts": messages_of(series, code_such_as(series), user, today=today),
            "as_of": now,
            "deeds": deeds(series, user, now_is),
            "file_url": getattr(uploads(series, user).get(Kind.ISSUE), "url", ""),
        }
    )


def waiting(series: Series, user: User) -> Any:
    return approval_pages.shown(Approval.objects.filter(series_id=series.pk), user)


def chart(days: list[figures.Day]) -> dict[str, Any]:
    """Of days on which something happened; an empty grid says nothing."""
    happened = any(day.issued or day.redeemed for day in days)
    return {
        "chart": charts.bars(days) if happened else "",
        "chart_options": charts.OPTIONS,
        "chart_in_words": charts.in_words(days),
    }


def cards(series: Series) -> list[Card]:
    left, out, back = remaining(series), issued(series), redeemed(series)
    discount, sales = figures.money_of(series)
    uploaded = series.client_handling_type == ClientHandling.DISC_CODE_PIN
    note = f"{series.num_uploaded_total:,} codes uploaded" if uploaded else ""
    cap = "no limit" if series.max_create is None else f"of {series.max_create:,}"
    return [
        card("Issued", out, cap),
        card("Redeemed", back, "times"),
        Card("Redemption rate", rate(back, out), "redeemed of issued"),
        Card("Left to issue", "no limit", note)
        if left is None
        else card("Left to issue", left, note),
        card("Discount given", discount, "off the bills", is_money=True),
        card("Sales with it", sales, "bills before the discount", is_money=True),
    ]


def deeds(series: Series, user: User, now_is: str) -> Deeds:
    """By what the series needs: codes, another last day, or somebody to give coupons to."""
    files = uploads(series, user)
    may_change = user.has_perm("series.change_series")
    extend = [Link("Extend", page_of("series_extend", series.pk))] if may_change else []
    issue = [Link("Issue coupons", "#series-issue")] if user.has_perm(ISSUE) else []
    codes = [files[Kind.CODES]] if Kind.CODES in files else []
    wanted = {WAITING: codes, NO_CODES: codes, ENDED: extend}.get(now_is, issue)
    rest = [*looks(series, user), *extend, *copies(series, user), *files.values()]
    return Deeds(
        first=next(iter(wanted), None),
        often=often(series, user),
        more=[link for link in rest if link.url and link not in wanted],
        grave=revocation(series, user),
    )


def often(series: Series, user: User) -> list[Link]:
    label = "Edit" if user.has_perm("series.change_series") else "All terms"
    links = [Link(label, page_of("admin:series_series_change", series.pk))]
    if user.has_perm("issuance.view_coupon"):
        links.append(Link("Download", page_of("series_download", series.pk)))
    return [link for link in links if link.url]


def looks(series: Series, user: User) -> list[Link]:
    """At what belongs to it."""
    links = [Link("History", page_of("admin:series_series_history", series.pk))]
    if user.has_perm("issuance.view_coupon"):
        query = urlencode({"series__id__exact": series.pk})
        listing = page_of("admin:issuance_coupon_changelist")
        links.insert(0, Link("List of its coupons", f"{listing}?{query}"))
        if "xlsx" in formats(issued(series)):
            book = f"{page_of('series_download', series.pk)}?format=xlsx"
            links.append(Link("Download as Excel file", book))
    return links


def copies(series: Series, user: User) -> list[Link]:
    if not user.has_perm("series.add_series"):
        return []
    query = urlencode({"from": series.pk})
    return [Link("Duplicate", f"{page_of('admin:series_series_add')}?{query}")]


def revocation(series: Series, user: User) -> list[Link]:
    if not user.has_perm("issuance.change_coupon"):
        return []
    return [Link("Revoke unredeemed", page_of("series_revoke", series.pk))]


def uploads(series: Series, user: User) -> dict[str, Link]:
    """To the form of a batch, filled in for this series, by the kind of the batch."""
    form = page_of("admin:batches_batch_add")
    if not form:
        return {}
    names: dict[str, str] = {Kind.ISSUE: "Issue to a file of customers"}
    if series.client_handling_type == ClientHandling.DISC_CODE_PIN:
        names[Kind.CODES] = "Upload codes"
    if series.client_handling_type != ClientHandling.GENERIC:
        names[Kind.HOLDERS] = "Move coupons here"
    return {
        kind: Link(name, f"{form}?{urlencode({'kind': kind, 'series': series.pk})}")
        for kind, name in names.items()
        if user.has_perms(PERMISSIONS[kind])
    }
