"""Series in the admin: made and changed by the same services as over the API."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display

from couponadmin.admin import KeptAdmin, ReadOnlyAdmin
from couponadmin.times import local_date
from series.forms import SeriesForm
from series.models import (
    ClientHandling,
    DiscountType,
    ExpiryStrategy,
    Series,
    SeriesDay,
    SeriesQuerySet,
)
from series.readers import issued, number, redeemed
from series.services import create_series, update_series

FIELDSETS: dict[str, list[str]] = {
    "What it is": [
        "description",
        "info",
        "discount_code",
        "series_code",
        "tag",
        "terms_and_conditions",
        "custom_property_map",
    ],
    "Benefit": ["discount_type", "discount_value", "discount_upto", "discount_on"],
    "Codes": [
        "client_handling_type",
        "generic_code",
        "alpha_numeric",
        "random_code_length",
        "short_code_length",
        "coupon_prefix",
        "is_prefix_enabled",
        "coupon_suffix",
        "is_suffix_enabled",
    ],
    "Validity": ["valid_till_date", "expiry_strategy_type", "expiry_strategy_value"],
    "Issuing": [
        "max_create",
        "is_multiple_vouchers_per_user_allowed",
        "max_vouchers_per_user",
        "min_days_between_vouchers",
        "do_not_resend_existing_voucher",
        "mutual_exclusive_series_ids",
    ],
    "Redemption": [
        "any_user",
        "is_multiple_use_allowed",
        "same_user_multiple_redeem",
        "redemption_per_coupon_max_limit",
        "max_redeem",
        "max_redemptions_in_series_per_user",
        "min_days_between_redemption",
        "redemption_valid_from",
        "redemption_valid_after_days",
        "redemption_range",
        "min_bill_amount",
        "max_bill_amount",
        "product_info",
        "redemption_org_entity_details",
        "is_valid_with_discounted_item",
        "is_referral_existing_users_allowed",
        "valid_max_user_transaction_limit",
        "valid_user_registration_start_time",
        "valid_user_registration_end_time",
    ],
    "Message": ["sms_template", "short_sms_template", "is_sms_disabled", "resend_message_enabled"],
}
RECORD = [
    "issued_count",
    "redeemed_count",
    "num_uploaded_total",
    "latest_issued_at",
    "latest_redeemed_at",
    "created_at",
    "changed_at",
    "created_by_client",
    "created_by_user",
]


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), ("expired", "Expired")]

    def queryset(self, request: HttpRequest, queryset: SeriesQuerySet) -> SeriesQuerySet:
        today = local_date(timezone.now())
        if self.value() == "active":
            return queryset.active(today=today)
        return queryset.expired(today=today) if self.value() == "expired" else queryset


@admin.register(Series)
class SeriesAdmin(SimpleHistoryAdmin, KeptAdmin):
    form = SeriesForm
    list_display = [
        "description",
        "id",
        "benefit",
        "kind",
        "ends",
        "issued_count",
        "redeemed_count",
    ]
    list_filter = [StatusFilter, "discount_type", "client_handling_type"]
    search_fields = ["=id", "description", "series_code", "discount_code", "tag"]
    search_help_text = "An id, or a part of the description, series code, discount code or tag"
    history_list_display = ["history_change_reason"]
    fieldsets = [
        *((name, {"fields": columns}) for name, columns in FIELDSETS.items()),
        ("Record", {"fields": RECORD}),
    ]
    readonly_fields = RECORD
    conditional_fields = {
        "generic_code": f"client_handling_type == '{ClientHandling.GENERIC}'",
        "expiry_strategy_value": f"expiry_strategy_type != '{ExpiryStrategy.SERIES_EXPIRY}'",
    }

    def get_queryset(self, request: HttpRequest) -> SeriesQuerySet:
        return super().get_queryset(request).with_counts()

    def get_fieldsets(self, request: HttpRequest, obj: Series | None = None) -> list[Any]:
        """A series that is being made has no record yet."""
        return self.fieldsets if obj else self.fieldsets[:-1]

    def save_form(self, request: HttpRequest, form: SeriesForm, change: bool) -> Series:
        form.save(commit=False)
        now = timezone.now()
        if change:
            return update_series(form.instance.pk, form.terms, now=now, user=request.user)
        return create_series(form.terms, now=now, user=request.user)

    def save_model(self, request: HttpRequest, obj: Series, form: SeriesForm, change: bool) -> None:
        """Nothing is left to do: `save_form` has stored the series."""

    @display(description="Benefit", ordering="discount_value")
    def benefit(self, series: Series) -> str:
        percentage = series.discount_type == DiscountType.PERC
        return f"{number(series.discount_value):,}{'%' if percentage else ''} off"

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


@admin.register(SeriesDay)
class SeriesDayAdmin(ReadOnlyAdmin):
    list_display = ["day", "series", "issued", "redeemed"]
    list_select_related = ["series"]
    search_fields = ["=series__id", "series__description"]
    date_hierarchy = "day"
    ordering = ["-day", "series"]
