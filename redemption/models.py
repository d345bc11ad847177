"""What happened to coupons at the till: redeemed and taken back, on hold, refused.

Rows are history: none is changed but by filling a dated column. Client and place have no foreign
key in the database: every redemption of a till would lock the same two rows for its checks.
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q, Value

from couponadmin.models import ApiClient, OrgEntity
from customers.models import Customer
from issuance.models import Coupon
from series.models import MONEY, Series

UNBOUND: dict[str, Any] = {"db_constraint": False, "db_index": False}
TRANSACTION_NUMBER_LENGTH = 100


class Hold(models.Model):
    """A coupon kept for one customer while the payment is under way; counts as a use until it ends.

    It ends by being committed, by being released, or by itself at `expires_at`: nobody needs to
    sweep, because every reader compares. One that expired has `released_at` = `expires_at` once
    its place is needed.
    """

    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="holds", db_index=False)
    series = models.ForeignKey(Series, models.PROTECT, **UNBOUND)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, db_index=False)
    client = models.ForeignKey(ApiClient, models.PROTECT, **UNBOUND)
    transaction_number = models.CharField(
        max_length=TRANSACTION_NUMBER_LENGTH, blank=True, db_collation="C"
    )
    bill_amount = models.DecimalField(**MONEY)
    discount = models.DecimalField(**MONEY)
    store = models.ForeignKey(OrgEntity, models.PROTECT, null=True, related_name="+", **UNBOUND)
    till = models.ForeignKey(OrgEntity, models.PROTECT, null=True, related_name="+", **UNBOUND)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["coupon", "client", "transaction_number"],
                condition=Q(committed_at__isnull=True, released_at__isnull=True)
                & ~Q(transaction_number=""),
                name="hold_once_per_transaction",
            ),
            models.CheckConstraint(
                condition=Q(committed_at__isnull=True) | Q(released_at__isnull=True),
                name="hold_ends_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["coupon"],
                condition=Q(committed_at__isnull=True, released_at__isnull=True),
                name="hold_open_by_coupon",
            ),
            models.Index(
                fields=["customer", "series"],
                condition=Q(committed_at__isnull=True, released_at__isnull=True),
                name="hold_open_by_customer",
            ),
            models.Index(
                fields=["series", "expires_at"],
                condition=Q(committed_at__isnull=True, released_at__isnull=True),
                name="hold_open_by_series",
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"


class Redemption(models.Model):
    """A coupon taken at a till, and maybe given back (`reversed_at`)."""

    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="redemptions")
    series = models.ForeignKey(Series, models.PROTECT, **UNBOUND)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, db_index=False, related_name="redemptions"
    )
    client = models.ForeignKey(ApiClient, models.PROTECT, null=True, **UNBOUND)
    transaction_number = models.CharField(
        max_length=TRANSACTION_NUMBER_LENGTH, blank=True, db_collation="C"
    )
    bill_amount = models.DecimalField(**MONEY)
    discount = models.DecimalField(**MONEY)
    store = models.ForeignKey(OrgEntity, models.PROTECT, null=True, related_name="+", **UNBOUND)
    till = models.ForeignKey(OrgEntity, models.PROTECT, null=True, related_name="+", **UNBOUND)
    hold = models.ForeignKey(
        Hold, models.PROTECT, null=True, db_index=False, related_name="redemptions"
    )
    redeemed_at = models.DateTimeField()
    # When the platform was told, where a till named another moment for the redemption itself.
    told_at = models.DateTimeField(null=True)
    reversed_at = models.DateTimeField(null=True)
    reversed_by_client = models.ForeignKey(
        ApiClient, models.PROTECT, null=True, related_name="+", **UNBOUND
    )
    reversed_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    reversal_reason = models.CharField(max_length=250, blank=True)
    # Given back and then redeemed anew by its own transaction, which was possible once.
    superseded = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["coupon", "client", "transaction_number"],
                condition=Q(superseded=False) & ~Q(transaction_number=""),
                name="redemption_once_per_transaction",
            ),
            models.UniqueConstraint(
                fields=["hold"],
                condition=Q(hold__isnull=False),
                name="redemption_once_per_hold",
            ),
            models.CheckConstraint(
                condition=Q(discount__gte=0) & Q(discount__lte=models.F("bill_amount")),
                name="redemption_discount_within_bill",
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "series"],
                condition=Q(reversed_at__isnull=True),
                name="redemption_by_customer",
            ),
            models.Index(fields=["transaction_number"], name="redemption_by_transaction"),
        ]

    def __str__(self) -> str:
        return f"redemption {self.pk}"


class Refusal(models.Model):
    """One code that a till was refused, and the numbers of all reasons, the deciding one first.

    `told`: the reasons as the answer had them; empty in rows of older versions.
    `code_hash` is the SHA-256 of a code that is nobody's; a known one is named by its coupon.
    """

    at = models.DateTimeField()
    client = models.ForeignKey(ApiClient, models.PROTECT, null=True, **UNBOUND)
    till = models.ForeignKey(OrgEntity, models.PROTECT, null=True, related_name="+", **UNBOUND)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, **UNBOUND)
    coupon = models.ForeignKey(Coupon, models.PROTECT, null=True, **UNBOUND)
    series = models.ForeignKey(Series, models.PROTECT, null=True, **UNBOUND)
    code_hash = models.BinaryField(max_length=32, null=True)
    reasons = ArrayField(models.SmallIntegerField())
    told = models.JSONField(default=list, db_default=Value([], models.JSONField()))

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["coupon"], condition=Q(coupon__isnull=False), name="refusal_by_coupon"
            ),
            # Only the sweep reads by time, and rows arrive in time's order.
            BrinIndex(fields=["at"], name="refusal_age"),
        ]

    def __str__(self) -> str:
        return f"refusal {self.pk}"
