"""Coupons in the admin: found by exact code or customer, looked at, revoked."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import action, display

from couponadmin.list_export import Column
from couponadmin.long_lists import OpensOneHit
from couponadmin.plain_admin import ReadOnlyAdmin
from customers.columns import person
from customers.models import Customer
from issuance import life, pictures
from issuance.changes import Revocation, revoke
from issuance.customer_admin import CustomerPageAdmin
from issuance.life import COLORS
from issuance.messages import messages_of
from issuance.models import Coupon, CouponQuerySet
from issuance.records import REVOKED, moved_ends, revoked_by
from issuance.search import matches
from issuance.states import State, in_state, redemptions_left, state_of, valid_until
from series.worth import benefit, bill_sizes

# Each takes a hidden field of the page that asks for confirmation.
MOST_AT_ONCE = 500
NEWEST = 20_000
SERIES = "series__id__exact"
# What a customer's page links to.
CUSTOMER = "customer__id__exact"


class SeriesFilter(AutocompleteSelectFilter):
    """Chooses coupons in the order of `order_of`, which an index has."""

    def queryset(self, request: HttpRequest, coupons: CouponQuerySet) -> CouponQuerySet:
        if not self.value():
            return coupons
        try:
            return coupons.of_series(int(self.value()))
        except ValueError as error:
            raise IncorrectLookupParameters from error


def order_of(request: HttpRequest) -> list[str]:
    """The newest first; of one series as `CouponQuerySet.of_series` has it."""
    return ["-series_id", "-pk"] if request.GET.get(SERIES) else ["-pk"]


class StateFilter(DropdownFilter):
    """Looks at the newest coupons only: no index knows states, and a rare one is far away."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return State.choices

    def queryset(self, request: HttpRequest, coupons: CouponQuerySet) -> CouponQuerySet:
        if self.value() not in State.values:
            return coupons
        wanted = coupons.filter(in_state(self.value(), now=timezone.now()))
        if request.GET.get("q", "").strip():
            return wanted  # What is searched for are few.
        ids = coupons.order_by(*order_of(request)).values_list("pk", flat=True)
        return wanted.filter(pk__gt=next(iter(ids[NEWEST : NEWEST + 1]), 0))


# What a customer holds is told where coupons are known.
admin.site.unregister(Customer)
admin.site.register(Customer, CustomerPageAdmin)


@admin.register(Coupon)
class CouponAdmin(OpensOneHit, ReadOnlyAdmin):
    list_display = ["code", "series", "customer", "state", "issued_at", "valid_until"]
    list_filter = [("series", SeriesFilter), StateFilter]
    filter_note = f"States are looked for among the newest {NEWEST:,} coupons."
    list_select_related = ["series", "customer", "origin"]
    when_empty = "Coupons appear here when they are issued: open a series and issue the first one."
    export_columns = [
        Column("couponId", lambda coupon: coupon.pk),
        Column("couponCode", lambda coupon: coupon.code),
        Column("seriesId", lambda coupon: coupon.series_id),
        Column("series", lambda coupon: str(coupon.series)),
        Column("customerId", lambda coupon: coupon.customer_id),
        *person(lambda coupon: coupon.customer),
        Column("issuedAt", lambda coupon: coupon.issued_at),
        Column("validTillDateTime", valid_until),
        Column("redemptionCount", lambda coupon: coupon.redemption_count),
        Column("state", lambda coupon: state_of(coupon, now=timezone.now()).label),
    ]
    # Ten million coupons are in the order of their ids, or of none.
    sortable_by: list[str] = []
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["code"]
    search_help_text = "A whole code, mobile number, e-mail address, external id or customer id"
    actions = ["revoke_selected"]
    actions_detail = ["revoke_one", "print_one"]
    # The page is a template of its own: there is nothing to fill in.
    fields = ["code"]

    def get_queryset(self, request: HttpRequest) -> CouponQuerySet:
        return super().get_queryset(request).issued()

    def get_ordering(self, request: HttpRequest) -> list[str]:
        return order_of(request)

    def export_order(self, request: HttpRequest) -> list[str]:
        return order_of(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == CUSTOMER or super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: CouponQuerySet, search_term: str
    ) -> tuple[CouponQuerySet, bool]:
        """Looks for the whole code or identifier, each with its index."""
        term = search_term.strip()
        return (queryset.filter(matches(term)) if term else queryset), False

    @display(description="state", label=COLORS)
    def state(self, coupon: Coupon) -> str:
        return state_of(coupon, now=timezone.now()).label

    @display(description="valid until", empty_value="no end")
    def valid_until(self, coupon: Coupon) -> datetime | None:
        return valid_until(coupon)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        coupon = self.whole(request, object_id)
        context = self.page(request, coupon, now=timezone.now()) if coupon else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | context)

    def whole(self, request: HttpRequest, object_id: str) -> Coupon | None:
        """The coupon with all that its page shows of it."""
        coupon = self.get_object(request, unquote(object_id))
        if coupon:
            prefetch_related_objects([coupon], "series", "customer", "origin__client__till")
        return coupon

    def page(self, request: HttpRequest, coupon: Coupon, *, now: datetime) -> dict[str, Any]:
        """What the page tells; whoever knows more of a coupon's life adds to it."""
        state, texts = state_of(coupon, now=now), messages_of(coupon)
        events = life.life_of(coupon, now=now, revoked_by=revoked_by(coupon))
        return {
            "coupon": coupon,
            "title": coupon.code,
            "subtitle": "",
            "state": state.label,
            "color": COLORS[state.label],
            "benefit": benefit(coupon.series),
            "bill_sizes": bill_sizes(coupon.series),
            "end": valid_until(coupon),
            "left": redemptions_left(coupon),
            "events": life.in_order([*events, *moved_ends(coupon)]),
            "message": texts.sms if texts else "",
            "now": now,
            "qr_code": pictures.qr_code(coupon.code),
            "bars": pictures.code_128(coupon.code),
        }

    @action(description="Print", permissions=["view"], icon="print")
    def print_one(self, request: HttpRequest, object_id: str) -> TemplateResponse:
        coupon = self.whole(request, object_id)
        if coupon is None:
            raise Http404
        context = self.page(request, coupon, now=timezone.now())
        return TemplateResponse(request, "admin/issuance/coupon/print.html", context)

    def has_revoke_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("issuance.change_coupon")

    @action(description="Revoke", permissions=["revoke"], icon="block")
    def revoke_one(self, request: HttpRequest, object_id: str) -> TemplateResponse:
        coupon = self.get_object(request, unquote(object_id))
        if coupon is None:
            raise Http404
        return self.ask(request, [coupon])

    @action(description="Revoke", permissions=["revoke"])
    def revoke_selected(
        self, request: HttpRequest, coupons: CouponQuerySet
    ) -> TemplateResponse | None:
        chosen = list(coupons.select_related("series", "customer")[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            sentence = f"No more than {MOST_AT_ONCE} coupons can be revoked at once."
            self.message_user(request, sentence, messages.ERROR)
            return None
        if "confirmed" not in request.POST:
            return self.ask(request, chosen)
        ids = [coupon.pk for coupon in chosen]
        done = revoke(Coupon.objects.filter(pk__in=ids), now=timezone.now())
        self.tell(request, done)
        return None

    def ask(self, request: HttpRequest, coupons: list[Coupon]) -> TemplateResponse:
        context = self.admin_site.each_context(request) | {
            "title": "Revoke?",
            "opts": self.opts,
            "coupons": coupons,
        }
        return TemplateResponse(request, "admin/issuance/coupon/revoke.html", context)

    def tell(self, request: HttpRequest, done: Revocation) -> None:
        if done.revoked:
            LogEntry.objects.log_actions(request.user.pk, done.revoked, CHANGE, REVOKED)
            self.message_user(request, f"Revoked: {len(done.revoked)}.", messages.SUCCESS)
        for reason, count in Counter(reason for _, reason in done.refused).items():
            sentence = f"Not revoked: {count}. {reason.sentence}."
            self.message_user(request, sentence, messages.WARNING)
