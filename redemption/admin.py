"""Redemptions in the admin, to be looked at: what was redeemed, held, refused, and guessed."""

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from couponadmin.admin import ReadOnlyAdmin
from couponadmin.errors import ErrorCode
from issuance.models import Coupon, normal_code
from redemption.coupon_admin import WholeLifeAdmin
from redemption.models import Guesser, Hold, Redemption, Refusal

SENTENCES = {code.number: code.sentence for code in ErrorCode}

# What happened to a coupon at tills is told where redemptions are known.
admin.site.unregister(Coupon)
admin.site.register(Coupon, WholeLifeAdmin)


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


class ByTransactionAdmin(ByCodeAdmin):
    search_help_text = "A whole code or transaction number"

    def found_by(self, term: str) -> Q:
        return super().found_by(term) | Q(transaction_number=term)


@admin.register(Redemption)
class RedemptionAdmin(ByTransactionAdmin):
    list_display = [
        "redeemed_at",
        "coupon",
        "series",
        "customer",
        "discount",
        "bill_amount",
        "transaction_number",
        "till",
        "reversed_at",
    ]
    list_select_related = ["coupon", "series", "customer", "till"]


@admin.register(Hold)
class HoldAdmin(ByCodeAdmin):
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
    list_display = ["at", "coupon", "series", "customer", "client", "till", "why"]
    list_select_related = ["coupon", "series", "customer", "client", "till"]
    exclude = ["code_hash", "reasons"]
    readonly_fields = ["why"]

    @admin.display(description="reasons")
    def why(self, refusal: Refusal) -> str:
        return "; ".join(f"{number} {SENTENCES.get(number, '')}" for number in refusal.reasons)


@admin.register(Guesser)
class GuesserAdmin(ReadOnlyAdmin):
    """Who named many codes in vain: the anomaly that guessing looks like."""

    list_display = ["kind", "subject_id", "misses", "last_miss_at"]
    ordering = ["-misses"]
