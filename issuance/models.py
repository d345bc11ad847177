"""Coupons, and who asked for them."""

from collections.abc import Sequence

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from couponadmin.models import ApiClient
from customers.models import Customer
from series.models import Series


class Origin(models.Model):
    """Who had coupons issued and why: the request's `metadata`, once for all coupons it explains.

    `digest` is the SHA-256 of what was asked, so that the same origin is stored once. A batch has
    an origin of its own (`batch_key`), so one row decides about all of its coupons: whether they
    wait (`paused_at`), whether those not yet redeemed are void (`revoked_at`), and until when
    they are valid at least (`expires_at`).
    Source: `metadata` of "Bulk issue" of the v2 API.
    """

    digest = models.BinaryField(max_length=32)
    client = models.ForeignKey(ApiClient, models.PROTECT, null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    source = models.CharField(max_length=50, blank=True)
    source_type = models.CharField(max_length=50, blank=True)
    source_id = models.CharField(max_length=50, blank=True)
    source_activity = models.CharField(max_length=50, blank=True)
    notes = models.CharField(max_length=250, blank=True)
    reason = models.CharField(max_length=250, blank=True)
    batch_key = models.CharField(max_length=40, blank=True, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="origin_digest_unique")]

    def __str__(self) -> str:
        asked_by = self.client or self.user or "the system"
        return " · ".join(filter(None, [str(asked_by), self.source_type, self.source_activity]))


class CouponQuerySet(models.QuerySet["Coupon"]):
    def issued(self) -> "CouponQuerySet":
        """Without uploaded codes that wait for a customer."""
        return self.filter(issued_at__isnull=False)

    def of_series(self, series_id: int) -> "CouponQuerySet":
        """Those of one series, the newest first.

        A range, because `series_id = 7` makes its place in the order idle: what is left, the order
        of ids, the planner would follow through all coupons until it has met enough of the series,
        and those of an old one lie behind millions.
        """
        only = self.filter(series__id__gte=series_id, series__id__lte=series_id)
        return only.order_by("-series_id", "-pk")

    def with_code(self, *codes: str) -> "CouponQuerySet":
        """By code as people type it: case and surrounding blanks do not matter.

        Without the coupons of GENERIC series, which share their code: they are found by customer.
        """
        return self.filter(code__in=[normal_code(code) for code in codes], shared=False)

    def named(
        self, *, ids: Sequence[int], codes: Sequence[str], customer_ids: Sequence[int]
    ) -> "CouponQuerySet":
        """Coupons with one of the ids or codes, or any; of one of the customers, or anybody's.

        A shared code names a coupon only together with a customer.
        """
        coupons = self.filter(customer_id__in=customer_ids) if customer_ids else self
        if not ids and not codes:
            return coupons
        by_code = Q(code__in=[normal_code(code) for code in codes])
        # Without it the index of codes could not be used.
        by_code = by_code if customer_ids else by_code & Q(shared=False)
        return coupons.filter(Q(pk__in=ids) | by_code)

    def held_by(self, customer_id: int) -> "CouponQuerySet":
        return self.filter(customer_id=customer_id, revoked_at__isnull=True)


class Coupon(models.Model):
    """A code, and since it was issued its customer and its life. Never deleted.

    An uploaded code is a row without a customer until it is issued, so one unique index decides
    about every code of the system. A GENERIC code has one such row (its reservation), and a
    `shared` row for each customer who holds it.

    Customer and series have no foreign key in the database: both are locked by the transaction
    that issues and a trigger forbids to delete them, while two keys would cost half the speed.
    """

    code = models.CharField(max_length=100, db_collation="C")
    series = models.ForeignKey(Series, models.PROTECT, db_constraint=False, db_index=False)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="coupons",
    )
    origin = models.ForeignKey(
        Origin, models.PROTECT, null=True, db_constraint=False, db_index=False
    )
    shared = models.BooleanField(default=False)
    issued_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    redemption_count = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)

    objects = CouponQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(shared=False), name="coupon_code_unique"
            ),
            models.UniqueConstraint(
                fields=["series", "customer"],
                condition=Q(shared=True, revoked_at__isnull=True),
                name="coupon_one_shared_per_customer",
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=True, issued_at__isnull=True)
                | Q(customer__isnull=False, issued_at__isnull=False, origin__isnull=False),
                name="coupon_issued_is_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "series"], name="coupon_by_customer"),
            # Its condition keeps it out of look-ups by customer and series: on a young table the
            # planner would take either index, and keep the wrong one.
            models.Index(
                fields=["series", "id"],
                condition=Q(issued_at__isnull=False),
                name="coupon_by_series",
            ),
            models.Index(
                fields=["series", "id"],
                condition=Q(customer__isnull=True, revoked_at__isnull=True),
                name="coupon_free",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class RevokeCall(models.Model):
    """Which API client revoked which coupons: a row for each call that revoked any."""

    # Found by the moment, which the coupons have, too, so that no coupon carries it.
    at = models.DateTimeField(db_index=True)
    client = models.ForeignKey(ApiClient, models.PROTECT)
    coupon_ids = ArrayField(models.BigIntegerField())


def normal_code(code: str) -> str:
    """How a code is stored and looked up."""
    return code.strip().upper()
