"""Redemptions in the admin, to be looked at: what was redeemed, held and refused."""

from collections.abc import Iterable, Sequence

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from couponadmin.list_export import Column
from couponadmin.models import Guesser
from couponadmin.plain_admin import ReadOnlyAdmin
from customers.columns import person
from issuance.models import Coupon, normal_code
from redemption.coupon_admin import WholeLifeAdmin, money, names_by_id
from redemption.filters import NewestInTime, NewestOfSeries
from redemption.giving_back import GiveBackAdmin
from redemption.guesser_admin import GuesserAdmin
from redemption.models import Hold, Redemption, Refusal
from redemption.refusals import reasons_told
from redemption.words import line, places_in

# What happened to a coupon at tills is told where redemptions are known.
admin.site.unregister(Coupon)
admin.site.register(Coupon, WholeLifeAdmin)
# So is whom the numbers of guessers stand for.
admin.site.register(Guesser, GuesserAdmin)


class ByCodeAdmin(ReadOnlyAdmin):
    """Rows about coupons, found by the whole code, which is looked up first: an index each."""

    search_fields = ["coupon__code"]
    search_help_text = "A whole code"
    show_facets = admin.ShowFacets.NEVER
    sortable_by: Iterable[str] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        return (queryset.filter(self.found_by(term)) if term else queryset), False

    def found_by(self, term: str) -> Q:
        # Only with `shared` there is an index: of a GENERIC code this finds the code's own row.
        coupons = Coupon.objects.filter(code=normal_code(term), shared=False)
        return Q(coupon_id__in=list(coupons.values_list("pk", flat=True)))


class SpendingAdmin(ByCodeAdmin):
    """What a coupon took off a bill, or would; rows of the page that say nothing are left out."""

    shown: Sequence[str] = ()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [name for name in self.shown if getattr(obj, name, self) not in (None, "")]

    @admin.display(description="discount")
    def off(self, one: Redemption | Hold) -> str:
        return money(one.discount)

    @admin.display(description="bill")
    def bill(self, one: Redemption | Hold) -> str:
        return money(one.bill_amount)


class ByTransactionAdmin(SpendingAdmin):
    search_help_text = "A whole code or transaction number"

    def found_by(self, term: str) -> Q:
        return super().found_by(term) | Q(transaction_number=term)


@admin.register(Redemption)
class RedemptionAdmin(ByTransactionAdmin, GiveBackAdmin):
    shown = [
        *("coupon", "series", "customer", "redeemed_at", "told_at", "off", "bill"),
        *("transaction_number", "store", "till", "client", "hold"),
        *("reversed_at", "reversed_by_client", "reversed_by_user", "reversal_reason"),
    ]
    when_empty = "A redemption appears as soon as a till redeems a coupon. Try a code before."
    list_filter = [("series", NewestOfSeries), ("redeemed_at", NewestInTime)]
    export_columns = [
        Column("redemptionId", lambda one: one.pk),
        Column("redeemedAt", lambda one: one.redeemed_at),
        Column("couponCode", lambda one: one.coupon.code),
        Column("seriesId", lambda one: one.series_id),
        Column("series", lambda one: str(one.series)),
        Column("customerId", lambda one: one.customer_id),
        *person(lambda one: one.customer),
        Column("discount", lambda one: one.discount),
        Column("billAmount", lambda one: one.bill_amount),
        Column("transactionNumber", lambda one: one.transaction_number),
        Column("till", lambda one: one.till and one.till.code),
        Column("reversedAt", lambda one: one.reversed_at),
        Column("toldAt", lambda one: one.told_at),
    ]
    list_display = [
        "redeemed_at",
        "coupon",
        "series",
        "customer",
        "off",
        "bill",
        "transaction_number",
        "till",
        "reversed_at",
    ]
    list_select_related = ["coupon", "series", "customer", "till"]


@admin.register(Hold)
class HoldAdmin(SpendingAdmin):
    shown = [
        *("coupon", "series", "customer", "created_at", "off", "bill", "transaction_number"),
        *("store", "till", "client", "expires_at", "committed_at", "released_at"),
    ]
    when_empty = "A till may keep a coupon for a payment that is still going on."
    list_filter = [("series", NewestOfSeries), ("created_at", NewestInTime)]
    export_columns = [
        Column("holdId", lambda one: one.pk),
        Column("createdAt", lambda one: one.created_at),
        Column("couponCode", lambda one: one.coupon.code),
        Column("seriesId", lambda one: one.series_id),
        Column("series", lambda one: str(one.series)),
        Column("customerId", lambda one: one.customer_id),
        *person(lambda one: one.customer),
        Column("transactionNumber", lambda one: one.transaction_number),
        Column("expiresAt", lambda one: one.expires_at),
        Column("committedAt", lambda one: one.committed_at),
        Column("releasedAt", lambda one: one.released_at),
    ]
    list_display = [
        "created_at",
        "coupon",
        "series",
        "customer",
        "expires_at",
        "committed_at",
        "released_at",
    ]
    list_select_related = ["coupon", "series", "customer"]


@admin.register(Refusal)
class RefusalAdmin(ByCodeAdmin):
    when_empty = "When a till refuses a coupon, it stands here with every reason."
    list_filter = [("series", NewestOfSeries), ("at", NewestInTime)]
    export_columns = [
        Column("at", lambda one: one.at),
        Column("couponCode", lambda one: one.coupon and one.coupon.code),
        Column("seriesId", lambda one: one.series_id),
        Column("customerId", lambda one: one.customer_id),
        Column("till", lambda one: one.till and one.till.code),
        Column("reasons", lambda one: sentences(one)),
    ]
    list_display = ["at", "coupon", "series", "customer", "client", "till", "why"]
    list_select_related = ["coupon", "series", "customer", "client", "till"]
    exclude = ["code_hash", "reasons", "told"]
    readonly_fields = ["in_full"]

    @admin.display(description="reasons")
    def why(self, refusal: Refusal) -> str:
        return sentences(refusal)

    @admin.display(description="reasons")
    def in_full(self, refusal: Refusal) -> str:
        told = reasons_told(refusal)
        names = names_by_id(places_in(told))
        lines = ((each["code"], line(each, names)) for each in told)
        return format_html_join("", "<p>{} {}</p>", lines)


def sentences(refusal: Refusal) -> str:
    return "; ".join(f"{told['code']} {told['message']}" for told in reasons_told(refusal))
