"""Series: what a coupon is worth, how it is made, and what limits it.

Field names are the documented members in snake case; NULL stands for "unlimited".
Source: "Create coupon series" of the v2 API, and docs/integrators.md.
"""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from simple_history.models import HistoricalRecords

from couponadmin.models import ApiClient

# What the till calls a discount that nobody gave a name.
NO_NAME = "NO_VALUE"
# Sums of many amounts; other apps store tallies without naming them.
SUM: dict[str, Any] = {"max_digits": 30, "decimal_places": 3, "default": 0, "db_default": 0}
MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 3}


class DiscountType(models.TextChoices):
    ABS = "ABS", "an amount"
    PERC = "PERC", "a percentage"


class ExpiryStrategy(models.TextChoices):
    SERIES_EXPIRY = "SERIES_EXPIRY", "with the series"
    DAYS = "DAYS", "days after issue"
    MONTHS_END = "MONTHS_END", "at the end of a month after issue"


class ClientHandling(models.TextChoices):
    DISC_CODE = "DISC_CODE", "generated codes"
    GENERIC = "GENERIC", "one shared code"
    DISC_CODE_PIN = "DISC_CODE_PIN", "uploaded codes"


class SeriesQuerySet(models.QuerySet["Series"]):
    def active(self, *, today: date) -> "SeriesQuerySet":
        """Those that may issue on that day."""
        return self.filter(Q(valid_till_date=None) | Q(valid_till_date__gte=today))

    def expired(self, *, today: date) -> "SeriesQuerySet":
        return self.filter(valid_till_date__lt=today)

    def with_counts(self) -> "SeriesQuerySet":
        """Adds what was issued and redeemed since the tallies were folded in last."""
        late = Tally.objects.filter(series=models.OuterRef("pk")).order_by().values("series")
        total = {"default": 0, "filter": Q(counted=False)}
        return self.annotate(
            total_issued=F("num_issued")
            + Coalesce(
                models.Subquery(late.annotate(n=models.Sum("issued", **total)).values("n")), 0
            ),
            total_redeemed=F("num_redeemed")
            + Coalesce(
                models.Subquery(late.annotate(n=models.Sum("redeemed", **total)).values("n")), 0
            ),
        )


class Series(models.Model):
    """A coupon series. Changed only through `series.services`, which takes its lock."""

    # Identity
    description = models.CharField(max_length=255)
    discount_code = models.CharField(max_length=50, default=NO_NAME)
    series_code = models.CharField(max_length=50, db_collation="C")
    info = models.TextField(max_length=5000, blank=True)
    tag = models.CharField(max_length=255, blank=True)
    terms_and_conditions = models.TextField(max_length=10000, blank=True)
    custom_property_map = models.JSONField(default=dict, blank=True)

    # Benefit
    discount_type = models.CharField(max_length=4, choices=DiscountType)
    discount_value = models.DecimalField(**MONEY)
    discount_upto = models.DecimalField(**MONEY, null=True, blank=True)
    discount_on = models.CharField(max_length=10, default="BILL")

    # Validity
    valid_till_date = models.DateField(null=True, blank=True)
    expiry_strategy_type = models.CharField(
        max_length=13, choices=ExpiryStrategy, default=ExpiryStrategy.SERIES_EXPIRY
    )
    expiry_strategy_value = models.IntegerField(default=1)

    # Codes
    client_handling_type = models.CharField(
        max_length=13, choices=ClientHandling, default=ClientHandling.DISC_CODE
    )
    generic_code = models.CharField(max_length=50, null=True, blank=True, db_collation="C")
    alpha_numeric = models.BooleanField(default=True)
    random_code_length = models.PositiveSmallIntegerField(null=True, blank=True)
    short_code_length = models.PositiveSmallIntegerField(null=True, blank=True)
    coupon_prefix = models.CharField(max_length=20, blank=True)
    coupon_suffix = models.CharField(max_length=20, blank=True)
    is_prefix_enabled = models.BooleanField(default=True)
    is_suffix_enabled = models.BooleanField(default=True)

    # Issue limits
    max_create = models.PositiveBigIntegerField(null=True, blank=True)
    is_multiple_vouchers_per_user_allowed = models.BooleanField(default=False)
    max_vouchers_per_user = models.PositiveIntegerField(null=True, blank=True)
    do_not_resend_existing_voucher = models.BooleanField(default=False)
    min_days_between_vouchers = models.PositiveIntegerField(default=0)
    mutual_exclusive_series_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)

    # Redemption terms
    any_user = models.BooleanField(default=False)
    is_multiple_use_allowed = models.BooleanField(default=False)
    same_user_multiple_redeem = models.BooleanField(default=False)
    redemption_per_coupon_max_limit = models.PositiveIntegerField(null=True, blank=True)
    max_redeem = models.PositiveBigIntegerField(null=True, blank=True)
    max_redemptions_in_series_per_user = models.PositiveIntegerField(null=True, blank=True)
    min_days_between_redemption = models.PositiveIntegerField(default=0)
    redemption_valid_from = models.DateField(null=True, blank=True)
    redemption_valid_after_days = models.PositiveIntegerField(default=0)
    redemption_range = models.JSONField(default=dict, blank=True)
    min_bill_amount = models.DecimalField(**MONEY, null=True, blank=True)
    max_bill_amount = models.DecimalField(**MONEY, null=True, blank=True)
    product_info = models.JSONField(default=list, blank=True)
    redemption_org_entity_details = models.JSONField(default=list, blank=True)
    valid_max_user_transaction_limit = models.BigIntegerField(null=True, blank=True)
    valid_user_registration_start_time = models.BigIntegerField(null=True, blank=True)
    valid_user_registration_end_time = models.BigIntegerField(null=True, blank=True)
    is_valid_with_discounted_item = models.BooleanField(default=False)
    is_referral_existing_users_allowed = models.BooleanField(default=False)

    # Message
    sms_template = models.TextField(max_length=2000, blank=True)
    short_sms_template = models.CharField(max_length=500, blank=True)
    is_sms_disabled = models.BooleanField(default=False)
    resend_message_enabled = models.BooleanField(default=False)

    # Counters: exact for capped series, otherwise complete with `with_counts()`
    num_issued = models.PositiveBigIntegerField(default=0, editable=False)
    num_redeemed = models.PositiveBigIntegerField(default=0, editable=False)
    # Less what was revoked before anybody got it: what is left is this less what was issued.
    num_uploaded_total = models.PositiveBigIntegerField(default=0, editable=False)
    latest_issued_at = models.DateTimeField(null=True, editable=False)
    latest_redeemed_at = models.DateTimeField(null=True, editable=False)

    # Record
    created_at = models.DateTimeField(editable=False)
    # The engine keeps a series in memory for as long as this stays the same.
    changed_at = models.DateTimeField(editable=False)
    created_by_client = models.ForeignKey(ApiClient, models.PROTECT, null=True, editable=False)
    created_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False
    )

    history = HistoricalRecords(
        excluded_fields=[
            "num_issued",
            "num_redeemed",
            "num_uploaded_total",
            "latest_issued_at",
            "latest_redeemed_at",
        ]
    )
    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "series"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["series_code"], name="series_code_unique"),
            models.UniqueConstraint(fields=["generic_code"], name="series_generic_code_unique"),
            models.CheckConstraint(
                condition=Q(max_create__isnull=True) | Q(num_issued__lte=F("max_create")),
                name="series_issued_within_max_create",
            ),
            models.CheckConstraint(
                condition=Q(max_redeem__isnull=True) | Q(num_redeemed__lte=F("max_redeem")),
                name="series_redeemed_within_max_redeem",
            ),
            models.CheckConstraint(
                condition=Q(discount_value__gt=0)
                & (Q(discount_type="ABS") | Q(discount_value__lte=100)),
                name="series_discount_value_in_range",
            ),
            models.CheckConstraint(
                condition=Q(client_handling_type="GENERIC", generic_code__isnull=False)
                | (~Q(client_handling_type="GENERIC") & Q(generic_code__isnull=True)),
                name="series_generic_has_its_code",
            ),
        ]

    def __str__(self) -> str:
        return self.description


class Tally(models.Model):
    """What one transaction issued or redeemed; folded into Series and SeriesDay, then deleted.

    An insert where an UPDATE of the series' row would make every till wait for every other.
    `counted` says that the series' own counter has it already (series with a cap).
    """

    series = models.ForeignKey(Series, models.CASCADE, db_constraint=False)
    at = models.DateTimeField()
    # When it was stored, where that is another moment: coupons may have been issued elsewhere.
    told_at = models.DateTimeField(null=True)
    issued = models.IntegerField(default=0)
    redeemed = models.IntegerField(default=0)
    counted = models.BooleanField(default=False)
    # Of what was redeemed: what coupons took off, and the bills that they were for.
    discount = models.DecimalField(**SUM)
    sales = models.DecimalField(**SUM)


class SeriesDay(models.Model):
    """What a series issued and redeemed on one day (server zone), for charts and sums of money."""

    series = models.ForeignKey(Series, models.CASCADE, db_index=False)
    day = models.DateField()
    issued = models.BigIntegerField(default=0)
    redeemed = models.BigIntegerField(default=0)
    discount = models.DecimalField(**SUM)
    sales = models.DecimalField(**SUM)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "day"], name="series_day_unique"),
        ]
        indexes = [models.Index(fields=["day"], name="series_day_by_day")]
