"""Redemptions in the admin, to be looked at: what was redeemed, held and refused."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model, Q
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from couponadmin.list_export import Column
from couponadmin.models import Guesser
from customers.columns import person
from issuance.models import Coupon
from redemption.by_code_admin import STORE, ByCodeAdmin
from redemption.coupon_admin import WholeLifeAdmin, money
from redemption.filters import NewestAtPlace, NewestInTime, NewestOfSeries
from redemption.giving_back import GiveBackAdmin
from redemption.guesser_admin import GuesserAdmin
from redemption.models import Hold, Redemption, Refusal
from redemption.refusal_admin import RefusalAdmin

# What happened to a coupon at tills is told where redemptions are known.
admin.site.unregister(Coupon)
admin.site.register(Coupon, WholeLifeAdmin)
admin.site.register(Refusal, RefusalAdmin)
# So is whom the numbers of guessers stand for.
admin.site.register(Guesser, GuesserAdmin)


GIVEN_BACK = "given back"
OPEN, REDEEMED, RELEASED, OVER = "open", "redeemed", "released", "ended by itself"


class SpendingAdmin(ByCodeAdmin):
    """What a coupon took off a bill, or would; rows of the page that say nothing are left out."""

    shown: Sequence[str] = ()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        told = [name for name in self.shown if getattr(obj, name, self) not in (None, "")]
        return self.linked(request, told)

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
    list_filter = [
        ("series", NewestOfSeries),
        ("redeemed_at", NewestInTime),
        ("store", NewestAtPlace),
    ]
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
        STORE,
    ]
    list_display = [
        "redeemed_at",
        "coupon",
        "series",
        "customer",
        "off",
        "bill",
        "where",
        "transaction_number",
        "given_back",
    ]
    list_select_related = ["coupon", "series", "customer", "store", "till__parent"]

    @display(description="given back", label={GIVEN_BACK: "warning"}, empty_value="–")
    def given_back(self, one: Redemption) -> str | None:
        return GIVEN_BACK if one.reversed_at else None


@admin.register(Hold)
class HoldAdmin(SpendingAdmin):
    shown = [
        *("coupon", "series", "customer", "created_at", "off", "bill", "transaction_number"),
        *("store", "till", "client", "expires_at", "committed_at", "released_at"),
    ]
    when_empty = "A till may keep a coupon for a payment that is still going on."
    list_filter = [
        ("series", NewestOfSeries),
        ("created_at", NewestInTime),
        ("store", NewestAtPlace),
    ]
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
        Column("state", lambda one: state_of(one, now=timezone.now())),
        STORE,
    ]
    list_display = ["created_at", "coupon", "series", "customer", "where", "expires_at", "state"]
    list_select_related = ["coupon", "series", "customer", "store", "till__parent"]

    @display(description="state", label={OPEN: "info", REDEEMED: "success"})
    def state(self, one: Hold) -> str:
        return state_of(one, now=timezone.now())


def state_of(one: Hold, *, now: datetime) -> str:
    """What became of it. One that ended by itself is released at that very moment, or later."""
    if one.committed_at:
        return REDEEMED
    if one.released_at and one.released_at < one.expires_at:
        return RELEASED
    return OPEN if one.expires_at > now else OVER
