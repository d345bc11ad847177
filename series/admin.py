"""Series in the admin: made and changed by the same services as over the API."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter
from unfold.decorators import action, display

from couponadmin.addresses import page_of
from couponadmin.errors import CouponError
from couponadmin.list_export import Column
from couponadmin.long_lists import PlainChangeList
from couponadmin.plain_admin import KeptAdmin, ReadOnlyAdmin
from couponadmin.times import local_date
from series import preview_views
from series.advice import warnings_at_the_form
from series.forms import COLUMNS, SeriesForm, in_words
from series.layout import FIELDSETS, RECORD
from series.models import Series, SeriesDay, SeriesQuerySet
from series.readers import issued, number, redeemed
from series.services import create_series, update_series
from series.status import COLORS, having, status
from series.versions import tell_changes
from series.worth import benefit

CHANGE_PAGE = "admin:series_series_change"


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name.capitalize()) for name in COLORS]

    def queryset(self, request: HttpRequest, queryset: SeriesQuerySet) -> SeriesQuerySet:
        today = local_date(timezone.now())
        return having(queryset, self.value() or "", today=today)


class SeriesChangeList(PlainChangeList):
    """Leads to the page of a series, from where its form is one click away."""

    def url_for_result(self, result: Series) -> str:
        return page_of("series_overview", result.pk) or super().url_for_result(result)


@admin.register(Series)
class SeriesAdmin(SimpleHistoryAdmin, KeptAdmin):
    form = SeriesForm
    list_display = [
        "description",
        "status",
        "id",
        "benefit",
        "kind",
        "ends",
        "issued_count",
        "redeemed_count",
        "rate",
    ]
    list_filter = [StatusFilter, "discount_type", "client_handling_type"]
    when_empty = "A series says what a coupon is worth. Make the first one; it takes a minute."
    export_columns = [
        Column("seriesId", lambda series: series.pk),
        Column("description", lambda series: series.description),
        Column("seriesCode", lambda series: series.series_code),
        Column("status", lambda series: status(series, today=local_date(timezone.now()))),
        Column("discountType", lambda series: series.discount_type),
        Column("discountValue", lambda series: number(series.discount_value)),
        Column("clientHandlingType", lambda series: series.client_handling_type),
        Column("validTillDate", lambda series: series.valid_till_date),
        Column("maxCreate", lambda series: series.max_create),
        Column("numIssued", issued),
        Column("numRedeemed", redeemed),
    ]
    search_fields = ["=id", "description", "series_code", "discount_code", "tag"]
    search_help_text = "An id, or a part of the description, series code, discount code or tag"
    object_history_template = "admin/series/series/object_history.html"
    object_history_list_template = "admin/series/series/object_history_list.html"
    object_history_form_template = "admin/series/series/object_history_form.html"
    fieldsets = FIELDSETS
    readonly_fields = RECORD
    actions_detail = ["overview", "duplicate"]

    class Media:
        css = {"all": ["admin/series.css", "admin/series_form.css"]}
        js = ["admin/series_form.js"]

    def get_urls(self) -> list[URLPattern]:
        protected = self.admin_site.admin_view
        return [
            path("preview/", protected(preview_views.preview), name="series_preview"),
            path("places/", protected(preview_views.places), name="series_places"),
            path("others/", protected(preview_views.others), name="series_others"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> SeriesQuerySet:
        return super().get_queryset(request).with_counts()

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[SeriesChangeList]:
        return SeriesChangeList

    def get_fieldsets(self, request: HttpRequest, obj: Series | None = None) -> list[Any]:
        """A series that is being made has no record yet."""
        return self.fieldsets if obj else self.fieldsets[:-1]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?from=<id>`: the members of that series, to make another one like it."""
        source = preview_views.existing(request.GET.get("from", ""))
        if source is None:
            return {}
        initial = {name: getattr(source, name) for name in COLUMNS.values()}
        name = f"Copy of {source.description}"[: Series._meta.get_field("description").max_length]
        fresh = {"series_code": "", "generic_code": "", "valid_till_date": None}
        return initial | fresh | {"description": name}

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Any, foreign_keys_are_objs: bool = True
    ) -> None:
        """In the words of the form, where the library shows what is stored."""
        tell_changes(historical_records)

    def history_view_title(self, request: HttpRequest, obj: Series) -> str:
        """The name of the series stands before it already."""
        return "History"

    @action(description="Overview", icon="monitoring")
    def overview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(page_of("series_overview", object_id) or page_of(CHANGE_PAGE, object_id))

    def has_duplicate_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(self.has_add_permission(request))

    @action(description="Duplicate", icon="content_copy", permissions=["duplicate"])
    def duplicate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(f"{page_of('admin:series_series_add')}?{urlencode({'from': object_id})}")

    def response_post_save_add(self, request: HttpRequest, obj: Series) -> HttpResponse:
        """To the page where its coupons are issued."""
        return redirect(page_of("series_overview", obj.pk) or page_of(CHANGE_PAGE, obj.pk))

    response_post_save_change = response_post_save_add

    def complaint(self, refusal: CouponError) -> tuple[str, str]:
        """At the field of the member that it names, if it names one."""
        member, _, sentence = refusal.message.partition(": ")
        column = COLUMNS.get(member, "")
        return column, sentence if column else in_words(refusal.message)

    def save_form(self, request: HttpRequest, form: SeriesForm, change: bool) -> Series:
        form.save(commit=False)
        now = timezone.now()
        if change:
            series = update_series(form.instance.pk, form.terms, now=now, user=request.user)
        else:
            series = create_series(form.terms, now=now, user=request.user)
        for sentence in warnings_at_the_form(series):
            self.message_user(request, in_words(sentence), messages.WARNING)
        return series

    def save_model(self, request: HttpRequest, obj: Series, form: SeriesForm, change: bool) -> None:
        """Nothing is left to do: `save_form` has stored the series."""

    @display(description="Status", label=COLORS)
    def status(self, series: Series) -> str:
        return status(series, today=local_date(timezone.now()))

    @display(description="Benefit", ordering="discount_value")
    def benefit(self, series: Series) -> str:
        return benefit(series)

    @display(description="Kind", ordering="client_handling_type", label=True)
    def kind(self, series: Series) -> str:
        return series.get_client_handling_type_display()

    @display(description="Ends", ordering="valid_till_date", empty_value="never")
    def ends(self, series: Series) -> Any:
        return series.valid_till_date

    @display(description="Issued", ordering="total_issued", empty_value="0")
    def issued_count(self, series: Series) -> str:
        cap = f" of {series.max_create:,}" if series.max_create is not None else ""
        return f"{issued(series):,}{cap}"

    @display(description="Redeemed", ordering="total_redeemed")
    def redeemed_count(self, series: Series) -> str:
        return f"{redeemed(series):,}"

    @display(description="Rate")
    def rate(self, series: Series) -> str:
        """Redeemed of issued; a coupon that works several times fills the bar and goes on."""
        if not issued(series):
            return "–"
        percent = 100 * redeemed(series) / issued(series)
        bar = '<progress class="series-rate" max="100" value="{}" aria-hidden="true"></progress> {}'
        return format_html(bar, f"{min(percent, 100):.1f}", f"{percent:.1f}%")


@admin.register(SeriesDay)
class SeriesDayAdmin(ReadOnlyAdmin):
    when_empty = "A day appears as soon as something is issued or redeemed on it."
    list_display = ["day", "series", "issued", "redeemed"]
    list_filter = [("series", AutocompleteSelectFilter), ("day", RangeDateFilter)]
    list_select_related = ["series"]
    export_columns = [
        Column("day", lambda row: row.day),
        Column("seriesId", lambda row: row.series_id),
        Column("series", lambda row: row.series.description),
        Column("issued", lambda row: row.issued),
        Column("redeemed", lambda row: row.redeemed),
    ]
    search_fields = ["=series__id", "series__description"]
    date_hierarchy = "day"
    ordering = ["-day", "series"]
