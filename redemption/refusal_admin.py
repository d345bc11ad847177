"""Refusals in the admin: what tills would not take, and why."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from unfold.contrib.filters.admin import DropdownFilter

from couponadmin.list_export import Column
from redemption.by_code_admin import STORE, ByCodeAdmin
from redemption.coupon_admin import names_by_id
from redemption.filters import NewestAtPlace, NewestInTime, NewestOfSeries, among_newest
from redemption.models import Refusal
from redemption.refusals import SENTENCES, reasons_told
from redemption.words import line, places_in

# What the bars above the list count.
COUNTED = 5_000
# The numbers that a till may be told; `redemption.checks` has the order.
NUMBERS = (702, 660, 701, 703, 713, 712, 711, 747, 736, 728, 739, 729, 733, 735, 738, 710)
REASON = "reason"


class Share(NamedTuple):
    """How often a reason was the one that decided."""

    number: int
    sentence: str
    count: int
    percent: int


class ReasonFilter(DropdownFilter):
    title = "reason"
    parameter_name = REASON

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(str(number), SENTENCES[number]) for number in NUMBERS]

    def queryset(self, request: HttpRequest, refusals: QuerySet[Refusal]) -> QuerySet[Refusal]:
        if self.value() not in map(str, NUMBERS):
            return refusals
        return among_newest(refusals).filter(reasons__contains=[int(self.value())])


class RefusalAdmin(ByCodeAdmin):
    list_before_template = "admin/redemption/refusal/reasons.html"
    when_empty = "When a till refuses a coupon, it stands here with every reason."
    list_filter = [
        ReasonFilter,
        ("series", NewestOfSeries),
        ("at", NewestInTime),
        ("till", NewestAtPlace),
    ]
    export_columns = [
        Column("at", lambda one: one.at),
        Column("couponCode", lambda one: one.coupon and one.coupon.code),
        Column("seriesId", lambda one: one.series_id),
        Column("customerId", lambda one: one.customer_id),
        Column("till", lambda one: one.till and one.till.code),
        Column("reasons", lambda one: sentences(one)),
        STORE,
    ]
    list_display = ["at", "code", "series", "customer", "where", "client", "why"]
    list_select_related = ["coupon", "series", "customer", "client", "till__parent"]
    exclude = ["code_hash", "reasons", "told"]
    readonly_fields = ["in_full"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        told = {"shares": shares(), "counted": COUNTED}
        response = super().changelist_view(request, told | (extra_context or {}))
        if isinstance(response, TemplateResponse):
            name_places(response.context_data["cl"].result_list)
        return response

    @admin.display(description="code", empty_value="nobody's code")
    def code(self, refusal: Refusal) -> str | None:
        return refusal.coupon and refusal.coupon.code

    @admin.display(description="reasons")
    def why(self, refusal: Refusal) -> str:
        lines = (
            f"{told['code']} {line(told, refusal.place_names)}" for told in reasons_told(refusal)
        )
        return "; ".join(lines)

    @admin.display(description="reasons")
    def in_full(self, refusal: Refusal) -> str:
        told = reasons_told(refusal)
        names = names_by_id(places_in(told))
        lines = ((each["code"], line(each, names)) for each in told)
        return format_html_join("", "<p>{} {}</p>", lines)


def name_places(refusals: Iterable[Refusal]) -> None:
    """With one statement for all, `place_names`: the places that the reasons of each speak of."""
    rows = list(refusals)
    names = names_by_id(places_in(told for row in rows for told in reasons_told(row)))
    for row in rows:
        row.place_names = names


def sentences(refusal: Refusal) -> str:
    return "; ".join(f"{told['code']} {told['message']}" for told in reasons_told(refusal))


def shares() -> list[Share]:
    """The deciding reasons of the newest refusals, the most frequent first."""
    newest = Refusal.objects.order_by("-pk").values_list("reasons", flat=True)[:COUNTED]
    counts = Counter(reasons[0] for reasons in newest if reasons)
    total = counts.total()
    return [
        Share(number, SENTENCES.get(number, ""), count, round(100 * count / total))
        for number, count in counts.most_common()
    ]
